"""A crawler's file, and data for it to crawl, in an emulated AWS."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from tests.support.emulated import leads_to

from gluepot.crawler import crawl
from gluepot.crawler.readfile import from_mapping
from gluepot_sandbox import aws as emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from gluepot.aws.clients import Clients
    from gluepot.crawler.crawlerfile import CrawlerFile
    from gluepot.crawler.running import Crawled
    from gluepot_sandbox.aws import Emulator

BUCKET = "our-lake"
REGION = "eu-central-1"
ORDERS: dict[str, list[Any]] = {"id": [1, 2], "name": ["a", "b"], "price": [1.5, 2.5], "tags": [["x"], ["y"]]}
PEOPLE = b"id,name,born,height\n1,ann,1990,1.7\n2,bob,1985,\n"
EVENTS = b'{"id": 1, "who": {"name": "ann"}, "n": [1, 2]}\n{"id": 3000000000, "who": {"name": null}, "n": []}\n'

_KEPT: dict[tuple[str, str], Any] = {}


def client(aws: Emulator, service: str) -> Any:
    """Make a client of a service once for each emulator."""
    key = (aws.url, service)
    if key not in _KEPT:
        _KEPT[key] = aws.client(service, region=REGION)
    return _KEPT[key]


class CrawlBench:
    """An account with a bucket, and one crawler's file.

    Args:
        aws: The emulated AWS, empty.
        keys: What the file has beside name, database and one target.
    """

    def __init__(self, aws: Emulator, **keys: Any) -> None:
        self.aws = aws
        self.s3, self.glue, self.iam = (client(aws, name) for name in ("s3", "glue", "iam"))
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.file = self.plan(**keys)

    def plan(self, **keys: Any) -> CrawlerFile:
        """Make the crawler's file."""
        target = {"path": f"s3://{BUCKET}/raw", "exclude": ["**.bak"]}
        self.file = from_mapping({"name": "landing", "database": "raw", "targets": [target], **keys})
        return self.file

    @property
    def clients(self) -> Clients:
        """The account, opened once for all tests of a module: loading botocore's models takes longer than a test."""
        key = (self.aws.url, "account")
        if key not in _KEPT:
            _KEPT[key] = crawl.open_account(self.file)
        return _KEPT[key]  # type: ignore[no-any-return] # it was put there just now

    def put(self, key: str, body: bytes | dict[str, list[Any]]) -> None:
        """Put an object: bytes as they are, columns as Parquet."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body if isinstance(body, bytes) else parquet(body))

    def fill(self) -> None:
        """Put the usual data."""
        self.put("raw/orders/day=2026-01-01/a.parquet", ORDERS)
        self.put("raw/orders/day=2026-01-02/a.parquet", ORDERS)
        self.put("raw/people/p.csv", PEOPLE)
        self.put("raw/events/e.json", EVENTS)
        self.put("raw/events/old.bak", b"not to be read")

    def apply(self, *, force: bool = False) -> dict[str, str]:
        """Apply; gives what became of each kind."""
        done = crawl.apply(self.file, self.clients, force=force)
        return {one.resource.kind: one.outcome for one in done}

    def actions(self) -> dict[str, str]:
        """Plan; gives what would become of each kind."""
        return {one.resource.kind: one.action for one in crawl.plan(self.file, self.clients).changes}

    def run(self) -> Crawled:
        """Crawl."""
        return crawl.run(self.file, self.clients)

    def crawled(self) -> dict[str, str]:
        """Crawl; gives what became of each table."""
        return {one.table.name: one.change for one in self.run().changes}

    def table(self, name: str) -> dict[str, Any]:
        """Read a table's record."""
        return dict(self.glue.get_table(DatabaseName="raw", Name=name)["Table"])

    def columns(self, name: str) -> dict[str, str]:
        """Read a table's columns."""
        return {one["Name"]: one["Type"] for one in self.table(name)["StorageDescriptor"]["Columns"]}

    def partitions(self, name: str) -> list[list[str]]:
        """Read a table's partitions."""
        found = self.glue.get_partitions(DatabaseName="raw", TableName=name)["Partitions"]
        return [one["Values"] for one in found]


def parquet(columns: dict[str, list[Any]]) -> bytes:
    """Write columns as a Parquet file."""
    body = io.BytesIO()
    pq.write_table(pa.table(columns), body)
    return body.getvalue()


def filled(server: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[CrawlBench]:
    """Give an emptied account with data in it, to which the environment leads; no answer of it was invalid."""
    server.reset(emulator.Settings())
    leads_to(server, monkeypatch, REGION)
    made = CrawlBench(server)
    made.fill()
    yield made
    assert server.invalid() == []
