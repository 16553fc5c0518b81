"""A look at every body before it is believed, whatever the operation and the service.

botocore 1.44 takes a cut JSON answer of status 200 for an empty one (it neither enforces Content-Length
nor reports JSON that does not parse), so a listing would silently lose tables; a cut XML answer it raises
with the whole body quoted, and STS's bodies are credentials. Here either is reported to botocore as a
transient error, which it retries, and no body is quoted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError, ResponseParserFactory

from gluepot.aws.lenientjson import loads
from gluepot.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.session import Session

TRUNCATED = "GluepotTruncatedAnswer"
"""The message that marks an answer which this check refused."""

RAW = frozenset({"GetTablesResponse", "GetDatabasesResponse", "GetCatalogsResponse"})
"""The output shapes whose bodies are handed on unparsed, as `{"Body": bytes}`: decoding them here costs ten times
what it costs with msgspec."""

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
            fault = (
                "" if _is_apart(response, shape) else body_fault(response["body"], response["headers"], is_json=is_json)
            )
            if fault:
                return _transient(response, fault)
            if is_error:
                return _parsed(inner, response, shape)
            if shape is not None and shape.name in RAW:
                return {"Body": response["body"], "ResponseMetadata": _metadata(response)}
            return _parsed(inner, response, shape)

        parser.parse = parse
        return parser


def _parsed(inner: Callable[[Any, Any], Any], response: dict[str, Any], shape: Any) -> Any:  # noqa: ANN401 - botocore's
    """Parse with botocore, whose own error would quote the body."""
    try:
        return inner(response, shape)
    except ResponseParserError:
        fault, status = "the body cannot be parsed", response["status_code"]
        if status < 300:  # noqa: PLR2004 - HTTP: a success
            return _transient(response, fault)
        # what an error says may be lost; that it is one is not
        return {"Error": {"Code": str(status), "Message": fault}, "ResponseMetadata": _metadata(response)}


def _is_apart(response: dict[str, Any], shape: Any) -> bool:  # noqa: ANN401 - botocore's shapes
    """Tell whether there is no body to look at: of a HEAD request, or a stream that botocore checks when it is read."""
    return not isinstance(response["body"], bytes) or (shape is not None and shape.name.startswith("Head"))


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


def checked_session(session: Session) -> Session:
    """Make every client of this session look at the bodies it gets, and raise where every attempt's was broken."""
    session.register_component("response_parser_factory", CheckedParsers())
    session.register("after-call", _raise_broken)
    return session


def _raise_broken(**given: Any) -> None:  # noqa: ANN401 - what botocore tells of a call
    """Raise what was refused here time and again: botocore, which sees status 200, would return it like a success.

    Raises:
        ClientError: Every attempt's answer was broken.
    """
    answer = given["parsed"]
    if str(answer.get("Error", {}).get("Message", "")).startswith(TRUNCATED):
        raise ClientError(answer, given["model"].name)
