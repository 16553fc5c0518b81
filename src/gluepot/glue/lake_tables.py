"""What a load asks of Glue: databases and tables, one at a time; writes are sent once, with the version they replace.

A write whose answer was lost may have been done. Sending it again with the same version would be refused as a
concurrent change, and pyiceberg would then take its own commit for somebody else's and remove files that the table
needs. So writes are never repeated here: the caller looks what stands, and decides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from gluepot.aws.arn import arn
from gluepot.aws.calling import client_of
from gluepot.aws.credentials import session_of
from gluepot.aws.faults import code_of, is_expired, is_passing, is_throttled, scope_error
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gluepot.aws.credentials import Renewable
    from gluepot.errors import GluepotError

COMMENT_BYTES: Final = 255
"""Of a column's comment (https://docs.aws.amazon.com/glue/latest/webapi/API_Column.html)."""

_CUT: Final = "..."
_NOT_ON_A_LINE: Final = re.compile(r"[^\t\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What Glue's pattern for a single line leaves out."""

Outcome = Literal["expired", "passing", "refused", "other"]
"""What a failed call means: renew and ask again, wait and ask again, fix something, or none of botocore's."""


class LakeTables:
    """Databases and tables of one Glue catalog.

    Args:
        credentials: Renew themselves.
        region: Of the catalog.
    """

    def __init__(self, credentials: Renewable, region: str) -> None:
        session = session_of(credentials)
        self.region = region
        self.reads: Any = client_of(session, "glue", region)
        self.writes: Any = client_of(session, "glue", region, once=True)

    def database(self, name: str) -> dict[str, Any] | None:
        """Read a database; None where there is none.

        Raises:
            ScopeError: Denied, throttled out, unreachable.
        """
        answer = self._asked(
            lambda: self.reads.get_database(Name=name),
            f"database {name}",
            "glue:GetDatabase",
            self._arn(f"database/{name}"),
        )
        return answer["Database"] if answer else None

    def create_database(self, name: str, location: str = "") -> None:
        """Create a database; one that is there already is left as it is.

        Raises:
            ScopeError: Denied, throttled out, unreachable.
        """
        given: dict[str, Any] = {"Name": name, "Description": "made by gluepot"}
        if location:
            given["LocationUri"] = location
        try:
            self.reads.create_database(DatabaseInput=given)
        except self.reads.exceptions.AlreadyExistsException:
            return
        except (ClientError, BotoCoreError) as error:
            resource = self._arn(f"database/{name}")
            raise scope_error(error, f"creating database {name}", "glue:CreateDatabase", resource) from error

    def table(self, database: str, name: str) -> dict[str, Any] | None:
        """Read a table; None where there is none.

        Raises:
            ScopeError: Denied, throttled out, unreachable.
        """
        answer = self._asked(
            lambda: self.reads.get_table(DatabaseName=database, Name=name),
            f"table {database}.{name}",
            "glue:GetTable",
            self._arn(f"table/{database}/{name}"),
        )
        return answer["Table"] if answer else None

    def create_table(self, database: str, given: dict[str, Any]) -> bool:
        """Create a table; False where another process made it first. Sent once: see `outcome` for what is raised."""
        try:
            self.writes.create_table(DatabaseName=database, TableInput=given)
        except self.writes.exceptions.AlreadyExistsException:
            return False
        return True

    def update_table(self, database: str, given: dict[str, Any], version: str) -> bool:
        """Replace a table at a version; False where it has another one by now. Sent once, as `create_table`."""
        try:
            self.writes.update_table(DatabaseName=database, TableInput=given, VersionId=version, SkipArchive=False)
        except self.writes.exceptions.ConcurrentModificationException:
            return False
        return True

    def _arn(self, resource: str) -> str:
        return arn("glue", resource, region=self.region, account="*")

    def _asked(
        self, call: Callable[[], dict[str, Any]], what: str, action: str, resource: str
    ) -> dict[str, Any] | None:
        try:
            return call()
        except self.reads.exceptions.EntityNotFoundException:
            return None
        except (ClientError, BotoCoreError) as error:
            raise scope_error(error, what, action, resource) from error


class CommitClient:
    """The Glue client that pyiceberg is given: reads are repeated, writes are sent once and carry columns' originals.

    Args:
        tables: The clients.
        columns: Per lake column, parameters that its Glue column gets beside pyiceberg's.
    """

    def __init__(self, tables: LakeTables, columns: Mapping[str, Mapping[str, str]]) -> None:
        self._tables = tables
        self._columns = columns
        self.exceptions = tables.reads.exceptions
        self.meta = tables.reads.meta

    def get_table(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - botocore's parameters
        """Read a table."""
        return dict(self._tables.reads.get_table(**given))

    def get_database(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - likewise
        """Read a database."""
        return dict(self._tables.reads.get_database(**given))

    def create_table(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - likewise
        """Create a table."""
        self._describe(given["TableInput"])
        return dict(self._tables.writes.create_table(**given))

    def update_table(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - likewise
        """Replace a table at a version."""
        self._describe(given["TableInput"])
        return dict(self._tables.writes.update_table(**given))

    def _describe(self, table: dict[str, Any]) -> None:
        for column in table["StorageDescriptor"]["Columns"]:
            column.setdefault("Parameters", {}).update(self._columns.get(column["Name"], {}))


def comment(text: str) -> str:
    """Make a text one that Glue takes as a column's comment: one line, not too long, with dots where it is cut."""
    line = " ".join(_NOT_ON_A_LINE.sub(" ", text).split())
    if len(line.encode()) <= COMMENT_BYTES:
        return line
    return line.encode()[: COMMENT_BYTES - len(_CUT)].decode(errors="ignore") + _CUT


def outcome(error: Exception) -> Outcome:
    """Say what a failed call of Glue means; whether a write that failed `passing` was done, nobody knows."""
    if isinstance(error, BotoCoreError):
        return "passing"
    if not isinstance(error, ClientError):
        return "other"
    if is_expired(error):
        return "expired"
    return "passing" if is_throttled(error) or is_passing(error) else "refused"


def refusal(error: Exception, what: str, action: str, resource: str) -> GluepotError:
    """Turn what a write raised into gluepot's own error."""
    if isinstance(error, ClientError) and code_of(error)[0] == "EntityNotFoundException":
        return ConfigError(
            f"{what} was refused", "its database is gone", "create the database, then run the load again"
        )
    if isinstance(error, (ClientError, BotoCoreError)):
        return scope_error(error, what, action, resource)
    raise error
