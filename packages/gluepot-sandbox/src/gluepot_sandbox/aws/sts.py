"""STS: AssumeRole with what real STS checks, and GetCallerIdentity.

Rules: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import re
import secrets
import string
import time
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from gluepot_sandbox.aws import identity
from gluepot_sandbox.aws.answers import RefusalError, xml_answer
from gluepot_sandbox.aws.settings import Role
from gluepot_sandbox.aws.state import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gluepot_sandbox.aws.answers import Answer
    from gluepot_sandbox.aws.identity import Caller
    from gluepot_sandbox.aws.state import State

LONGEST = 43_200  # seconds that DurationSeconds may say
CHAINED = 3600  # seconds at most for a role assumed by a role
DEFAULT_SECONDS = 3600
_ROLE = re.compile(r"arn:[\w-]+:iam::(\d{12}):role/(?:[^\s]*/)?([\w+=,.@-]{1,64})")
_KEY_LETTERS = string.ascii_uppercase + "234567"


def assume_role(state: State, caller: Caller, form: Mapping[str, str]) -> Answer:
    """Hand out credentials of a role."""
    arn, name, seconds = _read(form)
    role = _find(state, arn)
    if role is None or not _trusted(role, caller) or (role.external_id and role.external_id != form.get("ExternalId")):
        raise _denied(caller, arn)
    _require_duration(role, caller, seconds)
    access_key, secret, session, advertised = issue(state, arn, name, seconds)
    state.sessions[access_key] = session
    moment = dt.datetime.fromtimestamp(advertised, tz=dt.UTC)
    credentials = {
        "AccessKeyId": access_key,
        "SecretAccessKey": secret,
        "SessionToken": session.token,
        "Expiration": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    user = {"AssumedRoleId": session.user_id, "Arn": session.arn}
    checked = {**credentials, "Expiration": int(advertised)}
    state.check("sts", "AssumeRole", {"Credentials": checked, "AssumedRoleUser": user, "PackedPolicySize": 1})
    inner = f"<Credentials>{_xml(credentials)}</Credentials><AssumedRoleUser>{_xml(user)}</AssumedRoleUser>"
    return xml_answer("AssumeRole", f"{inner}<PackedPolicySize>1</PackedPolicySize>")


def get_caller_identity(state: State, caller: Caller, form: Mapping[str, str]) -> Answer:
    """Say who calls."""
    del form  # the operation has no parameters
    result = {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}
    state.check("sts", "GetCallerIdentity", result)
    return xml_answer("GetCallerIdentity", _xml(result))


OPERATIONS: dict[str, Callable[[State, Caller, Mapping[str, str]], Answer]] = {
    "AssumeRole": assume_role,
    "GetCallerIdentity": get_caller_identity,
}


def revoke(state: State, role: str) -> int:
    """Kill the sessions of the roles that match a glob; returns how many."""
    found = [s for s in state.sessions.values() if fnmatch.fnmatchcase(s.role, role) and not s.revoked]
    for session in found:
        session.revoked = True
    return len(found)


def _read(form: Mapping[str, str]) -> tuple[str, str, int]:
    """Read ARN, session name and duration, and refuse what does not have their form."""
    arn, name, seconds = form.get("RoleArn", ""), form.get("RoleSessionName", ""), form.get("DurationSeconds", "")
    if not _ROLE.fullmatch(arn):
        raise _invalid(f"{arn} is invalid")
    return arn, name, int(seconds) if seconds.isdigit() else DEFAULT_SECONDS


def _find(state: State, arn: str) -> Role | None:
    declared = next((role for role in state.settings.roles if role.arn == arn), None)
    if declared is None and not state.settings.strict:
        return Role(arn, max_session_seconds=LONGEST)
    return declared


def _trusted(role: Role, caller: Caller) -> bool:
    """Say whether a role's trust policy names the caller: its account, its ARN, or the role it came from."""
    root = f"arn:{identity.partition(caller.region)}:iam::{caller.account}:root"
    names = [caller.account, caller.arn, root]
    if caller.session is not None:
        names.append(caller.session.role)
    return not role.trusts or any(fnmatch.fnmatchcase(name, trust) for trust in role.trusts for name in names)


def _require_duration(role: Role, caller: Caller, seconds: int) -> None:
    if identity.is_role(caller.arn) and seconds > CHAINED:
        raise _invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        )
    if seconds > role.max_session_seconds:
        raise _invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")


def issue(state: State, arn: str, name: str, seconds: int) -> tuple[str, str, Session, float]:
    """Make a key, a secret, a session, and the expiration that is told."""
    match = _ROLE.fullmatch(arn)
    account, role = (match[1], match[2]) if match else ("", "")
    settings = state.settings
    life = float(seconds) if settings.credentials_seconds is None else settings.credentials_seconds
    now = time.time()
    identifier = f"AROA{_letters(16)}:{name}"
    session = Session(
        account=account,
        role=arn,
        arn=f"{arn.partition(':iam:')[0]}:sts::{account}:assumed-role/{role}/{name}",
        user_id=identifier,
        token=secrets.token_urlsafe(64),
        expires=now + life,
        calls_left=settings.credentials_calls,
    )
    return f"ASIA{_letters(16)}", secrets.token_urlsafe(30), session, now + (seconds if settings.expire_early else life)


def _letters(count: int) -> str:
    return "".join(secrets.choice(_KEY_LETTERS) for _ in range(count))


def _xml(members: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in members.items())


def _invalid(message: str) -> RefusalError:
    return RefusalError("ValidationError", message)


def _denied(caller: Caller, arn: str) -> RefusalError:
    return RefusalError(
        "AccessDenied", f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}", 403
    )
