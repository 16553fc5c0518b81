"""Where statements run: region, workgroup, database, and where Athena is to put results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gluepot.aws.arn import arn

CATALOG: Final = "AwsDataCatalog"
"""What Athena calls the Glue catalog of the account."""

PRIMARY: Final = "primary"
"""The workgroup that every account has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where statements run.

    Args:
        region: Of workgroup and catalog.
        workgroup: The workgroup.
        output: `s3://BUCKET/PREFIX/` where Athena puts results; empty where the workgroup says so. A workgroup that
            enforces its own settings puts them elsewhere.
        database: Where tables are that are named without a database.
    """

    region: str
    workgroup: str = PRIMARY
    output: str = ""
    database: str = ""

    @property
    def arn(self) -> str:
        """The workgroup as IAM policies name it."""
        return arn("athena", f"workgroup/{self.workgroup}", region=self.region, account="*")
