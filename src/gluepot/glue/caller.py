"""How Glue is called: botocore's signing, endpoints and retries, at a pace that each answer drives.

What comes back is looked at in `bodies`; the bodies of listings are handed on as bytes.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Final

import botocore
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as WireConnectionError

from gluepot.aws.faults import THROTTLED, is_expired, is_passing, is_throttled
from gluepot.aws.rate import Rate
from gluepot.aws.session import client_config
from gluepot.backoff import Backoff
from gluepot.version import __version__

if TYPE_CHECKING:
    from botocore.session import Session

    from gluepot.aws.credentials import Renewable

ATTEMPTS = 5
"""botocore's own attempts for one call (standard mode): connection errors, 5xx, broken bodies."""

ROUNDS = 5
"""How often botocore's attempts are begun again. botocore shares one quota of retries between all calls of a
client, so under throttling it may make a single attempt where `ATTEMPTS` are asked for."""

PAUSES: Final = Backoff(first=0.1, longest=5.0)
"""Between those rounds."""

READ_SECONDS: float = 60
"""How long an answer may be silent before the call is made again."""

PATIENCE_SECONDS = float(os.environ.get("GLUEPOT_PATIENCE_SECONDS", "300"))
"""How long a call goes on being throttled, or meeting passing errors, before its scope counts as failed."""

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
        self._client = session.create_client(
            "glue",
            region_name=region,
            config=client_config(
                ATTEMPTS,
                connections=connections,
                seconds=READ_SECONDS,
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
        """Make one call, waiting out throttles and passing failures, renewing expired credentials.

        Args:
            operation: The client method, for example `get_tables`.
            parameters: Its parameters.

        Raises:
            ClientError: The service refused, or went on failing or throttling for `ROUNDS` or `PATIENCE_SECONDS`.
            BotoCoreError: No answer came.
        """
        method = getattr(self._client, operation)
        started = time.monotonic()
        renewals = failures = rounds = 0
        fault: Exception
        while True:
            used = self._credentials.get_frozen_credentials()
            try:
                answer: dict[str, Any] = method(**parameters)
            except ClientError as error:
                if is_expired(error) and renewals < RENEWALS:
                    renewals += 1
                    self._credentials.renew(used)
                    continue
                if not is_throttled(error) and not is_passing(error):
                    raise
                # throttles are waited out by the clock; they do not use up the tries of other failures
                failures += not is_throttled(error)
                fault = error
            except (WireConnectionError, HTTPClientError) as error:
                failures += 1
                fault = error
            else:
                return answer
            if failures >= ROUNDS or time.monotonic() - started >= PATIENCE_SECONDS:
                raise fault
            PAUSES.wait(rounds)
            rounds += 1

    def _rate(self, event_name: str) -> Rate:
        return self.rates.setdefault(event_name.rsplit(".", 1)[-1], Rate(self._cap))

    def _before_sign(self, event_name: str, **_: object) -> None:
        """Wait for this attempt's turn: also a retry inside botocore counts."""
        self._rate(event_name).acquire()

    def _received(
        self, event_name: str, response_dict: dict[str, Any] | None, parsed_response: dict[str, Any], **_: object
    ) -> None:
        """Let each answer drive the rate: throttles would otherwise hide inside botocore's retries."""
        if response_dict is None or response_dict["status_code"] < 400:  # noqa: PLR2004 - HTTP: an error
            return
        if parsed_response.get("Error", {}).get("Code") in THROTTLED:
            self._rate(event_name).throttled()
