"""Read what the runs left as anybody would: manifests with `json`, rows with `csv`, objects with boto3."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gluepot_sandbox.catalog.tables import LANDING, REGION

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot_sandbox.aws import Emulator

Row = dict[str, str]


@dataclass(frozen=True)
class Run:
    """A run that was pushed.

    Args:
        folder: Where its files are.
        manifest: Its manifest's name.
        said: What the manifest says.
    """

    folder: Path
    manifest: str
    said: dict[str, Any]

    def rows(self, family: str) -> list[Row]:
        """Read its rows of one family; none where it has no such file.

        Args:
            family: METADATA, LINKAGES or EVENTS.
        """
        found: list[Row] = []
        for entry in self.said["files"]:
            if entry["family"] == family:
                with (self.folder / entry["name"]).open(encoding="utf-8", newline="") as file:
                    found += csv.DictReader(file, delimiter="|")
        return found

    def names(self) -> list[str]:
        """Name its files, the manifest last."""
        return [*sorted(entry["name"] for entry in self.said["files"]), self.manifest]

    def altered(self) -> list[str]:
        """Name the files that are not what the manifest says of them."""
        return [
            entry["name"]
            for entry in self.said["files"]
            if hashlib.sha256((self.folder / entry["name"]).read_bytes()).hexdigest() != entry["sha256"]
        ]


def runs(home: Path) -> list[Run]:
    """Give the runs that were pushed, in their order."""
    folder = home / "output" / "pushed"
    found = sorted(folder.glob("MANIFEST_*.json"))
    return [Run(folder, path.name, json.loads(path.read_text(encoding="utf-8"))) for path in found]


def mark(home: Path) -> str:
    """Read the high-water mark."""
    return (home / "marks" / "glue_hwm.txt").read_text(encoding="utf-8").strip()


def arrived(aws: Emulator) -> dict[str, bytes]:
    """Read what lies at the landing, by its names there."""
    return {key.rpartition("/")[2]: body for key, body in objects(aws, LANDING).items()}


def objects(aws: Emulator, bucket: str) -> dict[str, bytes]:
    """Read every object of a bucket."""
    s3: Any = aws.client("s3", region=REGION)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def of_type(rows: list[Row], *types: str) -> list[Row]:
    """Keep the rows with one of the object types."""
    return [row for row in rows if row["OBJECT_TYPE"] in types]


def short(object_id: str) -> str:
    """Write an ARN of Glue as what tells its objects apart: `database/table#column`."""
    return object_id.partition(":table/")[2] or object_id.partition(":database/")[2] or object_id
