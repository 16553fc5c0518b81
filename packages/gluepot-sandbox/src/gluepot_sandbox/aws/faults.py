"""Which call fails, and how fast calls may come."""

from __future__ import annotations

import fnmatch
import random
import time
from typing import TYPE_CHECKING, NamedTuple

from gluepot_sandbox.aws import identity
from gluepot_sandbox.aws.answers import RefusalError
from gluepot_sandbox.aws.settings import Fault, FaultKind

if TYPE_CHECKING:
    from gluepot_sandbox.aws.state import State


class Subject(NamedTuple):
    """What a rule looks at."""

    service: str
    operation: str
    account: str
    region: str
    database: str
    table: str
    continued: bool
    path: str = ""
    query: str = ""


def pick(state: State, subject: Subject) -> Fault | None:
    """Count a call for every rule that it matches, and return the first that strikes."""
    struck: Fault | None = None
    for number, fault in enumerate(state.settings.faults):
        if _matches(fault, subject) and _strikes(state, number, fault) and struck is None:
            state.struck[number] += 1
            struck = fault
    return struck


def refusal(fault: Fault, subject: Subject, principal: str) -> RefusalError | None:
    """Word the error that a fault stands for; None for faults that are no error answers."""
    service = subject.service
    if fault.kind is FaultKind.EXPIRED:
        return identity.expired(service)
    known = {
        FaultKind.ERROR: (_code(fault, service), "Service unavailable, injected", fault.status),
        FaultKind.THROTTLE: throttled(service),
        FaultKind.DENIED: _denied(subject, principal),
        FaultKind.NOT_FOUND: _not_found(service),
        FaultKind.FEDERATION: ("FederationSourceException", "The federated source did not answer", 400),
    }.get(fault.kind)
    if known is None:
        return None
    code, message, status = known
    return RefusalError(code, fault.message or message, status)


def _code(fault: Fault, service: str) -> str:
    return "InternalError" if service == "s3" and fault.code == Fault(fault.kind).code else fault.code


def _denied(subject: Subject, principal: str) -> tuple[str, str, int]:
    """Word an IAM denial as each service does, the missing action named: code, message, status."""
    action = f"{subject.service}:{subject.operation}"
    what = f"arn:aws:{subject.service}:{subject.region}:{subject.account}"
    why = f"because no identity-based policy allows the {action} action"
    message = f"User: {principal} is not authorized to perform: {action} on resource: {what}:catalog {why}"
    words = {
        "s3": ("AccessDenied", "Access Denied", 403),
        "sts": ("AccessDenied", message, 403),
        "iam": ("AccessDenied", message, 403),
    }
    return words.get(subject.service, ("AccessDeniedException", message, 400))


def _not_found(service: str) -> tuple[str, str, int]:
    if service == "s3":
        return "NoSuchKey", "The specified key does not exist.", 404
    return "EntityNotFoundException", "Entity Not Found", 400


def throttled(service: str) -> tuple[str, str, int]:
    """Word a throttle as each service does: code, message, status."""
    words = {"s3": ("SlowDown", "Please reduce your request rate.", 503), "sts": ("Throttling", "Rate exceeded", 400)}
    return words.get(service, ("ThrottlingException", "Rate exceeded", 400))


def take(state: State, account: str, region: str, operation: str) -> None:
    """Take a token from the bucket of an account, region and operation.

    Raises:
        RefusalError: The bucket is empty.
    """
    rules = state.settings.throttles
    rule = next((rule for rule in rules if fnmatch.fnmatchcase(operation, rule.operation)), None)
    if rule is None:
        return
    now = time.monotonic()
    key = (account, region, operation)
    level, then = state.buckets.get(key, (rule.burst, now))
    level = min(rule.burst, level + (now - then) * rule.rate)
    if level < 1:
        state.buckets[key] = (level, now)
        raise RefusalError(*throttled("glue"))
    state.buckets[key] = (level - 1, now)


def _matches(fault: Fault, subject: Subject) -> bool:
    pairs = (
        (subject.operation, fault.operation),
        (subject.service, fault.service),
        (subject.account, fault.account),
        (subject.region, fault.region),
        (subject.database, fault.database),
        (subject.table, fault.table),
        (subject.path, fault.path),
        (subject.query, fault.query),
    )
    if fault.continued is not None and fault.continued != subject.continued:
        return False
    return all(pattern == "*" or fnmatch.fnmatchcase(value, pattern) for value, pattern in pairs)


def _strikes(state: State, number: int, fault: Fault) -> bool:
    state.matched[number] += 1
    turn = state.matched[number] - fault.skip
    if turn < 1 or turn % fault.every or (fault.times is not None and state.struck[number] >= fault.times):
        return False
    # each call draws from its own number, so that a run can be repeated whatever came between
    chance = random.Random(f"{fault.seed}/{turn}").random()  # noqa: S311 - faults are no secrets
    return chance < fault.probability
