"""What AWS refuses, in words that say what to do: the policy statement that is missing, the quota that is full."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError, SSLError

from gluepot.aws.bodies import TRUNCATED
from gluepot.aws.denials import named_action
from gluepot.aws.plainhttp import TLS_HINT
from gluepot.errors import (
    CredentialsError,
    DeniedError,
    FederationError,
    MalformedError,
    RemoteError,
    ThrottledError,
    VanishedError,
)

if TYPE_CHECKING:
    from gluepot.errors import ScopeError

EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
DENIED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess", "GlueEncryptionException"}
)
BAD_CREDENTIALS: Final = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "MissingAuthenticationToken",
        "OptInRequired",
        "RegionDisabledException",
    }
)
OFF: Final = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "OptInRequired", "RegionDisabledException"}
)
"""Also said by a region that is switched off for the account."""

THROTTLED: Final = frozenset(
    {
        "EC2ThrottledException",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "SlowDown",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
    }
)
PASSING: Final = frozenset(
    {
        "FederationSourceRetryableException",
        "OperationTimeoutException",
        "PriorRequestNotComplete",
        "RequestTimeout",
        "RequestTimeoutException",
        "TransactionInProgressException",
    }
)
"""Errors of status 4xx that are worth another try: those that Glue says that of, and those that AWS's clients know
(https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html)."""

TOO_MANY: Final = 429
"""HTTP: too many requests, whatever the code."""

NOT_PASSING: Final = frozenset({501, 505})
"""HTTP: what a server cannot do, which are no failures of its own."""

ACTIONS: Final[dict[str, str]] = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:HeadObject": "s3:GetObject",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
"""Operations whose IAM action has another name
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html)."""

MISSING: Final = frozenset(
    {
        "404",
        "EntityNotFoundException",
        "NoSuchBucket",
        "NoSuchEntity",
        "NoSuchEntityException",
        "NoSuchKey",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "NotFound",
        "ResourceNotFoundException",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)

TAKEN: Final = frozenset(
    {
        "AlreadyExistsException",
        "BucketAlreadyExists",
        "BucketAlreadyOwnedByYou",
        "EntityAlreadyExists",
        "EntityAlreadyExistsException",
        "IdempotentParameterMismatchException",  # of CreateJob: the name is there, with other parameters
        "OperationAborted",  # of CreateBucket: somebody else is creating it just now
        "ResourceExistsException",
    }
)

QUOTAS: Final = frozenset(
    {"LimitExceeded", "LimitExceededException", "ResourceNumberLimitExceededException", "TooManyBuckets"}
)

_DENIED_BY: Final = re.compile(  # the same page: what denies although the caller's own policy may allow
    r"explicit deny in an? (?P<denies>service control policy|resource control policy|permissions boundary|"
    r"session policy|VPC endpoint policy)|because no (?P<bounds>permissions boundary|session policy) allows"
)
_ATHENA_MISSING: Final = re.compile(r"workgroup.*(not found|does not exist)", re.IGNORECASE)
_ATHENA_TAKEN: Final = re.compile(r"workgroup.*already", re.IGNORECASE)
_ATHENA_QUOTA: Final = re.compile(r"limit|maximum number", re.IGNORECASE)
"""Athena has one code for all that it refuses, and says the rest in words."""


def code_of(error: ClientError) -> tuple[str, str]:
    """Take AWS's error code and message out of botocore's exception."""
    details = error.response.get("Error", {})
    return str(details.get("Code", "")), str(details.get("Message", ""))


def is_expired(error: ClientError) -> bool:
    """Tell whether the service calls the credentials expired: new ones may do."""
    return code_of(error)[0] in EXPIRED


def is_throttled(error: ClientError) -> bool:
    """Tell whether there were too many calls."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code_of(error)[0] in THROTTLED or status == TOO_MANY


