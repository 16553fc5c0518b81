"""Frames that a real node has sent, decoded without one."""

from __future__ import annotations

import pytest
from tests.cqlsamples import SAMPLES, hold, recorded


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_recorded_frame_gives_what_was_written(name: str) -> None:
    hold(SAMPLES[name], recorded(name))
