"""Whether each account and region answers, and which IAM permission is missing: five calls each, nothing changed.

A permission to ask after one thing is tried with a name that does not exist: EntityNotFound proves it, and that is
the very answer on which deletions rest. Lake Formation may answer AccessDenied for what is absent (Glue developer
guide, "GetTable", and the Lake Formation guide, "Implicit permissions"); so a refusal is tried again with a name
that exists, which tells a missing permission from that habit.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from gluepot.aws.lenientjson import loads
from gluepot.collector.access.policy import missing_permission
from gluepot.collector.notices import Patterns, another_account
from gluepot.collector.reading.messages import Job, Page
from gluepot.collector.reading.reader import ThreadReader
from gluepot.collector.settings import account_id_of, catalog_ref, setup_of
from gluepot.errors import DeniedError, MalformedError, ScopeError, VanishedError
from gluepot.glue.databases import read_database
from gluepot.glue.shapes import database_records
from gluepot.mask.credentials import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gluepot.collector.reading.messages import Event
    from gluepot.config import Account, Config, Globs
    from gluepot.glue.records import DatabaseRef

ABSENT: Final = "gluepot_check_absent"
"""What no database and no table is called."""

NO_PROOF: Final = "without it deletions are proven only by listing"
NO_CATALOGS: Final = "without it nobody says which nested catalogs there are that are not configured"
HABIT: Final = (
    "answers AccessDenied for what is absent, as Lake Formation does: there, deletions are proven only by listing"
)
PROBES: Final = ("GetTables", "GetDatabase", "GetTable")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at.

    Args:
        where: Server and region, or what of the configuration.
        what: The IAM action, or the configuration's key.
        status: `ok`; `limited`, where it works and something remains unknown; `not tried`; `warning`, where it works
            and is most likely not meant; or what is wrong:
            `denied`, `throttled`, `credentials`, `federation`, `malformed`, `failed`.
        detail: What was seen.
        action: The IAM action that is missing.
        resource: The ARN on which it is missing.
        hint: What to do.
    """

    where: str
    what: str
    status: str
    detail: str = ""
    action: str = ""
    resource: str = ""
    hint: str = ""


class _Ask(msgspec.Struct, frozen=True):
    """One call: the kind of the reader's job, its parameters, and what it reads, for people."""

    kind: Literal["identity", "catalogs", "databases", "tables", "database", "table"]
    parameters: dict[str, Any]
    where: str


_Answer = bytes | ScopeError
_Asking = Generator[_Ask, _Answer, list[Line]]


def access_lines(config: Config) -> list[Line]:
    """Try every account and region of a configuration.

    Raises:
        ConfigError: A reference to a secret leads nowhere.
    """
    accounts = config.targets()
    setup = setup_of(config, accounts)
    redactor = Redactor(setup.known)
    reader = ThreadReader(setup)
    try:
        probe = _Probe(config, redactor)
        regions = [account.regions[0] for account in accounts]
        identities = _drive(reader, [(i, regions[i], probe.account(account)) for i, account in enumerate(accounts)])
        tasks = [
            (index, region, probe.region(account, region))
            for index, account in enumerate(accounts)
            for region in account.regions
        ]
        found = iter(_drive(reader, tasks))
    finally:
        reader.close()
    lines = [
        line
        for account, lines in zip(accounts, identities, strict=True)
        for line in (*lines, *(line for _ in account.regions for line in next(found)))
    ]
    return [*lines, *probe.unmatched()]


def _drive(reader: ThreadReader, tasks: Iterable[tuple[int, str, _Asking]]) -> list[list[Line]]:
    """Run generators that ask: each question becomes a job, all of them are under way at once."""
    running = list(tasks)
    done: list[list[Line]] = [[] for _ in running]
    bodies: dict[int, bytes] = {}

    def resume(at: int, answer: _Answer | None) -> None:
        target, region, asking = running[at]
        try:
            ask = asking.send(answer)  # type: ignore[arg-type] # None starts a generator
        except StopIteration as end:
            done[at] = end.value
            return
        waiting.add(at)
        reader.submit(
            Job(id=at, target=target, region=region, kind=ask.kind, parameters=ask.parameters, where=ask.where, pages=1)
        )

    waiting: set[int] = set()
    for at in range(len(running)):
        resume(at, None)
    while waiting:
        event: Event = reader.next()
        if isinstance(event, Page):
            bodies[event.job] = event.body
            continue
        waiting.discard(event.job)
        body = bodies.pop(event.job, b"{}")
        resume(event.job, event.error() if hasattr(event, "error") else body)
    return done


