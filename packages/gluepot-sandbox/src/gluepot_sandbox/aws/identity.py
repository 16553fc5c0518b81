"""Who calls, and where: read from the signature, without checking it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs

from gluepot_sandbox.aws.answers import RefusalError
from gluepot_sandbox.aws.settings import DEFAULT_ACCOUNT, DEFAULT_REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot_sandbox.aws.state import Session, State

_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/,\s]+)/([^/,\s]+)/aws4_request")
_CHAINABLE = re.compile(r"arn:[\w-]+:sts::\d{12}:assumed-role/")

# code and HTTP status of each service's word for a credential that is not good
_EXPIRED = {"sts": ("ExpiredToken", 403), "s3": ("ExpiredToken", 400)}
_UNKNOWN = {"sts": ("InvalidClientTokenId", 403), "s3": ("InvalidAccessKeyId", 403)}


class Signature(NamedTuple):
    """What a request's signature says."""

    access_key: str
    region: str
    service: str
    session_token: str


class Caller(NamedTuple):
    """The principal behind a request."""

    account: str
    arn: str
    user_id: str
    region: str
    session: Session | None


def read_signature(headers: Mapping[str, str], query: str) -> Signature | None:
    """Read the credential scope from the header, or from a presigned URL; None for a request without."""
    token = headers.get("X-Amz-Security-Token", "")
    text = headers.get("Authorization", "")
    if "X-Amz-Credential" in query:
        fields = parse_qs(query)
        text = f"Credential={fields['X-Amz-Credential'][0]}"
        token = fields.get("X-Amz-Security-Token", [token])[0]
    match = _SCOPE.search(text)
    return Signature(match[1], match[2], match[3], token) if match else None


def identify(state: State, signature: Signature | None) -> Caller:
    """Say who calls.

    Raises:
        RefusalError: The credentials have expired or were revoked, or are unknown and `strict` is set.
    """
    if signature is None:
        return Caller(DEFAULT_ACCOUNT, "anonymous", "anonymous", DEFAULT_REGION, None)
    session = state.sessions.get(signature.access_key)
    if session is not None:
        _require_alive(session, signature)
        return Caller(session.account, session.arn, session.user_id, signature.region, session)
    settings = state.settings
    if settings.strict and signature.access_key not in settings.accounts:
        raise unknown(signature.service)
    account = settings.accounts.get(signature.access_key, DEFAULT_ACCOUNT)
    user = settings.users.get(signature.access_key, "emulator")
    arn = f"arn:{partition(signature.region)}:iam::{account}:user/{user}"
    return Caller(account, arn, "AIDAEMULATEDUSER00000", signature.region, None)


def partition(region: str) -> str:
    """Name the partition that a region belongs to."""
    prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    return next((name for prefix, name in prefixes.items() if region.startswith(prefix)), "aws")


def is_role(arn: str) -> bool:
    """Say whether an ARN is that of an assumed role, whose sessions can be chained for an hour at most."""
    return _CHAINABLE.match(arn) is not None


def unknown(service: str) -> RefusalError:
    """Word the refusal of credentials that nobody issued."""
    code, status = _UNKNOWN.get(service, ("UnrecognizedClientException", 400))
    return RefusalError(code, "The security token included in the request is invalid.", status)


def expired(service: str) -> RefusalError:
    """Word the refusal of credentials whose time is over."""
    code, status = _EXPIRED.get(service, ("ExpiredTokenException", 400))
    return RefusalError(code, "The security token included in the request is expired", status)


def _require_alive(session: Session, signature: Signature) -> None:
    if signature.session_token != session.token:
        raise unknown(signature.service)
    if session.revoked or time.time() >= session.expires or session.calls_left == 0:
        raise expired(signature.service)
    if session.calls_left is not None:
        session.calls_left -= 1
