"""SearchTables: tables of every database that the caller may read, by text and by filters.

https://docs.aws.amazon.com/glue/latest/webapi/API_SearchTables.html
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot_sandbox.aws import glue, listing, records
from gluepot_sandbox.aws.answers import RefusalError
from gluepot_sandbox.aws.catalog import Catalog, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gluepot_sandbox.aws.answers import Answer
    from gluepot_sandbox.aws.glue import GlueCall
    from gluepot_sandbox.aws.listing import Record
    from gluepot_sandbox.aws.state import State

MOST: Final = 10_000
"""Tables that a search finds: it is no way to list a large catalog."""

PAGE: Final = 1000
_WORDS: Final = re.compile(r"[^\W_]+")
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    "EQUALS": lambda left, right: left == right,
    "GREATER_THAN": lambda left, right: left > right,
    "LESS_THAN": lambda left, right: left < right,
    "GREATER_THAN_EQUALS": lambda left, right: left >= right,
    "LESS_THAN_EQUALS": lambda left, right: left <= right,
}


def answer(state: State, call: GlueCall) -> Answer:
    """Answer a page of the tables that match."""
    found = list(islice((record for record in _readable(state, call) if _matches(call, record)), MOST))
    for criterion in call.parameters.get("SortCriteria") or ():
        field, falling = str(criterion.get("FieldName", "Name")), criterion.get("Sort") == "DESC"
        found.sort(key=lambda record: _sortable(msgspec.json.decode(record.body).get(field)), reverse=falling)
    page, following = glue.part(state, call, found, PAGE)
    return glue.listed(b"TableList", [record.body for record in page], following)


def _sortable(value: object) -> tuple[bool, float, str]:
    """Sort numbers as numbers, what is not there first."""
    return (value is not None, value if isinstance(value, int | float) else 0, str(value))


def _readable(state: State, call: GlueCall) -> Iterator[Record]:
    """Give the tables that the caller may read, of its own catalog and, where it asks, of those shared with it."""
    scopes = [Scope(call.catalog_id, call.region)]
    if call.parameters.get("ResourceShareType") in {"ALL", "FOREIGN"}:
        shares = {share.owner for share in state.settings.shares if share.to == call.account}
        own = scopes if call.parameters["ResourceShareType"] == "ALL" else []
        scopes = [*own, *(Scope(owner, call.region) for owner in sorted(shares))]
    for scope in scopes:
        catalog = Catalog(state, scope)
        for name in catalog.database_names():
            if glue.may_read(state, call.account, scope, name):
                yield from _tables(state, call, catalog, name)


def _tables(state: State, call: GlueCall, catalog: Catalog, database: str) -> Iterator[Record]:
    rules = glue.rules_of(state, call, database)
    for segment in catalog.table_segments(database):
        for start in range(0, segment.size, listing.PAGE_MAXIMUM):
            for record in segment.render(start, min(segment.size, start + listing.PAGE_MAXIMUM)):
                left = records.filtered(record, rules)
                if left is not None and not left.raw:
                    yield left


def _matches(call: GlueCall, record: Record) -> bool:
    table = msgspec.json.decode(record.body)
    text = str(call.parameters.get("SearchText") or "")
    filters = call.parameters.get("Filters") or ()
    return _holds(table, text) and all(_meets(table, one) for one in filters)


def _holds(table: dict[str, Any], text: str) -> bool:
    """Look for a text among a table's texts; one in quotes is a whole text."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1] in set(_texts(table))
    return not text or any(text.lower() in one.lower() for one in _texts(table))


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _meets(table: dict[str, Any], predicate: dict[str, Any]) -> bool:
    """Hold one property against a predicate: times are compared, texts found by their words."""
    key, wanted = str(predicate.get("Key", "")), str(predicate.get("Value", ""))
    value = table.get(key, (table.get("Parameters") or {}).get(key))
    if value is None:
        return False
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _COMPARE[str(predicate.get("Comparator", "EQUALS"))](value, _number(wanted))
    return str(value) == wanted or wanted.lower() in _WORDS.findall(str(value).lower())


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise RefusalError("InvalidInputException", f"{text} is no number of seconds") from None