class _Probe:
    """What is asked, and what the answers mean."""

    def __init__(self, config: Config, redactor: Redactor) -> None:
        self._config = config
        self._redactor = redactor
        self._identities: dict[Account, str] = {}
        self._patterns = Patterns("databases", config.databases)
        self._whole = True

    def unmatched(self) -> list[Line]:
        """Say which patterns match no database, where each catalog's databases came on one page."""
        told = self._patterns.warnings("databases") if self._whole else ()
        return [warning("the configuration", "databases", text) for text in told]

    def account(self, account: Account) -> _Asking:
        """Ask who this is; the roles are assumed on the way."""
        where = account.server or "the caller"
        answer = yield _Ask("identity", {}, f"the identity of {where}")
        roles = [step.arn for step in account.roles]
        if isinstance(answer, ScopeError):
            return [*self._roles(where, roles, answer)]
        decoded = msgspec.json.decode(answer)
        self._identities[account] = str(decoded["Account"])
        lines = [Line(where=where, what="sts:AssumeRole", status="ok", detail=arn) for arn in roles]
        lines.append(Line(where=where, what="sts:GetCallerIdentity", status="ok", detail=str(decoded["Arn"])))
        other = another_account(account.server, account_id_of(account) or self._identities[account])
        return [*lines, *([warning(where, "server", other)] if other else [])]

    def _roles(self, where: str, roles: list[str], error: ScopeError) -> Iterable[Line]:
        """Tell the chain up to the role that was refused."""
        refused = getattr(error, "resource", "")
        if error.what.find(refused) < 0 or refused not in roles:
            refused = next((arn for arn in roles if arn in error.what), "")
        for arn in roles:
            if arn == refused:
                yield self._wrong(where, "sts:AssumeRole", error, resource=arn)
                return
            yield Line(where=where, what="sts:AssumeRole", status="ok", detail=arn)
        yield self._wrong(where, "sts:GetCallerIdentity", error)

    def region(self, account: Account, region: str) -> _Asking:
        """Ask what a run asks, for one database and one table."""
        identity = self._identities.get(account)
        where = f"{account.server or (f'{identity}_glue' if identity else 'the caller')} in {region}"
        if identity is None:
            self._whole = False
            return [_untried(where, name, "the account cannot be reached") for name in ("GetDatabases", *PROBES)]
        asked = catalog_ref(account, identity, region, account.server)
        catalog = {"CatalogId": asked.catalog_id} if asked.catalog_id else {}
        answer = yield _Ask("databases", catalog, f"the databases of {where}")
        if isinstance(answer, ScopeError):
            self._whole = False
            wrong = self._refused(where, "GetDatabases", answer, asked, None)
            return [wrong, *(_untried(where, name, "no database is known") for name in PROBES)]
        names = self._names(answer, asked)
        lines = [Line(where=where, what="glue:GetDatabases", status="ok", detail=_listed(len(names)))]
        if self._saw(answer) == 0:
            lines.append(warning(where, "regions", f"there is no database in {region}: is it the right region?"))
        database = next((name for name in names if self._config.databases.matches(name)), "")
        table = ""
        if database:
            answer = yield _Ask("tables", {**catalog, "DatabaseName": database}, f"the tables of {database}")
            lines.append(self._tables(where, answer, asked, database))
            table = _first_table(answer)
        else:
            lines.append(_untried(where, "GetTables", "there is no database to try it with"))
        lines.append((yield from self._database(where, asked, catalog, database)))
        if database:
            lines.append((yield from self._table(where, asked, {**catalog, "DatabaseName": database}, table)))
        else:
            lines.append(_untried(where, "GetTable", "there is no database to try it with"))
        if not asked.catalog:
            lines.append((yield from self._catalogs(where, asked)))
        return lines

    def _catalogs(self, where: str, asked: DatabaseRef) -> Generator[_Ask, _Answer, Line]:
        parent = {"ParentCatalogId": asked.catalog_id} if asked.catalog_id else {}
        asking = {**parent, "Recursive": True, "HasDatabases": True}
        answer = yield _Ask("catalogs", asking, f"the nested catalogs of {where}")
        if not isinstance(answer, ScopeError):
            return Line(where=where, what="glue:GetCatalogs", status="ok", detail="names nested catalogs")
        refused = self._refused(where, "GetCatalogs", answer, asked, None)
        return msgspec.structs.replace(refused, status="limited", detail=NO_CATALOGS)

    def _tables(self, where: str, answer: _Answer, asked: DatabaseRef, database: str) -> Line:
        if isinstance(answer, ScopeError):
            return self._refused(where, "GetTables", answer, asked, database)
        return Line(where=where, what="glue:GetTables", status="ok", detail=f"tried with {database}")

    def _database(
        self, where: str, asked: DatabaseRef, catalog: dict[str, Any], existing: str
    ) -> Generator[_Ask, _Answer, Line]:
        absent = _absent(self._config.databases)
        answer = yield _Ask("database", {**catalog, "Name": absent}, f"database {absent}")
        if isinstance(answer, DeniedError) and existing:
            again = yield _Ask("database", {**catalog, "Name": existing}, f"database {existing}")
            if not isinstance(again, ScopeError):
                return _limited(where, "GetDatabase")
        return self._proof(where, "GetDatabase", answer, asked, (existing or absent, None))

    def _table(
        self, where: str, asked: DatabaseRef, scope: dict[str, Any], existing: str
    ) -> Generator[_Ask, _Answer, Line]:
        absent, database = _absent(self._config.tables), str(scope["DatabaseName"])
        answer = yield _Ask("table", {**scope, "Name": absent}, f"table {absent} of {database}")
        if isinstance(answer, DeniedError) and existing:
            again = yield _Ask("table", {**scope, "Name": existing}, f"table {existing} of {database}")
            if not isinstance(again, ScopeError):
                return _limited(where, "GetTable")
        return self._proof(where, "GetTable", answer, asked, (database, None))

    def _proof(
        self, where: str, operation: str, answer: _Answer, asked: DatabaseRef, target: tuple[str, str | None]
    ) -> Line:
        if not isinstance(answer, ScopeError) or isinstance(answer, VanishedError):
            return Line(where=where, what=f"glue:{operation}", status="ok", detail="proves deletions")
        refused = self._refused(where, operation, answer, asked, target[0])
        if not isinstance(answer, DeniedError):
            return refused
        return msgspec.structs.replace(refused, detail=NO_PROOF)

    def _refused(self, where: str, operation: str, error: ScopeError, asked: DatabaseRef, database: str | None) -> Line:
        catalog = asked.catalog_id or asked.account
        _, resource = missing_permission(operation, asked.region, catalog, asked.partition, database)
        return self._wrong(where, f"glue:{operation}", error, resource=resource)

    def _wrong(self, where: str, what: str, error: ScopeError, resource: str = "") -> Line:
        denied = isinstance(error, DeniedError)
        named = (error.action, error.resource) if isinstance(error, DeniedError) and error.action else (what, "")
        action, on = (what, resource) if named[0] == what and resource else named
        clean = self._redactor.redact
        return Line(
            where=where,
            what=what,
            status=error.reason,
            detail=clean(error.why or error.what),
            action=action if denied else "",
            resource=on if denied else "",
            hint="" if denied and what.startswith("glue:") else clean(error.hint),
        )

    def _saw(self, body: bytes) -> int | None:
        """Hold a page's names against the filter, and count them; None where more pages follow."""
        for _, record in database_records(body):
            if isinstance(record, dict):
                self._patterns.saw(str(record.get("Name", "")))
        page = loads(body)
        self._whole = self._whole and not page.get("NextToken")
        return None if page.get("NextToken") else len(page.get("DatabaseList") or ())

    def _names(self, body: bytes, asked: DatabaseRef) -> list[str]:
        """List the databases of a page that the account owns and that are no links."""
        names = []
        for _, record in database_records(body):
            try:
                database = read_database(record, asked, self._redactor)
            except MalformedError:
                continue
            if database.place.account == asked.account and database.target is None:
                names.append(database.place.database)
        return names


def warning(where: str, what: str, text: str) -> Line:
    """Say what is most likely not meant."""
    return Line(where=where, what=what, status="warning", detail=text)


def _listed(count: int) -> str:
    return {0: "no database of its own", 1: "1 database"}.get(count, f"{count} databases on the first page")


def _first_table(answer: _Answer) -> str:
    """Name a table of a page that was read."""
    if isinstance(answer, ScopeError):
        return ""
    tables = loads(answer).get("TableList") or [{}]
    return str(tables[0].get("Name", ""))


def _absent(globs: Globs) -> str:
    """Invent a name that the configuration would read, so that a policy made for it answers."""
    pattern = globs.include[0].rpartition(".")[2] if globs.include else "*"
    return re.sub(r"\[.*?\]", "x", pattern).replace("*", ABSENT).replace("?", "x")


def _untried(where: str, operation: str, why: str) -> Line:
    return Line(where=where, what=f"glue:{operation}", status="not tried", detail=why)


def _limited(where: str, operation: str) -> Line:
    return Line(where=where, what=f"glue:{operation}", status="limited", detail=HABIT)
