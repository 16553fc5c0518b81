"""Workgroups of Athena: moto creates them; here they are found, changed, removed and tagged.

https://docs.aws.amazon.com/athena/latest/APIReference/API_UpdateWorkGroup.html
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from gluepot_sandbox.aws.answers import RefusalError, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gluepot_sandbox.aws.answers import Answer
    from gluepot_sandbox.aws.identity import Caller
    from gluepot_sandbox.aws.state import State

PRIMARY: Final = "primary"
"""The workgroup that every account has, and nobody can delete."""

_RESULTS: Final = ("OutputLocation", "EncryptionConfiguration", "ExpectedBucketOwner", "AclConfiguration")


def answer(state: State, caller: Caller, operation: str, given: Mapping[str, Any]) -> Answer:
    """Answer a call of `OPERATIONS`; moto has been started."""
    result = OPERATIONS[operation](_backend(caller), given)
    state.check("athena", operation, result)
    return json_answer(result)


def get(backend: Any, given: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - moto ships no types
    """Answer one workgroup."""
    found = _find(backend, given)
    record = {"Name": found.name, "State": found.state, "Configuration": found.configuration}
    return {"WorkGroup": {**record, "Description": found.description or ""}}


def update(backend: Any, given: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - moto ships no types
    """Change what an update names."""
    found = _find(backend, given)
    updates = dict(given.get("ConfigurationUpdates") or {})
    results = updates.pop("ResultConfigurationUpdates", {})
    kept = dict(found.configuration.get("ResultConfiguration") or {})
    for name in _RESULTS:
        if results.get(f"Remove{name}"):
            kept.pop(name, None)
        elif name in results:
            kept[name] = results[name]
    if updates.pop("RemoveBytesScannedCutoffPerQuery", False):
        found.configuration.pop("BytesScannedCutoffPerQuery", None)
    found.configuration = {**found.configuration, **updates, "ResultConfiguration": kept}
    found.description = given.get("Description", found.description)
    found.state = given.get("State", found.state)
    return {}


def delete(backend: Any, given: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - moto ships no types
    """Remove a workgroup and its tags."""
    found = _find(backend, given)
    if found.name == PRIMARY:
        raise RefusalError("InvalidRequestException", "The primary workgroup can not be deleted.")
    backend.tagger.delete_all_tags_for_resource(found.arn)
    del backend.work_groups[found.name]
    return {}


def tag(backend: Any, given: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - moto ships no types
    """Add tags."""
    backend.tagger.tag_resource(_arn(backend, given), given["Tags"])
    return {}


def untag(backend: Any, given: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - moto ships no types
    """Remove tags."""
    backend.tagger.untag_resource_using_names(_arn(backend, given), given["TagKeys"])
    return {}


def tags(backend: Any, given: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - moto ships no types
    """List tags."""
    result: dict[str, Any] = backend.tagger.list_tags_for_resource(_arn(backend, given))
    return {"Tags": result.get("Tags", [])}


OPERATIONS: Final[dict[str, Callable[[Any, Mapping[str, Any]], dict[str, Any]]]] = {
    "DeleteWorkGroup": delete,
    "GetWorkGroup": get,
    "ListTagsForResource": tags,
    "TagResource": tag,
    "UntagResource": untag,
    "UpdateWorkGroup": update,
}


def _find(backend: Any, given: Mapping[str, Any]) -> Any:  # noqa: ANN401 - moto ships no types
    name = given["WorkGroup"]
    found = backend.work_groups.get(name)
    if found is None:
        raise RefusalError("InvalidRequestException", f"WorkGroup {name} is not found.")
    return found


def _arn(backend: Any, given: Mapping[str, Any]) -> str:  # noqa: ANN401 - moto ships no types
    """Check that an ARN is of something there.

    Raises:
        RefusalError: It is not.
    """
    arn = str(given["ResourceARN"])
    kind, _, name = arn.rpartition(":")[2].partition("/")
    if kind == "workgroup" and name not in backend.work_groups:
        raise RefusalError("ResourceNotFoundException", f"Athena Resource, {arn} Does Not Exist")
    return arn


def _backend(caller: Caller) -> Any:  # noqa: ANN401 - moto ships no types
    models = importlib.import_module("moto.athena.models")  # lazy: loaded with the first call that needs it
    return models.athena_backends[caller.account][caller.region]
