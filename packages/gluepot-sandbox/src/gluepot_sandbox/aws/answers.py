"""HTTP answers as each AWS protocol words them: JSON 1.1 for Glue, query XML for STS, REST XML for S3."""

from __future__ import annotations

import uuid
from xml.sax.saxutils import escape

import msgspec

JSON = "application/x-amz-json-1.1"
XML = "text/xml"
STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
CLIENT_ERROR = 400


class Answer(msgspec.Struct):
    """What goes back to the client; `error` is the code for the record of calls."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    error: str = ""


class RefusalError(Exception):
    """An error that goes to the client, in the words of the service that was called."""

    def __init__(self, code: str, message: str, status: int = CLIENT_ERROR) -> None:
        """Keep the parts; the protocol decides how they are written."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def json_answer(value: object) -> Answer:
    """Answer a JSON value with status 200."""
    return Answer(msgspec.json.encode(value))


def xml_answer(operation: str, result: str) -> Answer:
    """Wrap the inner XML of an STS result as the query protocol does."""
    body = (
        f'<{operation}Response xmlns="{STS_NAMESPACE}"><{operation}Result>{result}</{operation}Result>'
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></{operation}Response>"
    )
    return Answer(body.encode(), content_type=XML)


def refuse(service: str, refusal: RefusalError) -> Answer:
    """Word an error as `service` does."""
    code, message, status = refusal.code, refusal.message, refusal.status
    if service in {"sts", "iam"}:
        body, kind = _sts_error(code, message), XML
    elif service == "s3":
        body, kind = _s3_error(code, message), "application/xml"
    else:
        body, kind = msgspec.json.encode({"__type": code, "message": message}), JSON
    return Answer(body, status, kind, error=code)


def _sts_error(code: str, message: str) -> bytes:
    return (
        f'<ErrorResponse xmlns="{STS_NAMESPACE}"><Error><Type>Sender</Type><Code>{escape(code)}</Code>'
        f"<Message>{escape(message)}</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    ).encode()


def _s3_error(code: str, message: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{escape(code)}</Code>'
        f"<Message>{escape(message)}</Message><RequestId>{uuid.uuid4().hex}</RequestId></Error>"
    ).encode()
