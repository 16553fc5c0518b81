"""Glue's reading calls, as real Glue answers them: pages, tokens, other accounts, links, Lake Formation."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from gluepot_sandbox.aws import listing, records, tokens
from gluepot_sandbox.aws.answers import Answer, RefusalError
from gluepot_sandbox.aws.catalog import Catalog, Scope
from gluepot_sandbox.aws.listing import Named
from gluepot_sandbox.aws.tokens import Cursor

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping, Sequence

    from gluepot_sandbox.aws.listing import Record, Segment
    from gluepot_sandbox.aws.settings import LakeFormation
    from gluepot_sandbox.aws.state import State

T = TypeVar("T")

DATABASE_ATTRIBUTES = ({"NAME"}, {"NAME", "TARGET_DATABASE"})
TABLE_ATTRIBUTES = ({"NAME"}, {"NAME", "TABLE_TYPE"})
MEMBER_OF = {"NAME": "Name", "TARGET_DATABASE": "TargetDatabase", "TABLE_TYPE": "TableType"}


class GlueCall(NamedTuple):
    """A call of Glue: who asks what, where."""

    operation: str
    account: str
    principal: str
    region: str
    parameters: Mapping[str, Any]

    @property
    def catalog_id(self) -> str:
        """The catalog asked for: the caller's own unless another is named."""
        return str(self.parameters.get("CatalogId") or self.account)


class ResolvedDatabase(NamedTuple):
    """Where a database's tables really are, links followed."""

    catalog: Catalog
    database: str


def get_databases(state: State, call: GlueCall) -> Answer:
    """Answer a page of databases, shared ones included where they are asked for."""
    attributes = _attributes(call, DATABASE_ATTRIBUTES)
    kind = call.parameters.get("ResourceShareType")
    segments: list[Segment] = []
    if kind != "FOREIGN":
        segments += _own_databases(state, call)
    if kind is not None:
        segments.append(_shared_databases(state, call))
    page, following = _page(state, call, segments)
    kept = [record for record in page if record.raw or not _database_rules(state, call, record.name.decode())]
    if kind == "FEDERATED":
        kept = [record for record in kept if b'"FederatedDatabase"' in record.body]
    return listed(b"DatabaseList", _bodies(kept, attributes), following)


def get_database(state: State, call: GlueCall) -> Answer:
    """Answer one database."""
    name = _required(call, "Name")
    hiding = _database_rules(state, call, name)
    if hiding:
        raise _refusal(hiding[0].refusal, f"Database {name}", call)
    require_access(state, call, call.catalog_id, name)
    catalog = Catalog(state, Scope(call.catalog_id, call.region))
    record = catalog.database(name) or catalog.database(name.lower())
    if record is None:
        raise RefusalError("EntityNotFoundException", f"Database {name} not found.")
    return Answer(b'{"Database":' + record.body + b"}")


def get_tables(state: State, call: GlueCall) -> Answer:
    """Answer a page of tables; a database link answers with the tables that it leads to."""
    attributes = _attributes(call, TABLE_ATTRIBUTES)
    resolved = _resolved(state, call)
    segments = resolved.catalog.table_segments(resolved.database)
    page, following = _page(state, call, segments)
    rules = _rules(state, call)
    # pages are cut before Lake Formation filters them: some come short, and even empty with a token
    kept = [left for record in page if (left := records.filtered(record, rules)) is not None] if rules else page
    if call.parameters.get("ResourceShareType") == "FEDERATED":
        kept = [record for record in kept if b'"FederatedTable"' in record.body]
    return listed(b"TableList", _bodies(kept, attributes), following)


def get_table(state: State, call: GlueCall) -> Answer:
    """Answer one table."""
    name = _required(call, "Name")
    resolved = _resolved(state, call)
    record = resolved.catalog.table(resolved.database, name) or resolved.catalog.table(resolved.database, name.lower())
    rules = _rules(state, call)
    hiding = records.hidden_by(rules, name)
    if hiding:
        raise _refusal(hiding.refusal, f"Table {name}", call)
    record = records.filtered(record, rules) if record else None
    if record is None:
        raise RefusalError("EntityNotFoundException", f"Table {name} not found.")
    return Answer(b'{"Table":' + record.body + b"}")


def get_catalogs(state: State, call: GlueCall) -> Answer:
    """Answer a page of the catalogs below an account's own that hold something."""
    parent = str(call.parameters.get("ParentCatalogId") or call.account)
    require_access(state, call, parent, "")
    settings = state.settings
    scopes = {(one.catalog_id, one.region) for one in settings.databases}
    scopes |= {(one.catalog_id, one.region) for one in settings.tables}
    names = sorted(id_ for id_, region in scopes if id_.startswith(f"{parent}:") and region == call.region)
    page, following = _page(state, call, [Named(names, lambda name: records.encode(name, _catalog(name, call.region)))])
    return listed(b"CatalogList", _bodies(page, []), following)


