"""A plain Parquet table: one directory of files, swapped as a whole by one UpdateTable.

Athena reads whatever lies in a table's directory, so that no file may ever be in it that no record names. Each attempt
to commit copies the recorded files into a directory of its own, within the store, and points the table at it. The
directory that the table had before stays as it is.
"""

from __future__ import annotations

import random
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gluepot.errors import ConflictError, GluepotError, LakeError
from gluepot.glue.lake_tables import comment, outcome, refusal
from gluepot.lake.commit import layout, marks
from gluepot.lake.commit.store import each
from gluepot.lake.types.typemap import glue_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.lake.commit.account import Account
    from gluepot.lake.commit.layout import LoadRecord
    from gluepot.lake.commit.store import Store
    from gluepot.plan.records import StagedFile
    from gluepot.plan.table import PlannedTable

ATTEMPTS: Final = 8
FIRST_PAUSE: Final = 0.5

_HIVE: Final = "org.apache.hadoop.hive.ql.io.parquet"
_KEPT: Final[tuple[str, ...]] = ("Description", "Owner", "Retention")
"""What a table keeps when its rows are swapped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """What a load does to a Parquet table.

    Args:
        account: How Glue is reached.
        store: The table's location.
        table: The plan.
        load: The load.
        files: What the table is to hold.
    """

    account: Account
    store: Store
    table: PlannedTable
    load: LoadRecord
    files: Sequence[StagedFile]


def commit(swap: Swap) -> tuple[tuple[str, ...], bool]:
    """Make a load visible, or find that it is.

    Returns:
        Keys of the files that the table has, and whether this call made it so.

    Raises:
        ConflictError: Something else came first.
        LakeError: It could not be done; nothing of it is visible.
    """
    there = _there(swap)
    if (held := _held(there, swap)) is not None:
        return held, False
    check_base(there, swap)
    folder = f"{layout.data_folder(swap.load.load_id)}/{secrets.token_hex(8)}"
    each(lambda key: swap.store.copy(key, _copied(folder, key)), [file.key for file in swap.files])
    sent = _send(swap, folder)
    if not sent:
        swap.store.remove([found.key for found in swap.store.list(folder)])
    held = _held(_there(swap), swap)
    return tuple(_copied(folder, file.key) for file in swap.files) if held is None else held, sent


def _send(swap: Swap, folder: str) -> bool:
    """Point the table at a directory; False where a twin has committed the load with another."""
    where = f"table {swap.load.database}.{swap.table.name}"
    for attempt in range(1, ATTEMPTS + 1):
        there = _there(swap)
        if _held(there, swap) is not None:
            return location_of(there) == swap.store.url(folder)
        try:
            check_base(there, swap)
            if _write(swap, there, folder):
                return True
        except ConflictError:
            swap.store.remove([found.key for found in swap.store.list(folder)])
            raise
        except GluepotError:
            raise
        except Exception as error:  # noqa: BLE001 - botocore's: what it means decides whether to ask again
            _wait(swap, error, attempt, where)
    raise LakeError(f"{where} could not be changed", "others changed it time and again", "run the load again")


def _write(swap: Swap, there: dict[str, Any] | None, folder: str) -> bool:
    given = table_input(swap, there, folder)
    if there is None:
        return swap.account.glue.create_table(swap.load.database, given)
    return swap.account.glue.update_table(swap.load.database, given, str(there.get("VersionId", "")))


def _wait(swap: Swap, error: Exception, attempt: int, where: str) -> None:
    means = outcome(error)
    if means == "expired":
        swap.account.renew()
    elif means != "passing" or attempt == ATTEMPTS:
        resource = f"arn:aws:glue:{swap.account.region}:*:table/{swap.load.database}/{swap.table.name}"
        raise refusal(error, f"changing {where}", "glue:CreateTable, glue:UpdateTable", resource) from error
    time.sleep(min(FIRST_PAUSE * 2 ** (attempt - 1), 20) * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret


def check_base(there: dict[str, Any] | None, swap: Swap) -> None:
    """Look whether the table still points where it did when the load began; other changes to it do not matter.

    Raises:
        ConflictError: It does not.
    """
    base = swap.load.base
    before, now = base.location if base else "", location_of(there)
    if before == now:
        return
    if not now:
        why = f"table {swap.table.name} was dropped since"
    elif not before:
        why = f"table {swap.table.name} was created since, by {_who(there)}"
    else:
        why = f"table {swap.table.name} was changed since, by {_who(there)}: it lies at {now} now"
    hint = "what stands is left as it is; to load over it, run again with --no-resume"
    raise ConflictError(f"load {swap.load.load_id} cannot be committed to table {swap.table.name}", why, hint)


def _who(there: dict[str, Any] | None) -> str:
    load = _parameters(there).get(marks.LOAD_ID)
    return f"load {load}" if load else "something else than gluepot"


def table_input(swap: Swap, there: dict[str, Any] | None, folder: str) -> dict[str, Any]:
    """Build the table as Glue takes it.

    Args:
        swap: The load.
        there: The table as Glue has it; None for a new one.
        folder: Key of the directory that it is to point at.
    """
    kept = {key: there[key] for key in _KEPT if there and key in there}
    parameters = {
        **_parameters(there),
        "EXTERNAL": "TRUE",
        "classification": "parquet",
        "parquet.compression": "ZSTD",
        **marks.properties(_parameters(there), swap.table, swap.load.load_id, 0),
    }
    return {
        **kept,
        "Name": swap.table.name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": columns(swap.table),
            "Location": f"{swap.store.url(folder)}/",
            "InputFormat": f"{_HIVE}.MapredParquetInputFormat",
            "OutputFormat": f"{_HIVE}.MapredParquetOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": f"{_HIVE}.serde.ParquetHiveSerDe",
                "Parameters": {"serialization.format": "1"},
            },
        },
    }


def columns(table: PlannedTable) -> list[dict[str, Any]]:
    """Build the columns as Glue takes them."""
    originals = marks.originals(table)
    return [
        {
            "Name": column.name,
            "Type": glue_of(column.type),
            "Parameters": originals[column.name],
            **({"Comment": comment(column.comment)} if column.comment else {}),
        }
        for column in table.columns
    ]


def location_of(there: dict[str, Any] | None) -> str:
    """Give the directory that a table points at, without a slash at its end; empty where there is no table."""
    return str(there.get("StorageDescriptor", {}).get("Location", "")).rstrip("/") if there else ""


def _parameters(there: dict[str, Any] | None) -> dict[str, str]:
    return (there or {}).get("Parameters") or {}


def _there(swap: Swap) -> dict[str, Any] | None:
    return swap.account.glue.table(swap.load.database, swap.table.name)


def _held(there: dict[str, Any] | None, swap: Swap) -> tuple[str, ...] | None:
    """Name the files of the load in the table; none where a later load replaced it, None where it was never in it."""
    parameters = _parameters(there)
    if marks.snapshot_of(parameters, swap.load.load_id) is None:
        return None
    if parameters.get(marks.LOAD_ID) != swap.load.load_id:
        return ()
    folder = location_of(there).removeprefix(f"{swap.store.location}/")
    return tuple(found.key for found in swap.store.list(folder))


def _copied(folder: str, key: str) -> str:
    return f"{folder}/{key.rpartition('/')[2]}"
