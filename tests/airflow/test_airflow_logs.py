"""What tasks log, and what ends in Airflow's database, holds no credential that a source or a service has told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.airflow.logs import log
from gluepot.airflow.taskerrors import event_of
from gluepot.errors import SourceError

if TYPE_CHECKING:
    import pytest

TOLD = "table t of postgresql://reader:Tr0ub4dor3x@h/d"
SHOWN = "table t of postgresql://reader:***@h/d"


def test_the_log_of_tasks_is_redacted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        log.info("%s: about %s rows", TOLD, 5)
    assert caplog.messages == [f"{SHOWN}: about 5 rows"]


def test_the_event_of_a_trigger_is_redacted() -> None:
    assert event_of(SourceError(TOLD, TOLD, "ask"))["error"]["why"] == SHOWN
