"""What a real node sends, from CQL to Arrow."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.cqlsamples import SAMPLES, hold, written

from gluepot.cassandra.frames import raw


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_what_is_written_in_cql_is_read_as_arrow(session: Any, keyspace: str, name: str) -> None:
    query = written(SAMPLES[name], session, keyspace)
    hold(SAMPLES[name], raw(session).execute(query).one())
