"""One statement in Athena: start it, wait for its end, take its answer, and say what it scanned.

The numbered steps are those of https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from gluepot.athena import faults
from gluepot.athena.place import PRIMARY, Place
from gluepot.athena.results import Fetch, fetch
from gluepot.aws.calling import client_of
from gluepot.aws.credentials import session_of
from gluepot.aws.faults import is_expired
from gluepot.backoff import Backoff
from gluepot.errors import ConfigError
from gluepot.waiting.patience import trying_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from gluepot.athena.results import Objects
    from gluepot.aws.credentials import Renewable

T = TypeVar("T")

LOOKS: Final = Backoff(first=0.1, longest=2.0, growth=1.5, jitter=False)
"""Before each look at a statement's state, the first one included."""

STATEMENT_BYTES: Final = 262_144
"""The longest statement that Athena takes, in UTF-8: https://docs.aws.amazon.com/athena/latest/ug/service-limits.html."""

ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a statement answered.

    Args:
        table: Its rows. Scalars have the Arrow type of their SQL type; arrays, maps and rows are Athena's text of them.
        bytes_scanned: What Athena read for it; 0 for DDL, and where an earlier result was used again.
        statement: As it was sent.
        workgroup: Where it ran.
        output: The object that holds the result; empty where Athena keeps results itself.
        query_id: Athena's id of the execution.
        seconds: How long it took, waiting for its turn included.
    """

    table: pa.Table
    bytes_scanned: int
    statement: str
    workgroup: str
    output: str
    query_id: str
    seconds: float = 0.0


class Account(Protocol):
    """An AWS account as statements use it."""

    @property
    def credentials(self) -> Renewable:
        """Credentials that renew themselves."""

    def landing(self, location: str) -> Objects:
        """Open a location in S3."""

    def renew(self) -> None:
        """Throw the credentials away: the service calls them expired."""


class Athena:
    """Runs statements in one workgroup.

    Args:
        account: How AWS is reached.
        place: Where statements run.
    """

    def __init__(self, account: Account, place: Place) -> None:
        self.place = place
        self._account = account
        session = session_of(account.credentials)
        self._client: Any = client_of(session, "athena", place.region or None)

    def run(self, sql: str) -> Answer:
        """Run one statement to its end; interrupted, it is stopped in Athena too.

        Raises:
            ConfigError: The statement, the workgroup or the output location is wrong.
            DeniedError: Athena, Glue, Lake Formation or S3 refused.
            LakeError: It failed or was cancelled.
            ScopeError: Athena was not reached, or throttled for longer than is waited for.
        """
        began = time.monotonic()
        checked(sql)
        query_id = self._start(sql)
        with self._stopped(query_id):
            execution = self._waited(query_id)
        if execution["Status"]["State"] != "SUCCEEDED":
            raise faults.failed(execution, self.place)
        found = Fetch(
            execution=execution,
            page=lambda more: self._call("get_query_results", QueryExecutionId=query_id, **more),
            landing=self._account.landing,
        )
        return Answer(
            table=fetch(found),
            bytes_scanned=execution.get("Statistics", {}).get("DataScannedInBytes", 0),
            statement=sql,
            workgroup=execution.get("WorkGroup", self.place.workgroup),
            output=execution.get("ResultConfiguration", {}).get("OutputLocation", ""),
            query_id=query_id,
            seconds=time.monotonic() - began,
        )

    def _start(self, sql: str) -> str:
        """1. Start; the client adds the token by which a start that is sent twice is one start."""
        more: dict[str, Any] = {"ResultConfiguration": {"OutputLocation": self.place.output}}
        answer = self._call(
            "start_query_execution",
            QueryString=sql,
            WorkGroup=self.place.workgroup,
            QueryExecutionContext={"Database": self.place.database} if self.place.database else {},
            **(more if self.place.output else {}),
        )
        return str(answer["QueryExecutionId"])

    def _waited(self, query_id: str) -> dict[str, Any]:
        """2. Ask for its state, less and less often, until it has ended."""
        turn = 0
        while True:
            LOOKS.wait(turn)
            turn += 1
            execution: dict[str, Any] = self._call("get_query_execution", QueryExecutionId=query_id)["QueryExecution"]
            if execution["Status"]["State"] in ENDED:
                return execution

    @contextlib.contextmanager
    def _stopped(self, query_id: str) -> Iterator[None]:
        """Stop the statement where waiting for it ends early: what runs on is billed."""
        try:
            yield
        except BaseException:
            # who ends it does not wait for a service that is away
            with contextlib.suppress(ClientError, BotoCoreError), trying_once():
                self._client.stop_query_execution(QueryExecutionId=query_id)
            raise

    def _call(self, method: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - botocore's parameters
        """Call; once more with new credentials where these are called expired although they should not be."""
        call = getattr(self._client, method)
        operation = str(self._client.meta.method_to_api_mapping[method])
        try:
            return self._renewing(lambda: dict(call(**given)))
        except (ClientError, BotoCoreError) as error:
            raise faults.refused(error, operation, self.place) from error

    def _renewing(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except ClientError as error:
            if not is_expired(error):
                raise
            self._account.renew()
            return call()


def checked(sql: str) -> None:
    """Look at what can be told before anything is sent.

    Raises:
        ConfigError: There is no statement, or it is too long.
    """
    if not sql.strip():
        raise ConfigError("there is no SQL to run", "", 'gluepot query --athena "SELECT ..." -c plan.toml')
    size = len(sql.encode())
    if size > STATEMENT_BYTES:
        why = f"it has {size:,} bytes, and Athena takes {STATEMENT_BYTES:,}"
        raise ConfigError("the statement is too long for Athena", why, "ask for fewer columns or tables at once")


def run(
    sql: str,
    *,
    account: Account,
    region: str,
    workgroup: str = PRIMARY,
    output: str = "",
    database: str = "",
) -> Answer:
    """Run one statement in Athena, and give its whole answer.

    Args:
        sql: The statement, in Athena's SQL.
        account: How AWS is reached.
        region: Of the workgroup.
        workgroup: Where it runs.
        output: `s3://BUCKET/PREFIX/` for the result; empty where the workgroup says so.
        database: Where tables are that are named without a database.

    Raises:
        GluepotError: As `Athena.run`.
    """
    place = Place(region=region, workgroup=workgroup, output=output, database=database)
    return Athena(account, place).run(sql)
