"""Names that Glue folds to lower case, by what botocore's model says of each member of a call.

The model says so in words: "For Hive compatibility, this is folded to lowercase when it is stored". Calls about
partitions, statistics and functions name the same databases and tables without these words.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot_sandbox.aws import validation

if TYPE_CHECKING:
    from gluepot_sandbox.aws.front import Request
    from gluepot_sandbox.aws.glue import GlueCall

WORDS: Final = "lowercase"
ALIKE: Final = frozenset({"DatabaseName", "TableName", "TablesToDelete"})
"""Members of calls to a catalog that name databases and tables."""


def folded(request: Request, call: GlueCall) -> tuple[Request, GlueCall]:
    """Give a call with the names that Glue stores, in the request, too, where that changes it."""
    shape = validation.input_shape("glue", call.operation)
    if shape is None:
        return request, call
    parameters = _folded(shape, dict(call.parameters), whole="CatalogId" in shape.members)
    if parameters == call.parameters:
        return request, call
    return request._replace(body=msgspec.json.encode(parameters)), call._replace(parameters=parameters)


def _folded(shape: Any, value: Any, *, whole: bool) -> Any:  # noqa: ANN401 - botocore ships no types
    if shape.type_name != "structure" or not isinstance(value, dict):
        return value
    marked = _marked(shape)
    return {
        name: _lower(member)
        if name in marked or (whole and name in ALIKE)
        else _folded(shape.members[name], member, whole=False)
        if name in shape.members
        else member
        for name, member in value.items()
    }


def _lower(value: Any) -> Any:  # noqa: ANN401 - a name, or a list of names
    return [_lower(one) for one in value] if isinstance(value, list) else str(value).lower()


@functools.cache
def _marked(shape: Any) -> frozenset[str]:  # noqa: ANN401 - botocore ships no types
    """Name the members of a structure of which the model says that they are folded."""
    members = shape.members.items()
    return frozenset(
        name for name, member in members if member.type_name == "string" and _says(member.documentation or "")
    )


def _says(text: str) -> bool:
    return "Hive" in text and WORDS in text