def is_passing(error: ClientError) -> bool:
    """Tell whether another try may help: AWS says so, the service itself failed, or its answer broke off."""
    code, message = code_of(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status in NOT_PASSING:
        return False
    return code in PASSING or TRUNCATED in message or status >= 500  # noqa: PLR2004 - HTTP: the server's own failure


def is_missing(error: ClientError | BotoCoreError) -> bool:
    """Tell whether what was asked for is not there."""
    if not isinstance(error, ClientError):
        return False
    code, message = code_of(error)
    return code in MISSING or (code == "InvalidRequestException" and bool(_ATHENA_MISSING.search(message)))


def is_taken(error: ClientError | BotoCoreError) -> bool:
    """Tell whether what was to be created is there already."""
    if not isinstance(error, ClientError):
        return False
    code, message = code_of(error)
    return code in TAKEN or (code == "InvalidRequestException" and bool(_ATHENA_TAKEN.search(message)))


def is_quota(code: str, message: str) -> bool:
    """Tell whether there may be no more of something."""
    return code in QUOTAS or (code == "InvalidRequestException" and bool(_ATHENA_QUOTA.search(message)))


_KINDS: Final[dict[str, tuple[type[ScopeError], str]]] = {
    "EntityNotFoundException": (VanishedError, "nothing to do: it was deleted while it was being read"),
    "FederationSourceException": (FederationError, "check the connection and the source behind the federated database"),
    "FederationSourceRetryableException": (FederationError, "run again: AWS calls this failure passing"),
}


def scope_error(error: ClientError | BotoCoreError, what: str, action: str, resource: str) -> ScopeError:
    """Turn what botocore raised into the `ScopeError` that says what to do.

    Args:
        error: What was raised.
        what: What was being done, for people: `database sales in eu-west-1 of 123456789012`.
        action: The IAM action of the call, for example `glue:GetTables`.
        resource: The ARNs that the action needs, comma separated.
    """
    if isinstance(error, SSLError):
        return RemoteError(f"{what}: no TLS connection came about", str(error), TLS_HINT)
    if isinstance(error, BotoCoreError):
        return RemoteError(f"{what} was not answered", str(error), "check the network and the endpoint, then run again")
    code, message = code_of(error)
    why = f"{code}: {message}" if message else code
    if code in DENIED:
        named, on = named_action(message, action, resource)
        # for its own action AWS names the first resource that is refused: all that the call needs says more
        action, resource = (action, resource) if named.lower() == action.lower() and resource else (named, on)
        hint = f"allow {action} on {resource} (and grant it in Lake Formation where that governs the database)"
        return DeniedError(f"{what} was denied", why, hint, code=code, action=action, resource=resource)
    if code in BAD_CREDENTIALS | EXPIRED:
        return CredentialsError(f"{what} refused the credentials", why, _renewal(code), code=code)
    kind, hint = _KINDS.get(code, (RemoteError, "run again; if it stays, ask AWS support with the code"))
    if code in THROTTLED:
        kind, hint = ThrottledError, "lower requests_per_second or concurrency, or raise the quota in Service Quotas"
    if code == "RequestTimeout" and TRUNCATED in message:
        kind, hint = MalformedError, "run again: the answer was cut off or is not JSON"
    return kind(f"{what} failed", why, hint, code=code)


def _renewal(code: str) -> str:
    hint = "renew the key, profile or role, then run again"
    if code not in OFF:
        return hint
    return f"{hint}; a region that is switched off answers so too: where others answer, switch it on or leave it out"


def error_of(error: ClientError | BotoCoreError, service: str, operation: str, on: str) -> ScopeError:
    """Turn what botocore raised into gluepot's own error.

    Args:
        error: What was raised.
        service: botocore's name of the service.
        operation: The operation, as AWS spells it.
        on: The ARN that the permission is checked against.
    """
    action = ACTIONS.get(f"{service}:{operation}", f"{service}:{operation}")
    what = f"{operation} on {on}" if on != "*" else operation
    if isinstance(error, ClientError):
        code, message = code_of(error)
        if code in DENIED or code == "403":
            return denied(what, f"{code}: {message}", action, on)
        if is_quota(code, message):
            hint = f"raise the quota in Service Quotas ({service}), or remove what nobody needs; then run again"
            return RemoteError(f"{what}: there may be no more of it", f"{code}: {message}", hint, code=code)
    return scope_error(error, what, action, on)


def denied(what: str, why: str, action: str, resource: str) -> DeniedError:
    """Name the permission that is missing, with the policy statement that would grant it."""
    action, resource = named_action(why, action, resource)
    text = json.dumps(statement(action, resource))
    hint = f"add this statement to the policy of whoever runs gluepot: {text}"
    by = _DENIED_BY.search(why)
    if by:
        keeper = by["denies"] or by["bounds"]
        hint = f"a {keeper} denies it, which no statement of one's own mends: whoever keeps that has to allow {text}"
    return DeniedError(f"{what} was denied", why, hint, code="AccessDenied", action=action, resource=resource)


def statement(action: str, resource: str) -> dict[str, Any]:
    """Write the policy statement that grants an action."""
    granted: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": resource}
    if action == "iam:PassRole":
        granted["Condition"] = {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}
    return granted


class TakenError(Exception):
    """What was to be created is there already; `changes` finds out whose it is."""
