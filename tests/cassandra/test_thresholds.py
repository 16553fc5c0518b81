"""What the server says of its thresholds, and what is asked for after that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support import cqlproxy

from gluepot.cassandra.errors import Fault, allowed, kind_of, limited

if TYPE_CHECKING:
    from tests.support.cqlproxy import Fails


@pytest.mark.parametrize(
    ("told", "rows_and_bytes", "setting"),
    [
        (cqlproxy.TOO_MANY_ROWS, (20, 0), "page_size_fail_threshold"),
        (cqlproxy.TOO_LARGE, (0, 102_400 // 2), "coordinator_read_size_fail_threshold"),
        (cqlproxy.TOO_LARGE_LOCALLY, (0, 1_055_424 // 2), "local_read_size_fail_threshold"),
        (cqlproxy.TOMBSTONES, (0, 0), "tombstone_failure_threshold"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_threshold_says_how_much_may_be_asked_for_and_which_setting_it_is(
    told: Fails, rows_and_bytes: tuple[int, int], setting: str
) -> None:
    """Of bytes half: the server counts others than those that it sends."""
    error = Exception(told.message)
    assert kind_of(error) is Fault.LIMIT
    assert allowed(error) == rows_and_bytes
    assert f"raise {setting} on the nodes" in limited("k.t", error).hint
