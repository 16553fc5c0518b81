"""A collection is as patient as its configuration says, in whichever process it reads."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.support.collecting import table
from tests.support.patient import Waited

from gluepot.collector.reading.frames import OTHER, send
from gluepot.collector.reading.messages import End, Told
from gluepot.collector.reading.process import ProcessReader
from gluepot.collector.settings import setup_of
from gluepot.config import from_mapping
from gluepot.waiting.patience import patient, using
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from tests.support.collecting import Collector

    from gluepot_sandbox.aws import Emulator


@pytest.mark.parametrize("apart", [False, True], ids=["threads", "process"])
def test_without_patience_each_request_is_sent_once(aws: Emulator, run: Collector, *, apart: bool) -> None:
    aws.add(tables=[table("t")], faults=[Fault(FaultKind.ERROR, operation="GetTables")])
    found = run(apart=apart, patience=0)
    assert found.problems == [("failed", "")]
    assert len(aws.calls("GetTables")) == 1


def test_a_reader_is_told_how_patient_it_is() -> None:
    config = from_mapping({"patience": 25, "patience_first": 7})
    with patient(config):
        setup = setup_of(config, config.targets())
    assert (setup.patience, setup.patience_first) == (25, 7)


def test_what_the_reading_process_waits_for_is_told_here() -> None:
    pipe = io.BytesIO()
    end = End(job=3, calls=1, waited=0.5)
    for message in (Told("waiting for glue"), end):
        send(pipe, OTHER, msgspec.msgpack.encode(message))
    pipe.seek(0)
    reader = object.__new__(ProcessReader)  # without its process
    reader._out = pipe
    waited = Waited()
    with using(waited.patience):
        assert reader.next() == end
    assert waited.told == ["waiting for glue"]
