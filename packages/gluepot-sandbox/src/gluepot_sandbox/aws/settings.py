"""What the emulated AWS is told to be: accounts, roles, shares, faults, seeded catalogs.

Every value is a frozen struct, so that settings travel as JSON between a test and the emulator's own process.
Patterns are shell globs (`*`, `?`, `[ab]`), matched with case.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from gluepot_sandbox.aws.jobs.settings import GlueJobs

DEFAULT_ACCOUNT = "123456789012"  # moto's own default, so that both agree without being told
DEFAULT_REGION = "us-east-1"


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The base of all settings: immutable, and an unknown key is an error."""


class Role(Setting, frozen=True):
    """A role that STS hands out.

    Args:
        arn: `arn:aws:iam::ACCOUNT:role/NAME`.
        external_id: Demanded from the caller when not empty.
        trusts: Who may assume it: account ids, ARNs of users or roles, or globs of ARNs; empty trusts everybody.
        max_session_seconds: The role's `MaxSessionDuration`.
    """

    arn: str
    external_id: str = ""
    trusts: tuple[str, ...] = ()
    max_session_seconds: int = 3600


class Share(Setting, frozen=True):
    """Databases of `owner` that `to` may list and read (Resource Access Manager, Lake Formation)."""

    owner: str
    to: str
    database: str = "*"
    region: str = "*"


class Grant(Setting, frozen=True):
    """A Glue resource policy: `to` may use the whole catalog `catalog_id`."""

    catalog_id: str
    to: str


class LakeFormation(Setting, frozen=True):
    """What Lake Formation leaves out for some principals, without a word.

    Args:
        database: Glob of the databases concerned.
        region: Glob of the regions concerned.
        account: Glob of the account that calls.
        principal: Glob of the caller's ARN.
        hide_database: The database itself is left out.
        tables: Globs of tables left out.
        columns: Globs of columns left out of the tables that remain.
        registered: These tables say `IsRegisteredWithLakeFormation: true`.
        refusal: What GetTable and GetDatabase answer for what is left out.
    """

    database: str = "*"
    region: str = "*"
    account: str = "*"
    principal: str = "*"
    hide_database: bool = False
    tables: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    registered: bool = False
    refusal: str = "AccessDeniedException"


class FaultKind(StrEnum):
    """What goes wrong."""

    ERROR = "error"  # any code, status and message; a 500 InternalServiceException unless told otherwise
    THROTTLE = "throttle"
    RESET = "reset"  # the connection, before any byte of the answer; the call itself was done
    CUT = "cut"  # the connection too, before anything was done
    TRUNCATE = "truncate"  # Content-Length of the whole body, half of it sent
    TRUNCATE_SILENT = "truncate_silent"  # Content-Length of what was sent: only the JSON tells
    EMPTY_PAGE = "empty_page"  # no records, and a token that continues where the page would have begun
    MALFORMED = "malformed"  # status 200 and no JSON
    DENIED = "denied"
    NOT_FOUND = "not_found"
    FEDERATION = "federation"
    EXPIRED = "expired"  # the token, though it is not
    HANG = "hang"  # `seconds` of silence, then the answer


UNANSWERED = frozenset({FaultKind.RESET, FaultKind.CUT})


class Fault(Setting, frozen=True):
    """One rule of what fails, and when.

    A call that matches is counted; the first `skip` go through; of the others each `every`-th fails, with
    `probability`, until `times` have failed.

    Args:
        kind: What goes wrong.
        operation: Glob of the operation; S3 calls are named by their HTTP method.
        service: Glob of the service as it is signed: `glue`, `sts`, `s3`, ...
        account: Glob of the account that calls.
        region: Glob of the region of the call.
        database: Glob of the database that is named (GetDatabase: its name).
        table: Glob of the table that is named.
        path: S3: glob of bucket and key, `bucket/folder/*.parquet`; a `*` goes across slashes.
        query: S3: glob of the query, which tells the calls of one method apart: `*partNumber=*`, `uploads*`.
        continued: True for pages with a token only, False for first pages only.
        skip: Matching calls that go through first.
        every: Of the calls after those, each `every`-th.
        times: How many fail in all; None for no end.
        probability: Chance of each, drawn from `seed` and the number of the call.
        seed: For `probability`.
        code: Error code, for `error`; S3 says InternalError unless told otherwise.
        status: HTTP status, for `error`.
        message: Replaces the message of any error kind.
        seconds: For `hang`.
        keep: Share of the body that is sent, for the two truncations.
    """

    kind: FaultKind
    operation: str = "*"
    service: str = "glue"
    account: str = "*"
    region: str = "*"
    database: str = "*"
    table: str = "*"
    path: str = "*"
    query: str = "*"
    continued: bool | None = None
    skip: int = 0
    every: int = 1
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    code: str = "InternalServiceException"
    status: int = 500
    message: str = ""
    seconds: float = 1.0
    keep: float = 0.5


class Throttle(Setting, frozen=True):
    """A token bucket for each account, region and operation of Glue: `rate` calls a second, `burst` at once."""

    rate: float
    burst: float = 1.0
    operation: str = "*"


