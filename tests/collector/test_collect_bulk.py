"""Pages staged in bulk, here or in the reading process, give the very rows that each table by itself gives."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.support.collecting import REGION, Collector, database

from gluepot.collector.bulk import Bulk, stage_page
from gluepot.collector.context import Seconds
from gluepot.collector.generation import Generation
from gluepot.collector.reading.child import Pump
from gluepot.collector.reading.frames import BULK, OTHER, receive, split_page
from gluepot.collector.reading.messages import End, Page, Terms
from gluepot.glue.records import DatabaseRef
from gluepot.glue.tables import Tables
from gluepot.mask.credentials import Redactor
from gluepot_sandbox.aws import RawTable, Seed, SeedDatabases

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.collecting import Outcome

    from gluepot_sandbox import aws as emulator

PLACE = DatabaseRef(
    server="s", partition="aws", region=REGION, account="1", catalog="", catalog_id="1", database="db"
)  # fmt: skip
PLAIN = (
    b'{"Name":"%s","UpdateTime":1,"StorageDescriptor":{"Columns":[{"Name":"a","Type":"int"}],"Location":"s3://b/x"}}'
)


def page(*tables: bytes) -> bytes:
    return b'{"TableList":[%s]}' % b",".join(tables)


def rows(result: Outcome) -> list[tuple[str, ...]]:
    return sorted(tuple(row.values()) for family in ("METADATA", "LINKAGES") for row in result.rows(family))


def entries(home: Path) -> list[Any]:
    (path,) = home.glob("state/*_generation_*.sqlite")
    generation = Generation(path)
    found = [(one.place.key, entry) for one in generation.databases() for entry in generation.tables(one.id)]
    generation.close()
    return sorted(found, key=lambda item: (item[0], item[1].name))


def test_every_way_gives_the_same_rows_and_the_same_generation(
    aws: emulator.Emulator, tmp_path: Path, make: Any
) -> None:
    """Plain pages, and pages with a view, a credential, a quote and a table twice among them."""
    odd = (
        PLAIN.replace(b"%s", b'it\\u0027s a \\"quote\\"'),
        PLAIN.replace(b"%s", b"twice"),
        PLAIN.replace(b"%s", b"twice"),
        b'{"Name":"v","TableType":"VIRTUAL_VIEW","ViewOriginalText":"SELECT 1"}',
        b'{"Name":"p","Parameters":{"password":"hunter2hunter2"},"StorageDescriptor":{"Columns":[{"Name":"a","Type":"int"}]}}',
    )
    aws.add(
        seeds=(Seed((SeedDatabases(count=30, tables=120, columns=12),), region=REGION),),
        databases=(database("odd"), database("double")),
        raw_tables=tuple(RawTable(database="odd", body=body) for body in odd)
        + tuple(RawTable(database="double", body=PLAIN.replace(b"%s", name)) for name in (b"one", b"two", b"one")),
    )
    by_table = make("by-table")(tables={"exclude": ["no_table_has_this_name"]})
    here, apart = make("here")(), make("apart")(apart=True, concurrency=16)
    assert len(by_table.rows("METADATA")) > 30 * 120 * 12
    assert rows(here) == rows(by_table) == rows(apart)
    kept = [entries(tmp_path / name) for name in ("by-table", "here", "apart")]
    assert kept[0] == kept[1] == kept[2]
    for result in (by_table, here, apart):
        assert len([warned for warned in result.manifest.warnings if "twice" in warned.message]) == 2


@pytest.fixture
def make(tmp_path: Path) -> Any:
    def maker(name: str) -> Collector:
        (tmp_path / name).mkdir()
        return Collector(tmp_path / name)

    return maker


@pytest.mark.parametrize(
    "odd",
    [
        b'{"Name":"v","TableType":"VIRTUAL_VIEW","ViewOriginalText":"SELECT 1"}',
        PLAIN.replace(b"%s", b"t").replace(b'"int"', b'"struct<"'),
        PLAIN.replace(b"%s", b"t").replace(b'"UpdateTime":1', b'"IsRegisteredWithLakeFormation":true'),
        PLAIN.replace(b"%s", b"t").replace(b"s3://b/x", b"s3://AKIAIOSFODNN7EXAMPLE:secret@b/x"),
        b'{"Name":"t","Future":1}',
        b"7",
    ],
)
def test_a_page_with_anything_that_is_not_plain_is_left_to_the_careful_way(odd: bytes) -> None:
    tables = Tables(Redactor(), None)
    for body, is_plain in ((page(PLAIN % b"a"), True), (page(PLAIN % b"a", odd), False)):
        bulk = stage_page(tables, Terms(PLACE), body, Seconds(), clean=tables.is_clean(body))
        assert (bulk is not None) == is_plain


class Backlog:
    """A reader whose events all wait already, so that the parent is behind from the start."""

    def __init__(self, events: list[Any]) -> None:
        self._events = events
        self._idle = threading.Event()

    def waiting(self) -> int:
        """Count what is left."""
        return len(self._events)

    def next(self) -> Any:
        """Give the next event; when there is none, wait for ever, as a reader does."""
        if not self._events:
            self._idle.wait()
        return self._events.pop(0)


def test_the_end_of_a_job_never_overtakes_its_pages() -> None:
    """Pages are staged by a second thread; whatever it is at work on goes out before its job's end."""
    jobs = 200
    events: list[Any] = []
    for job in range(jobs):
        body = page(*(PLAIN % b"t%d" % number for number in range(20)))
        events += [Page(job, body), Page(job, body), End(job, 1, 0.0)]
    out = io.BytesIO()
    pump = Pump(Backlog(events), Redactor(), out)  # type: ignore[arg-type] # a reader as far as the pump asks
    pump.terms.update({job: Terms(PLACE) for job in range(jobs)})
    for work in (pump.run, pump.help):
        threading.Thread(target=work, daemon=True).start()
    sent, ended, kinds = dict.fromkeys(range(jobs), 0), 0, set()
    position = 0
    while ended < jobs:
        frame = receive(io.BytesIO(out.getvalue()[position:]))
        if frame is None:
            continue
        kind, body = frame
        position += 5 + len(body)
        kinds.add(kind)
        if kind == OTHER:
            end = msgspec.msgpack.decode(body, type=End)
            assert sent[end.job] == 2
            ended += 1
        else:
            job, _, rest = split_page(body)
            sent[job] += 1
            if kind == BULK:
                assert len(msgspec.msgpack.decode(rest, type=Bulk).entries) == 20
    assert BULK in kinds
