"""Everything a store can refuse or lose, as one error with a kind. The only place that reads obstore's exceptions.

The text of an obstore error is never passed on: it quotes request URLs, and services answer with what was signed.
Only the status, the service's error code and reason, and the operating system's own words are taken from it.
"""

from __future__ import annotations

import contextlib
import errno
import html
import os
import re
from typing import TYPE_CHECKING, Final, Literal

from gluepot.aws.denials import named_action
from gluepot.errors import GluepotError, LandingError
from gluepot.waiting.pace import TooSlowError
from gluepot.waiting.patience import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Kind = Literal["denied", "exists", "not_found", "unreachable", "unsupported", "full", "other"]
"""What a caller can tell apart: `unreachable` is worth a retry, `exists` a comparison, the rest is for people."""

KINDS: Final[dict[str, Kind]] = {
    "AlreadyExistsError": "exists",
    "BaseError": "other",
    "GenericError": "other",
    "InvalidPathError": "other",
    "JoinError": "other",
    "NotFoundError": "not_found",
    "NotModifiedError": "other",
    "NotSupportedError": "unsupported",
    "PermissionDeniedError": "denied",
    "PreconditionError": "exists",
    "UnauthenticatedError": "denied",
    "UnknownConfigurationKeyError": "other",
    # of botocore, for what obstore does not sign
    "ConnectionError": "unreachable",
    "HTTPClientError": "unreachable",
    # of our own, for what crawls
    "TooSlowError": "unreachable",
    # obstore answers with these built-in ones too
    "FileNotFoundError": "not_found",
    "NotImplementedError": "unsupported",
    "ValueError": "other",
}

_BY_STATUS: Final[dict[int, Kind]] = {401: "denied", 403: "denied", 404: "not_found", 409: "exists", 412: "exists"}
_BY_OS_ERROR: Final[dict[int, Kind]] = {1: "denied", 13: "denied", 30: "denied", 28: "full", 122: "full"}
_TRANSIENT: Final = {408, 429}
_FIRST_SERVER_FAULT: Final = 500
_TIMED_OUT: Final = "RequestTimeout"
"""S3 says so with status 400 of a body that came too slowly
(https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList)."""

_BUSY: Final = "ServerBusy"
"""What Azure says of too many requests
(https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes)."""

_CONNECTING: Final = re.compile(r"tcp connect error|Error\(\s*Connect,", re.IGNORECASE)
"""What obstore says of a connection that nobody accepts, in time or at all."""

_NOT_IMPLEMENTED: Final = 501
"""What a store says that looks like S3 and has no conditional writes."""

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>\s*([A-Za-z0-9.]{1,80})\s*</Code>")
_MESSAGE = re.compile(r"<Message>\s*([^<\n]{1,500})")
"""The service's reason, up to its line end: what Azure adds below are numbers of the request."""

_OS_ERROR = re.compile(r"\(os error (\d{1,4})\)")
_TLS = "its TLS certificate is not accepted (AWS_CA_BUNDLE, or ca_bundle of an S3 profile, names authorities)"
_NO_TLS = "no TLS connection came about: does it speak TLS there, and with which versions?"
_NETWORK = (
    ("dns error", "the host's name is not known"),
    ("certificate", _TLS),
    ("invalidcontenttype", _NO_TLS),
    ("corrupt message", _NO_TLS),
    ("handshake", _NO_TLS),
    ("wrong_version_number", _NO_TLS),
    ("tcp connect error", "nothing answers at its address"),
    ("could not connect", "nothing answers at its address"),
    ("timed out", "it did not answer in time"),
    ("timedout", "it did not answer in time"),
)

_HINTS: Final[dict[Kind, str]] = {
    "denied": "check the landing's key, SAS token (expiry, permissions c and w) or role, then push again",
    "exists": "look at what lies there: gluepot never overwrites an extract file",
    "not_found": "check the name of the bucket or container in landing.url",
    "unreachable": "check the network, the account or endpoint and the region, then push again: "
    "what has arrived is not sent twice",
    "unsupported": "use another landing: this one lacks an operation that gluepot needs",
    "full": "make space, then push again: what has arrived is not sent twice",
    "other": "check landing.url and its options, then push again",
}
_REGION_CODES: Final = {"AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException"}
_NO_CONTAINER: Final = {"NoSuchBucket", "ContainerNotFound", "FilesystemNotFound"}


class StoreError(LandingError):
    """A landing refused or lost something; `kind` says which sort of refusal it was.

    Args:
        what: What could not be done, with the key and the landing.
        why: The service's status and code.
        hint: What to do next.
        kind: The sort of refusal.
        container_missing: The bucket or container itself is not there.
    """

    verdict: Verdict = Verdict.FINAL
    """What it says of another try."""

    action: str = ""
    """The permission that the service says is missing, where it says so."""

    resource: str = ""
    """What it is missing on."""

    def __init__(
        self, what: str, why: str = "", hint: str = "", *, kind: Kind = "other", container_missing: bool = False
    ) -> None:
        """Keep the kind beside the three parts."""
        super().__init__(what, why, hint or _HINTS[kind])
        self.kind = kind
        self.container_missing = container_missing


