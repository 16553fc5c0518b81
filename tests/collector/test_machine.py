"""What becomes of a run whose machine runs short, or ends the process that reads for it."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections import UserDict
from typing import TYPE_CHECKING, Any, cast

import pytest
from tests.support.collecting import REGION, table

from gluepot.aws.access import Access
from gluepot.cli.reporting import guarded
from gluepot.collector.collect import Options, collect
from gluepot.collector.extract.manifest import find_manifests
from gluepot.collector.reading import process
from gluepot.collector.reading.messages import Failed, Job, Setup, Target
from gluepot.collector.reading.process import ProcessReader
from gluepot.collector.reading.reader import ThreadReader
from gluepot.config import from_mapping
from gluepot.errors import GluepotError, MachineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.collecting import Collector

    from gluepot_sandbox.aws import Emulator

SETUP = Setup(targets=(Target(access=Access(), regions=(REGION,)),))


def too_much() -> bytearray:
    """Ask for more memory than there is."""
    return bytearray(1 << 62)


def raising(error: Exception) -> Callable[[], int]:
    def command() -> int:
        raise error

    return command


def test_a_reading_process_that_is_killed_ends_the_run_and_the_next_one_is_whole(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t")])

    def kill(listing: Any) -> None:
        listing._dispatcher._reader._child.kill()

    with pytest.raises(MachineError, match="has ended before its time: it was killed") as caught:
        collect(from_mapping(run.mapping()), options=Options(apart=True, progress=kill))
    assert caught.value.exit_code == 6
    assert "concurrency" in caught.value.hint
    assert not find_manifests(run.output)
    assert list(run.state.glob("*.sqlite")) == []
    assert [path.name for path in run.output.iterdir()] == [".gluepot.lock"]
    assert run(apart=True).names("TABLE") == ["t"]


@pytest.mark.parametrize(
    ("end", "kind", "said"),
    [
        ("kill -KILL $$", MachineError, "it was killed, as the system does where memory runs out"),
        ("kill -SEGV $$", MachineError, "SIGSEGV ended it"),
        (f"exit {MachineError.exit_code}", MachineError, "this machine ran short of memory"),
        ("exit 1", GluepotError, "its exit code is 1"),
    ],
)
def test_the_way_in_which_the_reading_process_ended_is_told(end: str, kind: type[GluepotError], said: str) -> None:
    child = subprocess.Popen(["sh", "-c", end], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.wait()
    process._prestarted.append(child)
    with pytest.raises(GluepotError, match=said) as caught:
        ProcessReader(SETUP)
    assert type(caught.value) is kind


def test_a_thread_of_the_reading_process_that_fails_ends_it() -> None:
    """The parent would wait for ever for what is left of it."""
    code = "from gluepot.collector.reading.child import _until_closed as u; u(lambda: bytearray(1 << 62)); print('on')"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (MachineError.exit_code, "", "")


class Short(UserDict[str, Any]):
    """Parameters that need more memory than there is."""

    def keys(self) -> Any:
        """Ask for it."""
        return too_much()


@pytest.mark.usefixtures("aws")
def test_a_scope_whose_answer_takes_too_much_memory_is_named() -> None:
    reader, short = ThreadReader(SETUP), cast("Any", Short(a=1))
    reader.submit(Job(target=0, region=REGION, kind="tables", where="database d", parameters=short))
    event = reader.next()
    reader.close()
    assert isinstance(event, Failed)
    error = event.error()
    assert str(error) == "database d could not be read: memory ran out"
    assert "concurrency" in error.hint


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "memory ran out"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "memory ran out"),
        (OSError(errno.EMFILE, "Too many open files"), "too many files are open"),
        (OSError(errno.ENOSPC, "No space left on device"), "a disk is full"),
        (RuntimeError("can't start new thread"), "no more threads may be started"),
    ],
)
def test_what_a_machine_runs_short_of_is_no_bug(
    capsys: pytest.CaptureFixture[str], error: Exception, said: str
) -> None:
    assert guarded(raising(error), as_json=False) == MachineError.exit_code
    told = capsys.readouterr().err
    assert told.startswith("error: this machine ran short")
    assert said in told
    assert "bug" not in told


@pytest.mark.parametrize("error", [RuntimeError("else"), OSError(errno.EBADF, "x"), OSError("plain")])
def test_anything_else_is_one_still(capsys: pytest.CaptureFixture[str], error: Exception) -> None:
    assert guarded(raising(error), as_json=False) == 1
    assert "this is a bug" in capsys.readouterr().err


def test_memory_that_runs_out_in_a_command_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(lambda: len(too_much()), as_json=False) == MachineError.exit_code
    assert "memory ran out" in capsys.readouterr().err
