"""What the records below a table's location say of its loads."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from gluepot.cassandra.cql import Range
from gluepot.lake.commit import layout
from gluepot.plan.identity import Latest, age
from gluepot.plan.records import RangeRecord

if TYPE_CHECKING:
    from gluepot.lake.commit.store import Store


def latest(store: Store) -> Latest | None:
    """Find the newest load of a location; None where there is none."""
    ids = [name.rstrip("/") for name in store.folders(layout.OWN) if name.endswith("/")]
    return next((found for name in sorted(ids, key=age, reverse=True) if (found := load(store, name))), None)


def load(store: Store, load_id: str) -> Latest | None:
    """Read what there is of a load; None where it has not begun. Whether its run has ended is not asked."""
    record = store.read(layout.load_key(layout.checked_id(load_id)), layout.LoadRecord)
    if record is None:
        return None
    found = Latest(load_id, record.digest, is_done=False, began=record.started, adds=record.mode == "append")
    found = replace(found, together=frozenset(record.together))
    done = store.read(layout.done_key(load_id), layout.Committing)
    if done is not None:
        return replace(found, is_done=True, last=datetime.fromisoformat(done.committed), run=done.run)
    times = [found.modified for found in store.list(layout.ranges_folder(load_id))]
    last = max((time for time in times if time), default=datetime.fromisoformat(record.started))
    return replace(found, last=last, finished=len(times), run=load_id)


def finished(store: Store, load_id: str) -> dict[Range, RangeRecord]:
    """Read the records of a load's finished ranges."""
    keys = [found.key for found in store.list(layout.ranges_folder(load_id))]
    return {Range(record.start, record.end): record for record in store.read_all(keys, RangeRecord)}
