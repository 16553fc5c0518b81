"""Where statements run: region, workgroup, database, and where Athena is to put results."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gluepot.loading.planfile import PlanFile

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
        return f"arn:aws:athena:{self.region}:*:workgroup/{self.workgroup}"


def place_of(file: PlanFile, *, workgroup: str = "", results: str = "") -> Place:
    """Say where a plan file's statements run.

    Args:
        file: The plan file; `[aws]` names workgroup and results, or has defaults that `gluepot aws apply` makes.
        workgroup: In place of the plan file's.
        results: In place of the plan file's, `s3://BUCKET/PREFIX`.
    """
    target, own = file.target, file.aws
    region = target.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    output = results or own.results or f"{target.location.rstrip('/')}/_athena"
    return Place(
        region=region,
        workgroup=workgroup or own.workgroup or own.name or f"gluepot-{target.database}",
        output=f"{output.rstrip('/')}/",
        database=target.database,
    )
