"""Which calls are answered here, and what is done around those that moto answers."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

from gluepot_sandbox.aws import validation
from gluepot_sandbox.aws.answers import RefusalError
from gluepot_sandbox.aws.kept import buckets, connections, jobs, workgroups

if TYPE_CHECKING:
    from gluepot_sandbox.aws.answers import Answer
    from gluepot_sandbox.aws.front import Parsed, Request
    from gluepot_sandbox.aws.glue import GlueCall
    from gluepot_sandbox.aws.identity import Caller
    from gluepot_sandbox.aws.state import State

CHECKED: Final = frozenset({"athena", "glue", "secretsmanager"})
"""Services whose requests are JSON, and looked at before moto sees them."""

TAGGED: Final = {"DeleteDatabase": ("database", "Name"), "DeleteJob": ("job", "JobName")}
"""Calls whose resource takes its tags with it, which moto leaves."""


def is_ours(call: GlueCall) -> bool:
    """Tell whether a call of Glue is answered here."""
    return call.operation in jobs.OPERATIONS or call.operation in connections.OPERATIONS


def answer(state: State, call: GlueCall) -> Answer:
    """Answer a call of Glue; moto has been started."""
    check("glue", call.operation, call.parameters)
    if call.operation in jobs.OPERATIONS:
        return jobs.answer(state, call)
    return connections.answer(state, call)


def is_of_workgroups(parsed: Parsed) -> bool:
    """Tell whether a call of Athena is answered here."""
    return parsed.service == "athena" and parsed.operation in workgroups.OPERATIONS


def of_workgroups(state: State, caller: Caller, parsed: Parsed) -> Answer:
    """Answer a call of Athena; moto has been started."""
    check("athena", parsed.operation, parsed.parameters)
    return workgroups.answer(state, caller, parsed.operation, parsed.parameters)


def check(service: str, operation: str, given: object) -> None:
    """Check a request against botocore's model; operations that it does not know are moto's to refuse.

    Raises:
        RefusalError: The model forbids something in it.
    """
    if service not in CHECKED or operation not in validation.model(service).operation_names:
        return
    problems = validation.input_problems(service, operation, given)
    if problems:
        message = f"{len(problems)} validation errors detected: {'; '.join(problems[:5])}"
        raise RefusalError("ValidationException", message)


def before(request: Request, caller: Caller, parsed: Parsed) -> Answer | None:
    """Refuse what moto would let pass; None where it may have it.

    Raises:
        RefusalError: The request is not one.
    """
    if parsed.service == "s3":
        return buckets.refusal(request, caller)
    check(parsed.service, parsed.operation, parsed.parameters)
    return None


def after(request: Request, caller: Caller, parsed: Parsed, answered: Answer) -> None:
    """Keep what moto did not of a call that it has answered."""
    if answered.error:
        return
    if parsed.service == "s3":
        buckets.tagged(request, caller)
    elif parsed.service == "glue":
        _after_glue(caller, parsed)


def _after_glue(caller: Caller, parsed: Parsed) -> None:
    backend = importlib.import_module("moto.glue.models").glue_backends[caller.account][caller.region]
    given = parsed.parameters
    if parsed.operation == "CreateJob":
        jobs.keep(backend.jobs[str(given["Name"])], given)
    elif parsed.operation in TAGGED:
        kind, key = TAGGED[parsed.operation]
        arn = f":glue:{caller.region}:{caller.account}:{kind}/{given[key]}"
        for known in [tagged for tagged in backend.tagger.tags if tagged.endswith(arn)]:
            backend.tagger.delete_all_tags_for_resource(known)
