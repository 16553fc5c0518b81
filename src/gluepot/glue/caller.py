"""How Glue is called: botocore's signing and endpoints, the patience of the run, at a pace that each answer drives.

What comes back is looked at in `bodies`; the bodies of listings are handed on as bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore
from botocore.exceptions import ClientError

from gluepot.aws.calling import client_of, config_of
from gluepot.aws.faults import THROTTLED, is_expired
from gluepot.aws.rate import Rate
from gluepot.version import __version__

if TYPE_CHECKING:
    from botocore.session import Session

    from gluepot.aws.credentials import Renewable

RENEWALS = 5
"""How often one call renews credentials that the service calls expired before it gives up."""


class Caller:
    """Calls Glue in one region of one account, at the pace of that region, with renewed credentials.

    Args:
        session: A session from `aws.session_for`.
        credentials: The session's credentials, to renew them when the service calls them expired.
        region: The region called.
        connections: How many calls may be under way at once.
        cap: `requests_per_second` of the configuration.
    """

    def __init__(
        self, session: Session, credentials: Renewable, region: str, *, connections: int, cap: float | None
    ) -> None:
        self._credentials = credentials
        self._cap = cap
        self.rates: dict[str, Rate] = {}
        self._client = client_of(
            session,
            "glue",
            region,
            config=config_of(
                connections=connections,
                parameter_validation=False,  # every parameter comes out of an earlier answer or the configuration
                # what CloudTrail shows; botocore would put its own together anew, twice for each call
                user_agent=f"gluepot/{__version__} botocore/{botocore.__version__}",
            ),
        )
        events = self._client.meta.events
        # before signing, not before sending: a signature, and the credentials in it, must not age while it waits
        events.register("before-sign.glue", self._before_sign)
        events.register("response-received.glue", self._received)

    def call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Make one call, renewing credentials that the service calls expired.

        Args:
            operation: The client method, for example `get_tables`.
            parameters: Its parameters.

        Raises:
            ClientError: The service refused, or went on failing or throttling for as long as the run is patient.
            BotoCoreError: No answer came.
        """
        method = getattr(self._client, operation)
        renewals = 0
        while True:
            used = self._credentials.get_frozen_credentials()
            try:
                answer: dict[str, Any] = method(**parameters)
            except ClientError as error:
                if not is_expired(error) or renewals == RENEWALS:
                    raise
                renewals += 1
                self._credentials.renew(used)
            else:
                return answer

    def _rate(self, event_name: str) -> Rate:
        return self.rates.setdefault(event_name.rsplit(".", 1)[-1], Rate(self._cap))

    def _before_sign(self, event_name: str, **_: object) -> None:
        """Wait for this try's turn."""
        self._rate(event_name).acquire()

    def _received(
        self, event_name: str, response_dict: dict[str, Any] | None, parsed_response: dict[str, Any], **_: object
    ) -> None:
        """Let each answer drive the rate."""
        if response_dict is None or response_dict["status_code"] < 400:  # noqa: PLR2004 - HTTP: an error
            return
        if parsed_response.get("Error", {}).get("Code") in THROTTLED:
            self._rate(event_name).throttled()
