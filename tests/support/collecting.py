"""What collection tests are written with: a configuration maker, a reader of what was written, records."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import json
import re
from typing import TYPE_CHECKING, Any

import msgspec

from gluepot.collector.collect import Options, collect
from gluepot.collector.extract.k import COLUMNS
from gluepot.collector.extract.manifest import read_manifest, stamp
from gluepot.collector.hwm import EPOCH
from gluepot.config import from_mapping
from gluepot_sandbox import aws as emulator
from gluepot_sandbox.aws import ExtraDatabase, ExtraTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gluepot.collector.collect import Collected
    from gluepot.collector.extract.manifest import Manifest

REGION = "us-east-1"
FOUND = "2020-09-13 12:26:40"
"""When the emulator says that its records were made (1,600,000,000 seconds)."""

Row = dict[str, str]

csv.field_size_limit(2**31 - 1)  # csv's own limit is shorter than what Glue allows for one parameter


class Collector:
    """Runs collections one after the other, a day between their marks.

    Args:
        home: The folder below which it writes.
    """

    def __init__(self, home: Path) -> None:
        """Begin before the first mark."""
        self.home = home
        self.output = home / "output"
        self.state = home / "state"
        self.mark = EPOCH
        self.day = 0

    def mapping(self, **keys: Any) -> dict[str, Any]:
        """Write a configuration."""
        return {"regions": [REGION], "output_path": str(self.output), "hwm": str(self.state), **keys}

    def __call__(
        self, *, start: str = "", end: str = "", full: bool = False, apart: bool = False, **keys: Any
    ) -> Outcome:
        """Collect, from the last run's mark unless told otherwise, to the next day's."""
        self.day += 1
        end = end or f"2030-01-{self.day:02d} 00:00:00"
        found = collect(
            from_mapping(self.mapping(**keys)),
            start=start or self.mark,
            end=end,
            full=full,
            options=Options(apart=apart),
        )
        self.mark = end
        return Outcome(found, end)


class Outcome:
    """What one run wrote, read back the way a user of the files would."""

    def __init__(self, collected: Collected, end: str) -> None:
        """Keep what the run returned."""
        self.collected = collected
        self.end = end

    @property
    def manifest(self) -> Manifest:
        """The only manifest."""
        ((_, manifest),) = self.collected.manifests
        return manifest

    def rows(self, family: str, server: str = "") -> list[Row]:
        """Read the rows of a family, all parts, of all servers or one."""
        return [
            row
            for folder, manifest in self.collected.manifests
            for entry in manifest.files
            if entry.family == family and entry.format == "k" and server in {"", manifest.server}
            for row in read_k(folder / entry.name, family)
        ]

    @property
    def metadata(self) -> list[Row]:
        """The rows of METADATA."""
        return self.rows("METADATA")

    @property
    def events(self) -> list[Row]:
        """The rows of EVENTS."""
        return self.rows("EVENTS")

    @property
    def happened(self) -> set[tuple[str, str]]:
        """The events as (type, last part of the object's id)."""
        return {(row["EVENT_TYPE"], short(row["OBJECT_ID"])) for row in self.events}

    def names(self, *kinds: str) -> list[str]:
        """The names of METADATA's rows of some kinds, sorted."""
        return sorted(row["NAME"] for row in self.metadata if row["OBJECT_TYPE"] in kinds)

    def row(self, name: str, kind: str = "TABLE") -> Row:
        """The one METADATA row with this name."""
        (row,) = [row for row in self.metadata if (row["OBJECT_TYPE"], row["NAME"]) == (kind, name)]
        return row

    @property
    def problems(self) -> list[tuple[str, str]]:
        """What went wrong, as (reason, action), over all servers."""
        return sorted((one.reason, one.action) for _, manifest in self.collected.manifests for one in manifest.problems)

    def verify(self) -> None:
        """Hold the manifests to the files and the files to the contract."""
        for folder, manifest in self.collected.manifests:
            verify_folder(folder, manifest)


def verify_folder(folder: Path, manifest: Manifest) -> None:
    """Check that a run's files are whole, are what the manifest says, and have no company."""
    assert read_manifest(folder / f"MANIFEST_{stamp(manifest.end)}.json") == manifest
    there = {path.name for path in folder.iterdir() if path.is_file() and stamp(manifest.end) in path.name}
    assert there == {entry.name for entry in manifest.files} | {f"MANIFEST_{stamp(manifest.end)}.json"}
    assert "METADATA" in {entry.family for entry in manifest.files}
    ids: list[str] = []
    for entry in manifest.files:
        body = (folder / entry.name).read_bytes()
        assert (len(body), hashlib.sha256(body).hexdigest()) == (entry.bytes, entry.sha256)
        if entry.format != "k":
            continue
        rows = read_k(folder / entry.name, entry.family)
        assert len(rows) == entry.rows
        if entry.family == "METADATA":
            ids += [row["OBJECT_ID"] for row in rows]
    assert len(ids) == len(set(ids)), "an id stands twice"


def read_k(path: Path, family: str) -> list[Row]:
    """Read one file with Python's csv, and check that it keeps to the dialect."""
    body = path.read_bytes()
    text = (gzip.decompress(body) if path.suffix == ".gz" else body).decode("utf-8")
    assert not text.startswith("\ufeff")
    assert text.endswith('"\n')
    with_csv = list(csv.reader(io.StringIO(text, newline=""), delimiter="|"))
    header, *rows = with_csv
    assert tuple(header) == COLUMNS[family]
    again = "".join('"' + '"|"'.join(field.replace('"', '""') for field in row) + '"\n' for row in with_csv)
    assert again == text, "a field is not quoted, or a record does not end in a line feed"
    return [dict(zip(header, row, strict=True)) for row in rows]


def short(object_id: str) -> str:
    """The last part of an id: `db`, `table` or `table#column`."""
    return object_id.rsplit("/", 1)[-1]


def column(name: str, kind: str = "string", **more: object) -> dict[str, object]:
    """Write a column as Glue has it."""
    return {"Name": name, "Type": kind, **more}


def table(name: str, *columns: dict[str, object], database: str = "sales", **more: Any) -> ExtraTable:
    """Write a table of the emulator: `at` is its catalog id, `region` its region; the rest are Glue's members."""
    storage = {"Columns": list(columns or (column("id", "bigint"),)), "Location": f"s3://lake/{database}/{name}/"}
    place = {"catalog_id": more.pop("at", emulator.DEFAULT_ACCOUNT), "region": more.pop("region", REGION)}
    record = {"Name": name, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage, "VersionId": "1", **more}
    return ExtraTable(database, {key: value for key, value in record.items() if value is not None}, **place)


def database(name: str, **more: Any) -> ExtraDatabase:
    """Write a database of the emulator, likewise."""
    place = {"catalog_id": more.pop("at", emulator.DEFAULT_ACCOUNT), "region": more.pop("region", REGION)}
    return ExtraDatabase({"Name": name, **more}, **place)


def everything_below(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Give every file below a folder, gzip taken off, as bytes."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            body = path.read_bytes()
            yield path, gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def decoded(body: bytes) -> bytes:
    """Append what stands in base64 in a file, so that a search finds it there too."""
    found = [body]
    for match in re.finditer(rb"[A-Za-z0-9+/]{24,}={0,2}", body):
        text = match.group()
        for cut in range(4):
            part = text[cut:]
            found.append(base64.b64decode(part[: len(part) // 4 * 4]))
    return b"\n".join(found)


def objects(items: Sequence[Any]) -> list[Any]:
    """Turn settings into what the emulator's `add` and `change` send."""
    return [msgspec.to_builtins(item) for item in items]


def attributes(row: Row) -> dict[str, Any]:
    """Read a row's ATTRIBUTES."""
    found: dict[str, Any] = json.loads(row["ATTRIBUTES"])
    return found
