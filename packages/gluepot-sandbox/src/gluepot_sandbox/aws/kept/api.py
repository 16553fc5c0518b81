"""Which calls are answered here, and what is done around those that moto answers."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from gluepot_sandbox.aws.answers import json_answer
from gluepot_sandbox.aws.glue import require_access
from gluepot_sandbox.aws.kept import buckets, connections, functions, jobs, statistics, workgroups

if TYPE_CHECKING:
    from gluepot_sandbox.aws.answers import Answer
    from gluepot_sandbox.aws.front import Parsed, Request
    from gluepot_sandbox.aws.glue import GlueCall
    from gluepot_sandbox.aws.identity import Caller
    from gluepot_sandbox.aws.state import State

TAGGED: Final = {"DeleteDatabase": ("database", "Name"), "DeleteJob": ("job", "JobName")}
"""Calls whose resource takes its tags with it, which moto leaves."""

_IN_MOTO: Final = {**jobs.OPERATIONS, **connections.OPERATIONS}
"""Calls about what moto keeps."""

_OWN: Final = {**functions.OPERATIONS, **statistics.OPERATIONS}
"""Calls about what is kept here, of a catalog."""


def is_ours(call: GlueCall) -> bool:
    """Tell whether a call of Glue is answered here."""
    return call.operation in _IN_MOTO or call.operation in _OWN


def answer(state: State, call: GlueCall) -> Answer:
    """Answer a call of Glue; moto has been started."""
    result = _result(state, call)
    state.check("glue", call.operation, result)
    return json_answer(result)


def _result(state: State, call: GlueCall) -> dict[str, Any]:
    if call.operation in _IN_MOTO:
        return _IN_MOTO[call.operation](call)
    require_access(state, call, call.catalog_id, str(call.parameters.get("DatabaseName", "")))
    return _OWN[call.operation](state, call)


def is_of_workgroups(parsed: Parsed) -> bool:
    """Tell whether a call of Athena is answered here."""
    return parsed.service == "athena" and parsed.operation in workgroups.OPERATIONS


def of_workgroups(state: State, caller: Caller, parsed: Parsed) -> Answer:
    """Answer a call of Athena; moto has been started."""
    return workgroups.answer(state, caller, parsed.operation, parsed.parameters)


def before(request: Request, caller: Caller, parsed: Parsed) -> Answer | None:
    """Refuse what moto would let pass; None where it may have it.

    Raises:
        RefusalError: The request is not one.
    """
    return buckets.refusal(request, caller) if parsed.service == "s3" else None


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
