"""Generations that release 0.1.0 wrote, and the catalog that they are of."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support.collecting import REGION

from gluepot_sandbox.aws import ExtraTable

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE: Final = Path(__file__).parents[1] / "collector" / "generations"
MARK: Final = "2030-01-01 00:00:00"
ACCOUNTS: Final = ("123456789012", "111111111111")


def catalog(*without: str) -> Sequence[ExtraTable]:
    """Give the catalog's tables, of both accounts, but for some names."""
    cases = json.loads((HERE / "catalog.json").read_text())
    records = [case["record"] for case in cases if case["record"]["Name"] not in without]
    return [
        ExtraTable("lake", {"VersionId": "1", **record}, catalog_id=account, region=REGION)
        for account in ACCOUNTS
        for record in records
    ]


def write(name: str, state: Path, prefix: str = "glue") -> Path:
    """Lay a generation of 0.1.0 where a run finds it, under the name and mark that it has."""
    state.mkdir(parents=True, exist_ok=True)
    path = state / f"{prefix}_generation_20300101000000.sqlite"
    path.write_bytes(gzip.decompress((HERE / f"{name}.sqlite.gz").read_bytes()))
    return path
