"""Where a plan file's statements run in Athena."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.athena.place import Place
from gluepot.loader.stack.names import names

if TYPE_CHECKING:
    from gluepot.loader.core.planfile import PlanFile


def place_of(file: PlanFile, *, workgroup: str = "", results: str = "") -> Place:
    """Say where a plan file's statements run.

    Args:
        file: The plan file; `[aws]` names workgroup and results, or has defaults that `gluepot aws apply` makes.
        workgroup: In place of the plan file's.
        results: In place of the plan file's, `s3://BUCKET/PREFIX`.
    """
    own = names(file)
    return Place(
        region=own.region,
        workgroup=workgroup or own.workgroup,
        output=f"{(results or own.results).rstrip('/')}/",
        database=file.target.database,
    )