def _catalog(catalog_id: str, region: str) -> dict[str, object]:
    account, _, path = catalog_id.partition(":")
    arn = f"arn:aws:glue:{region}:{account}:catalog/{path}"
    return {"CatalogId": catalog_id, "Name": path.rpartition("/")[2], "ResourceArn": arn}


OPERATIONS: dict[str, Callable[[State, GlueCall], Answer]] = {
    "GetCatalogs": get_catalogs,
    "GetDatabases": get_databases,
    "GetDatabase": get_database,
    "GetTables": get_tables,
    "GetTable": get_table,
}


def empty_page(state: State, call: GlueCall) -> Answer:
    """Answer no records, and a token with which the page can be asked for again: not the end."""
    key = b"TableList" if call.operation == "GetTables" else b"DatabaseList"
    return listed(key, [], _seal(state, call, _cursor(state, call)))


def may_read(state: State, account: str, scope: Scope, database: str) -> bool:
    """Say whether an account may read a database: its own, one of an opened catalog, or a shared one."""
    owner = scope.catalog_id[:12]
    settings = state.settings
    return (
        owner == account
        or any(grant.catalog_id == scope.catalog_id and grant.to == account for grant in settings.grants)
        or any(
            share.owner == owner
            and share.to == account
            and fnmatch.fnmatchcase(database, share.database)
            and fnmatch.fnmatchcase(scope.region, share.region)
            for share in settings.shares
        )
    )


def require_access(state: State, call: GlueCall, catalog_id: str, database: str) -> None:
    """Refuse what `may_read` denies."""
    if not may_read(state, call.account, Scope(catalog_id, call.region), database):
        raise _denied(call, f"arn:aws:glue:{call.region}:{catalog_id}:catalog")


def _denied(call: GlueCall, resource: str) -> RefusalError:
    action = f"glue:{call.operation}"
    return RefusalError(
        "AccessDeniedException",
        f"User: {call.principal} is not authorized to perform: {action} on resource: {resource} "
        f"because no resource-based policy allows the {action} action",
    )


def _refusal(code: str, what: str, call: GlueCall) -> RefusalError:
    if code == "EntityNotFoundException":
        return RefusalError(code, f"{what} not found.")
    return RefusalError(code, f"Insufficient Lake Formation permission(s) on {what.lower()}: {call.operation}")


def _resolved(state: State, call: GlueCall) -> ResolvedDatabase:
    """Find the database named by a call, and follow it where it is a link."""
    name = _required(call, "DatabaseName")
    hiding = _database_rules(state, call, name)
    if hiding:
        raise _refusal(hiding[0].refusal, f"Database {name}", call)
    require_access(state, call, call.catalog_id, name)
    catalog = Catalog(state, Scope(call.catalog_id, call.region))
    found = next((known for known in (name, name.lower()) if catalog.has_database(known)), None)
    if found is None:
        raise RefusalError("EntityNotFoundException", f"Database {name} not found.")
    target = catalog.target(found)
    if target is None:
        return ResolvedDatabase(catalog, found)
    scope, database = target
    if not may_read(state, call.account, scope, database):
        raise _refusal("AccessDeniedException", f"Database {database}", call)
    if not Catalog(state, scope).has_database(database):
        raise RefusalError("EntityNotFoundException", f"Database {database} not found.")
    return ResolvedDatabase(Catalog(state, scope), database)


def _own_databases(state: State, call: GlueCall) -> list[Segment]:
    scope = Scope(call.catalog_id, call.region)
    catalog = Catalog(state, scope)
    if scope.catalog_id[:12] != call.account:
        shared = [share for share in state.settings.shares if (share.owner, share.to) == (scope[0], call.account)]
        if not shared:
            require_access(state, call, scope.catalog_id, "")
    return catalog.database_segments(lambda name: may_read(state, call.account, scope, name))


def _shared_databases(state: State, call: GlueCall) -> Segment:
    """List what others share with the caller, each record with its owner's CatalogId."""
    found: dict[str, tuple[Scope, str]] = {}
    for owner in sorted({share.owner for share in state.settings.shares if share.to == call.account}):
        scope = Scope(owner, call.region)
        for name in Catalog(state, scope).database_names():
            if may_read(state, call.account, scope, name):
                found[f"{owner}/{name}"] = (scope, name)
    return Named(sorted(found), lambda key: Catalog(state, found[key][0]).database(found[key][1]))


def _rules(state: State, call: GlueCall) -> list[LakeFormation]:
    """Find the Lake Formation rules that concern a call's tables."""
    return rules_of(state, call, str(call.parameters.get("DatabaseName", "")))


def _database_rules(state: State, call: GlueCall, name: str) -> list[LakeFormation]:
    return [rule for rule in rules_of(state, call, name) if rule.hide_database]