@contextlib.contextmanager
def store_errors(what: str, failed_credentials: Callable[[], GluepotError | None] | None = None) -> Iterator[None]:
    """Turn whatever obstore raises into a `StoreError` that says what could not be done.

    Args:
        what: What is being tried, for example `cannot send A.csv to s3://bucket/lz`.
        failed_credentials: Gives the error with which the credential provider failed, if it did.

    Raises:
        StoreError: Always in place of obstore's own exceptions, and not chained to them: their text is not safe.
    """
    try:
        yield
    except GluepotError as error:
        if failed_credentials and failed_credentials() is error:
            raise _without_credentials(what, error) from None
        raise
    except Exception as error:  # noqa: BLE001 # obstore raises built-in classes beside its own; none may pass unmapped
        cause = failed_credentials() if failed_credentials else None
        raise _without_credentials(what, cause) if cause else describe(error, what) from None


def describe(error: Exception, what: str) -> StoreError:
    """Build the `StoreError` for one exception of obstore's, from the safe parts of its text."""
    text = str(error)
    status, code, message = _said(error, text)
    kind = _kind(error, text, status, code)
    action, resource = named_action(message, "", "")
    hint = f"allow {action} on {resource}" if action else ""
    hint = "set landing.region to the bucket's region" if code in _REGION_CODES else hint
    missing = code in _NO_CONTAINER
    why = _why(error, text, status, f"{code}: {message}" if message else code)
    described = StoreError(what, why, hint, kind=kind, container_missing=missing)
    described.action, described.resource = action, resource
    described.verdict = _verdict(error, text, status, code) if kind == "unreachable" else Verdict.FINAL
    return described


def verdict_of(error: Exception) -> Verdict:
    """Say what an error says of another try."""
    return error.verdict if isinstance(error, StoreError) else Verdict.FINAL


def _verdict(error: Exception, text: str, status: int, code: str) -> Verdict:
    """Say what becomes of a store that was not reached, or that failed."""
    from gluepot.aws import faults as aws  # noqa: PLC0415 # lazy: botocore is slow to load
    from gluepot.aws.verdicts import verdict_of as verdict_of_botocore  # noqa: PLC0415 # likewise

    if hasattr(error, "response") or _is_botocores(error):
        return verdict_of_botocore(error)
    if status in aws.NOT_PASSING:
        return Verdict.FINAL
    if status:
        return Verdict.THROTTLED if code in aws.THROTTLED | {_BUSY} or status == aws.TOO_MANY else Verdict.PASSING
    if "certificate" in text.lower():
        return Verdict.FINAL
    if "dns error" in text:
        return Verdict.UNKNOWN
    return Verdict.REFUSED if _CONNECTING.search(text) else Verdict.PASSING


def _said(error: Exception, text: str) -> tuple[int, str, str]:
    """Take out what the service said: status, error code, reason."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):  # of botocore
        said, about = response.get("Error", {}), response.get("ResponseMetadata", {})
        return int(about.get("HTTPStatusCode", 0)), str(said.get("Code", "")), str(said.get("Message", ""))
    status = int(found[1]) if (found := _STATUS.search(text)) else 0
    code = found[1] if (found := _CODE.search(text)) else ""
    message = html.unescape(found[1].strip()) if status and (found := _MESSAGE.search(text)) else ""
    return status, code, message


def _kind(error: Exception, text: str, status: int, code: str) -> Kind:
    kind: Kind = next((KINDS[name] for name in _names(error) if name in KINDS), "other")
    if kind != "other":
        return kind
    if status == _NOT_IMPLEMENTED:
        return "unsupported"
    if status in _TRANSIENT or status >= _FIRST_SERVER_FAULT or code == _TIMED_OUT:
        return "unreachable"
    if status:
        return _BY_STATUS.get(status, "other")
    if found := _OS_ERROR.search(text):
        return _BY_OS_ERROR.get(int(found[1]), "unreachable" if "HTTP error" in text else "other")
    return "unreachable" if "HTTP error" in text else "other"


def _is_botocores(error: Exception) -> bool:
    """Tell whether an error is of what botocore reports of the network."""
    return not {"ConnectionError", "HTTPClientError"}.isdisjoint(_names(error))


def _names(error: Exception) -> list[str]:
    return [cls.__name__ for cls in type(error).__mro__]


def _why(error: Exception, text: str, status: int, said: str) -> str:
    if status:
        return f"it answered {status} {said}".rstrip()
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return str(error.strerror)
    if isinstance(error, TooSlowError):
        return text
    if "HTTP error" in text or _is_botocores(error):
        lowered = text.lower()  # rustls says InvalidCertificate, OpenSSL CERTIFICATE_VERIFY_FAILED
        return next((why for mark, why in _NETWORK if mark in lowered), "the connection broke")
    if found := _OS_ERROR.search(text):
        return os.strerror(int(found[1]))
    return f"the store answered {type(error).__name__}"


def _without_credentials(what: str, cause: GluepotError) -> StoreError:
    return StoreError(what, str(cause), cause.hint, kind="denied")