class SeedDatabases(Setting, frozen=True):
    """A run of simulated databases, rendered when asked for, never held.

    Args:
        prefix: Database `i` is named `prefix` and `i` in six digits.
        count: Databases.
        tables: Tables in each, named `table_` and seven digits.
        columns: Columns of each table; two partition keys come on top.
        seed: Varies versions and times.
        revision: Added to VersionId, with a later UpdateTime and a changed parameter, of each `changed_every`-th table.
        changed_every: 0 changes none.
        dropped_every: Each such table is not there; 0 drops none.
    """

    prefix: str = "db_"
    count: int = 1
    tables: int = 100
    columns: int = 30
    seed: int = 0
    revision: int = 0
    changed_every: int = 0
    dropped_every: int = 0


class Seed(Setting, frozen=True):
    """Simulated databases of one catalog; `catalog_id` is `account` unless it names a nested catalog."""

    databases: tuple[SeedDatabases, ...]
    account: str = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION
    catalog_id: str = ""


class ExtraTable(Setting, frozen=True):
    """A table record added to a listing: `record` is as GetTables answers; gaps are filled; it is checked."""

    database: str
    record: dict[str, object]
    catalog_id: str = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION


class ExtraDatabase(Setting, frozen=True):
    """A database record added to the listing, as `ExtraTable`."""

    record: dict[str, object]
    catalog_id: str = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION


class RawTable(Setting, frozen=True):
    """Bytes put into a table listing as they are, unchecked: whatever a hostile or future Glue may answer.

    Args:
        database: Where it is listed; the database need not exist otherwise.
        body: The bytes between two commas of TableList.
        name: GetTable answers to this name; empty reads it from `body` where that is possible.
        catalog_id: Whose catalog.
        region: Where.
    """

    database: str
    body: bytes
    name: str = ""
    catalog_id: str = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION


class RawDatabase(Setting, frozen=True):
    """Bytes put into a database listing, as `RawTable`."""

    body: bytes
    name: str = ""
    catalog_id: str = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION


class Settings(Setting, frozen=True):
    """Everything the emulator can be told; each field can be changed while it runs.

    Args:
        accounts: Access key id -> account.
        users: Access key id -> user name in the caller's ARN (`emulator` otherwise).
        strict: Refuse roles that are not declared, and access keys that are neither declared nor issued.
        roles: Roles that STS knows.
        credentials_seconds: Life of issued credentials, whatever was asked for; None for what was asked for.
        credentials_calls: Issued credentials die after so many calls; None for never.
        expire_early: Advertise the expiration that was asked for, and die earlier all the same.
        shares: Databases shared between accounts.
        grants: Catalogs opened to other accounts.
        lake_formation: What is left out, for whom.
        faults: What fails; all rules are counted, the first that strikes decides.
        throttles: Token buckets; the first rule whose operation matches counts.
        latency_ms: Milliseconds added to each Glue call.
        latency_of: Milliseconds by operation instead (STS and S3 too), for example `{"AssumeRole": 50}`; those of
            `Crawl` and `QueryExecution` are how long a crawl, and a statement in Athena, take at least.
        page_size: The most records on a page, whatever MaxResults says; Glue's own maximum is 100.
        page_token_seconds: Life of a page token; None for no end.
        glue_jobs: How runs of Glue jobs are carried out.
        seeds: Simulated catalogs.
        databases: Further database records.
        tables: Further table records.
        raw_databases: Raw database records.
        raw_tables: Raw table records.
        validate: Check every answer made here against botocore's service model.
        record: Keep a list of the calls.
    """

    accounts: dict[str, str] = {}
    users: dict[str, str] = {}
    strict: bool = False
    roles: tuple[Role, ...] = ()
    credentials_seconds: float | None = None
    credentials_calls: int | None = None
    expire_early: bool = False
    shares: tuple[Share, ...] = ()
    grants: tuple[Grant, ...] = ()
    lake_formation: tuple[LakeFormation, ...] = ()
    faults: tuple[Fault, ...] = ()
    throttles: tuple[Throttle, ...] = ()
    latency_ms: float = 0.0
    latency_of: dict[str, float] = {}
    page_size: int = 100
    page_token_seconds: float | None = None
    glue_jobs: GlueJobs = GlueJobs()
    seeds: tuple[Seed, ...] = ()
    databases: tuple[ExtraDatabase, ...] = ()
    tables: tuple[ExtraTable, ...] = ()
    raw_databases: tuple[RawDatabase, ...] = ()
    raw_tables: tuple[RawTable, ...] = ()
    validate: bool = True
    record: bool = True


class Call(Setting, frozen=True):
    """One call as it was answered.

    Args:
        service: As it was signed.
        operation: For S3, the HTTP method.
        account: The caller's account.
        principal: The caller's ARN.
        region: From the signature's scope.
        catalog_id: As it was sent; empty when it was not.
        database: The database named.
        table: The table named.
        continued: It carried a page token.
        time: Seconds since 1970 when it arrived.
        status: HTTP status; 0 for a connection that was reset.
        error: Error code; empty for none.
        fault: The kind of the injected fault; empty for none.
        path: For S3, the path.
    """

    service: str
    operation: str
    account: str
    principal: str
    region: str
    catalog_id: str
    database: str
    table: str
    continued: bool
    time: float
    status: int
    error: str
    fault: str
    path: str