def rules_of(state: State, call: GlueCall, database: str) -> list[LakeFormation]:
    """Find the Lake Formation rules that concern a database of which a call asks."""
    rules = state.settings.lake_formation
    return [rule for rule in rules if records.matches(rule, call.account, call.principal, call.region, database)]


def _page(state: State, call: GlueCall, segments: Sequence[Segment]) -> tuple[list[Record], str]:
    limit = listing.page_limit(call.parameters.get("MaxResults"), state.settings.page_size)
    pattern: re.Pattern[str] | None = None
    if call.operation == "GetTables":
        pattern = listing.read_expression(call.parameters.get("Expression"))
    page, following = listing.read_page(segments, _cursor(state, call), limit, pattern)
    return page, _seal(state, call, following) if following else ""


def part(state: State, call: GlueCall, found: Sequence[T], most: int) -> tuple[Sequence[T], str]:
    """Cut the page that a call asks for out of all that was found.

    Args:
        state: The emulator's.
        call: The call.
        found: All of it, in order.
        most: How many a page holds where the call does not say.

    Returns:
        The page, and the token of the next one; empty at the end.
    """
    start = int(_cursor(state, call).after or 0)
    end = start + min(int(call.parameters.get("MaxResults") or most), state.settings.page_size)
    return found[start:end], _seal(state, call, Cursor(after=end)) if end < len(found) else ""


def _bound(call: GlueCall) -> str:
    fixed = {key: value for key, value in call.parameters.items() if key not in {"NextToken", "MaxResults"}}
    return tokens.binding(call.operation, call.account, call.region, sorted(fixed.items()))


def _cursor(state: State, call: GlueCall) -> Cursor:
    token = call.parameters.get("NextToken")
    if not token:
        return Cursor()
    return tokens.unseal(state.token_key, _bound(call), str(token), state.settings.page_token_seconds)


def _seal(state: State, call: GlueCall, cursor: Cursor) -> str:
    return tokens.seal(state.token_key, _bound(call), cursor)


def listed(key: bytes, page: Sequence[bytes], following: str) -> Answer:
    """Write the answer that holds a page, and the token of the next one unless that is empty."""
    token = b'],"NextToken":"' + following.encode() + b'"}' if following else b"]}"
    if not page:
        return Answer(b'{"' + key + b'":[' + token)
    first, last = b'{"' + key + b'":[' + page[0], page[-1] + token
    whole = [first, *page[1:-1], last] if len(page) > 1 else [first + token]
    return Answer(b",".join(whole))  # one copy of some 370 KB, not three


def _attributes(call: GlueCall, allowed: Sequence[set[str]]) -> list[str]:
    asked = call.parameters.get("AttributesToGet")
    if asked is None:
        return []
    if set(asked) not in allowed:
        raise RefusalError("InvalidInputException", f"Invalid AttributesToGet: {asked}")
    return list(asked)


def _bodies(page: Sequence[Record], attributes: Sequence[str]) -> list[bytes]:
    return [_project(record, attributes) for record in page] if attributes else [record.body for record in page]


def _project(record: Record, attributes: Sequence[str]) -> bytes:
    """Leave only what `AttributesToGet` names."""
    if record.raw:
        return record.body
    if attributes == ["NAME"]:
        return b'{"Name":' + msgspec.json.encode(record.name.decode()) + b"}"
    whole = msgspec.json.decode(record.body)
    members = [MEMBER_OF[attribute] for attribute in attributes]
    return msgspec.json.encode({member: whole[member] for member in members if member in whole})


def _required(call: GlueCall, key: str) -> str:
    value = call.parameters.get(key)
    if not isinstance(value, str) or not value:
        raise RefusalError("InvalidInputException", f"{key} is required")
    return value


def require_columns(call: GlueCall) -> None:
    """Refuse a table that lists two columns of one name; a partition key may have the name of a column."""
    given = call.parameters.get("TableInput") or {}
    for columns in ((given.get("StorageDescriptor") or {}).get("Columns"), given.get("PartitionKeys")):
        names = [column.get("Name") for column in columns or ()]
        twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
        if twice is not None:
            raise RefusalError("InvalidInputException", f"Duplicate column name: {twice}")


def require_version(state: State, call: GlueCall) -> None:
    """Refuse an UpdateTable whose VersionId is not the table's: clients commit by it, and moto ignores it."""
    expected = call.parameters.get("VersionId")
    if call.operation != "UpdateTable" or expected is None:
        return
    given = call.parameters.get("TableInput") or {}
    catalog = Catalog(state, Scope(call.catalog_id, call.region))
    record = catalog.table(_required(call, "DatabaseName"), str(given.get("Name") or call.parameters.get("Name")))
    if record is not None and msgspec.json.decode(record.body).get("VersionId") != expected:
        message = "Update table failed due to concurrent table modifications."
        raise RefusalError("ConcurrentModificationException", message)
