"""User-defined functions of Glue, which moto does not know; engines keep their own functions in them, too.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog-functions.html
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from gluepot_sandbox.aws import listing
from gluepot_sandbox.aws.answers import RefusalError
from gluepot_sandbox.aws.catalog import Catalog, Scope
from gluepot_sandbox.aws.glue import part

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot_sandbox.aws.glue import GlueCall
    from gluepot_sandbox.aws.state import State

Functions = dict[str, dict[str, Any]]


def create(state: State, call: GlueCall) -> dict[str, Any]:
    """Keep a function."""
    given = call.parameters["FunctionInput"]
    name, there = _name(given), _of(state, call, str(call.parameters["DatabaseName"]))
    if name in there:
        raise RefusalError("AlreadyExistsException", f"Function {name} already exists.")
    there[name] = _record(call, given, time.time())
    return {}


def get(state: State, call: GlueCall) -> dict[str, Any]:
    """Give one function."""
    return {"UserDefinedFunction": _find(state, call)}


def get_all(state: State, call: GlueCall) -> dict[str, Any]:
    """Give a page of the functions of a database, or of all, whose names match a pattern."""
    catalog = Catalog(state, Scope(call.catalog_id, call.region))
    asked = call.parameters.get("DatabaseName")
    pattern, kind = listing.read_expression(call.parameters.get("Pattern")), call.parameters.get("FunctionType")
    found = [
        function
        for database in ([str(asked)] if asked else catalog.database_names())
        for name, function in sorted(_of(state, call, database).items())
        if (pattern is None or pattern.fullmatch(name)) and kind in {None, function.get("FunctionType")}
    ]
    page, following = part(state, call, found, listing.PAGE_MAXIMUM)
    return {"UserDefinedFunctions": page, **({"NextToken": following} if following else {})}


def update(state: State, call: GlueCall) -> dict[str, Any]:
    """Put another definition in a function's place; another name in it renames the function."""
    old, there = _find(state, call), _of(state, call, str(call.parameters["DatabaseName"]))
    given = {"FunctionName": old["FunctionName"], **call.parameters["FunctionInput"]}
    if given["FunctionName"] != old["FunctionName"] and given["FunctionName"] in there:
        raise RefusalError("AlreadyExistsException", f"Function {given['FunctionName']} already exists.")
    del there[old["FunctionName"]]
    there[given["FunctionName"]] = _record(call, given, old["CreateTime"])
    return {}


def delete(state: State, call: GlueCall) -> dict[str, Any]:
    """Forget a function."""
    name = _find(state, call)["FunctionName"]
    del _of(state, call, str(call.parameters["DatabaseName"]))[name]
    return {}


OPERATIONS: Final[dict[str, Callable[[State, GlueCall], dict[str, Any]]]] = {
    "CreateUserDefinedFunction": create,
    "GetUserDefinedFunction": get,
    "GetUserDefinedFunctions": get_all,
    "UpdateUserDefinedFunction": update,
    "DeleteUserDefinedFunction": delete,
}


def _of(state: State, call: GlueCall, database: str) -> Functions:
    """Give the functions of a database; of one that is dropped and made again there are none."""
    catalog = Catalog(state, Scope(call.catalog_id, call.region))
    made = catalog.created(database)
    if made is None:
        raise RefusalError("EntityNotFoundException", f"Database {database} not found.")
    return state.functions.setdefault((call.catalog_id, call.region, database, made), {})


def _find(state: State, call: GlueCall) -> dict[str, Any]:
    name = str(call.parameters["FunctionName"])
    found = _of(state, call, str(call.parameters["DatabaseName"])).get(name)
    if found is None:
        raise RefusalError("EntityNotFoundException", f"Function {name} not found.")
    return found


def _name(given: dict[str, Any]) -> str:
    if not given.get("FunctionName"):
        raise RefusalError("InvalidInputException", "FunctionName is required")
    return str(given["FunctionName"])


def _record(call: GlueCall, given: dict[str, Any], created: float) -> dict[str, Any]:
    place = {"DatabaseName": str(call.parameters["DatabaseName"]), "CatalogId": call.catalog_id}
    return {"FunctionType": "REGULAR_FUNCTION", **given, **place, "CreateTime": round(created, 3)}
