"""How Glue's answers come in: botocore's signing, endpoints and retries, our own look at the body.

botocore 1.44 takes a cut 200 answer for an empty one (it neither enforces Content-Length nor reports
JSON that does not parse), so a listing would silently lose tables. Every body is checked here, for
every operation, and a broken one is reported to botocore as a transient error, which it retries.
The bodies of listings are handed on as bytes: decoding them with botocore costs ten times as much.
"""

from __future__ import annotations

import os
import random
import time
from typing import TYPE_CHECKING, Any

import botocore
import msgspec
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as WireConnectionError
from botocore.parsers import ResponseParserFactory

import gluepot
from gluepot.aws import EXPIRED, THROTTLED, TRUNCATED, code_of
from gluepot.errors import MalformedError
from gluepot.glue.rate import Rate
from gluepot.glue.shapes import loads

if TYPE_CHECKING:
    from botocore.session import Session

    from gluepot.aws import Renewable

RAW = frozenset({"GetTablesResponse", "GetDatabasesResponse"})
"""The output shapes whose bodies are handed on unparsed, as `{"Body": bytes}`."""

ATTEMPTS = 5
"""botocore's own attempts for one call (standard mode): connection errors, 5xx, broken bodies."""

ROUNDS = 5
"""How often botocore's attempts are begun again. botocore shares one quota of retries between all calls of a
client, so under throttling it may make a single attempt where `ATTEMPTS` are asked for."""

READ_SECONDS: float = 60
"""How long an answer may be silent before the call is made again."""

PATIENCE_SECONDS = float(os.environ.get("GLUEPOT_PATIENCE_SECONDS", "300"))
"""How long a call goes on being throttled, or meeting passing errors, before its scope counts as failed."""

PASSING = frozenset({"FederationSourceRetryableException", "OperationTimeoutException"})
"""Errors that Glue itself calls worth another try."""

RENEWALS = 5
"""How often one call renews credentials that the service calls expired before it gives up."""

_json = msgspec.json.Decoder(msgspec.Raw)


class CheckedParsers(ResponseParserFactory):
    """botocore's parser factory, each parser looking at the body before it is believed."""

    def create_parser(self, protocol_name: str) -> Any:  # noqa: ANN401 - a botocore parser
        """Make the parser of one protocol."""
        parser: Any = super().create_parser(protocol_name)
        inner = parser.parse

        def parse(response: dict[str, Any], shape: Any) -> Any:  # noqa: ANN401 - botocore's shapes
            is_error = response["status_code"] >= 300  # noqa: PLR2004 - HTTP: not a success
            # an error's words may come from a proxy, so only its length is looked at
            is_json = "json" in protocol_name and not is_error
            fault = body_fault(response["body"], response["headers"], is_json=is_json)
            if is_error and not fault:
                return inner(response, shape)
            if fault:
                return _transient(response, fault)
            if shape is not None and shape.name in RAW:
                return {"Body": response["body"], "ResponseMetadata": _metadata(response)}
            return inner(response, shape)

        parser.parse = parse
        return parser


def body_fault(body: bytes, headers: Any, *, is_json: bool) -> str:  # noqa: ANN401 - any mapping of headers
    """Say what is wrong with the body of a successful answer; empty when nothing is.

    Args:
        body: The bytes that arrived.
        headers: The response's headers, their names in any case.
        is_json: Whether the protocol's bodies are JSON.
    """
    stated = headers.get("content-length")
    if stated is not None and "content-encoding" not in headers and stated.isdigit() and int(stated) != len(body):
        return f"{len(body)} of {stated} bytes arrived"
    if not is_json:
        return ""
    try:
        text = _json.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        return _second_opinion(body)
    return "" if bytes(memoryview(text)[:1]) == b"{" else "the body is not a JSON object"


def _second_opinion(body: bytes) -> str:
    """Ask the standard library, which takes lone surrogates that msgspec refuses."""
    try:
        loads(body)
    except MalformedError as error:
        return f"the body is not JSON ({error.why})"
    return ""


def _metadata(response: dict[str, Any]) -> dict[str, Any]:
    return {"HTTPStatusCode": response["status_code"], "HTTPHeaders": dict(response["headers"])}


def _transient(response: dict[str, Any], fault: str) -> dict[str, Any]:
    """Shape a broken body as the error that botocore's retries know as passing."""
    return {
        "Error": {"Code": "RequestTimeout", "Message": f"{TRUNCATED}: {fault}"},
        "ResponseMetadata": _metadata(response),
    }


def _is_passing(error: ClientError) -> bool:
    """Tell whether another try may help: Glue says so, or the service itself failed."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code_of(error)[0] in PASSING or status >= 500  # noqa: PLR2004 - HTTP: the server's own failure


def checked_session(session: Session) -> Session:
    """Make every client of this session look at the bodies it gets."""
    session.register_component("response_parser_factory", CheckedParsers())
    return session


class Caller:
    """Calls Glue in one region of one account, at the pace of that region, with renewed credentials.

    Args:
        session: A session from `checked_session`.
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
            config=Config(
                max_pool_connections=connections,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                parameter_validation=False,  # every parameter comes out of an earlier answer or the configuration
                connect_timeout=10,
                read_timeout=READ_SECONDS,
                # what CloudTrail shows; botocore would put its own together anew, twice for each call
                user_agent=f"gluepot/{gluepot.__version__} botocore/{botocore.__version__}",
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
        broken: Any  # a ClientError's response, of which botocore's types know every key but our own
        while True:
            used = self._credentials.get_frozen_credentials()
            try:
                answer: dict[str, Any] = method(**parameters)
            except ClientError as error:
                code, _ = code_of(error)
                if code in EXPIRED and renewals < RENEWALS:
                    renewals += 1
                    self._credentials.renew(used)
                    continue
                if code not in THROTTLED and not _is_passing(error):
                    raise
                # throttles are waited out by the clock; they do not use up the tries of other failures
                failures += code not in THROTTLED
                fault = error
            except (WireConnectionError, HTTPClientError) as error:
                failures += 1
                fault = error
            else:
                if "Error" not in answer:
                    return answer
                failures += 1
                broken = answer
                fault = ClientError(broken, operation)
            if failures >= ROUNDS or time.monotonic() - started >= PATIENCE_SECONDS:
                raise fault
            rounds += 1
            time.sleep(min(0.05 * 2**rounds, 5.0) * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret

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
