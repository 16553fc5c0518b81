"""The Iceberg tables of a Glue database, as pyiceberg's catalog gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.io import load_file_io

from gluepot.glue.lake_tables import CommitClient
from gluepot.lake.commit import marks
from gluepot.lake.commit.protocol import Call, patiently

if TYPE_CHECKING:
    from pyiceberg.io import FileIO
    from pyiceberg.table import Table

    from gluepot.lake.commit.account import Account
    from gluepot.plan.table import PlannedTable


class IcebergCatalog:
    """Iceberg tables of one Glue database.

    Args:
        account: How it is reached.
        database: The database.
    """

    def __init__(self, account: Account, database: str) -> None:
        self.account = account
        self.database = database

    def table(self, name: str, planned: PlannedTable | None = None) -> Table | None:
        """Read a table; None where there is none. Its credentials are fresh: take a new one for each long work.

        Args:
            name: Its name.
            planned: The plan that it is to be changed by, if it is.

        Raises:
            LakeError: Its metadata cannot be read.
            ScopeError: Glue or S3 refused.
        """
        call = Call(f"table {self.database}.{name}", "glue:GetTable", self.database, name)

        def read() -> Table | None:
            try:
                return self.connect(planned).load_table((self.database, name))
            except NoSuchTableError:
                return None

        return patiently(self.account, read, lambda: call)

    def io(self, table: Table) -> FileIO:
        """Give what reads a table's files, with credentials that are good now."""
        return load_file_io(self.account.commit_properties(), table.location())

    def connect(self, planned: PlannedTable | None = None) -> GlueCatalog:
        """Give pyiceberg's catalog, with credentials that are good now; its writes carry a plan's columns."""
        client: Any = CommitClient(self.account.glue, marks.originals(planned) if planned else {})
        return GlueCatalog("gluepot", client=client, **self.account.commit_properties())
