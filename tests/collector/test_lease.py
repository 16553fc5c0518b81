"""One run at a time on a mark, wherever the mark lies: the second says so before it reads, no mark is lost."""

from __future__ import annotations

import http.server
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.support.azurite import server as azurite
from tests.support.landings import ACCESS_KEY, CONTAINER, SECRET_KEY, fresh, losing_answers, opener

from gluepot.collector.holder import Holder, is_gone, this_process
from gluepot.collector.hwm import EPOCH, Marks
from gluepot.collector.lease import LENGTH, Lease, Note, leased
from gluepot.errors import BusyError
from gluepot.landing import LandingOptions, StoreError, from_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.landings import Case

FIRST = "2024-01-01 00:00:00"
ELSEWHERE = Holder(by="somebody on another", table="another machine's", process=7, began="1")
KINDS = ("folder", "s3", "azure key", "memory")


@pytest.fixture(scope="module", params=KINDS)
def places(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[pytest.MonkeyPatch], Case] | None]:
    """One server for all tests of a kind; None for a folder."""
    if request.param == "folder":
        yield None
        return
    with opener(request.param, tmp_path_factory.mktemp("landing")) as opened:
        yield opened


@pytest.fixture
def marks(
    places: Callable[[pytest.MonkeyPatch], Case] | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Marks:
    """Marks at a place where nothing lies yet."""
    return Marks.at(tmp_path / "marks") if places is None else Marks(places(monkeypatch).landing)


def noted(marks: Marks) -> Note:
    """Read what a lease says."""
    place, file = marks.lease("glue")
    there = place.look(file)
    assert there is not None
    assert len(there.body) == LENGTH
    return msgspec.json.decode(there.body, type=Note)


def remove(marks: Marks) -> None:
    """Remove a lease, as somebody who tidies up does."""
    where, (_, file) = marks._where, marks.lease("glue")
    if isinstance(where, Path):
        (where / file).unlink()
    else:
        where.delete(file)


def take(marks: Marks, **more: Any) -> Lease:
    lease = Lease(marks, "glue", **more)
    lease.take()
    assert not lease.warning
    return lease


def ended() -> Holder:
    """Describe a process of this machine that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return msgspec.structs.replace(this_process(), process=process.pid)


def test_the_second_of_two_is_told_who_holds_it_until_it_is_given_back(marks: Marks) -> None:
    first = take(marks)
    with pytest.raises(BusyError, match=r"another run is at work on the mark .*glue_hwm\.txt") as busy:
        take(marks)
    assert busy.value.exit_code == 5
    assert busy.value.why == f"{this_process().by}, process {this_process().process}"
    first.check()
    first.release()
    assert noted(marks).state == "released"
    second = take(marks)
    assert noted(marks).state == "held"
    second.release()


def test_a_process_of_this_machine_that_ended_is_passed_over_at_once(marks: Marks) -> None:
    take(marks, holder=ended())
    lease = take(marks)
    lease.check()
    lease.release()


def test_another_machine_is_passed_over_when_it_has_not_renewed_its_lease(marks: Marks) -> None:
    first = take(marks, holder=ELSEWHERE)
    with pytest.raises(BusyError, match="somebody on another, process 7"):
        take(marks)
    second = take(marks, good=0.0)  # any age is too old
    with pytest.raises(BusyError, match="has taken over") as lost:
        first.check()
    assert "nothing is lost" in lost.value.hint
    with pytest.raises(BusyError, match="has taken over"):
        first.check()
    first.release()
    assert noted(marks).by == this_process().by
    assert noted(marks).state == "held"
    second.check()
    second.release()


def test_a_lease_is_renewed_while_its_holder_works_and_made_anew_where_somebody_removed_it(marks: Marks) -> None:
    lease = take(marks)
    before = noted(marks).beat
    lease.check()
    assert noted(marks).beat == before + 1
    remove(marks)
    lease.check()
    assert noted(marks).state == "held"
    lease.release()


def test_what_nobody_can_read_is_somebodys_until_it_is_old(marks: Marks) -> None:
    place, file = marks.lease("glue")
    assert place.exchange(file, b'{"state": "he')
    with pytest.raises(BusyError):
        take(marks)
    take(marks, good=0.0).release()


def test_of_many_who_move_a_mark_at_once_one_does(marks: Marks) -> None:
    """Even without a lease: a mark is written only where the one that was looked at stands still."""
    ends = [f"2024-01-{day:02d} 00:00:00" for day in range(1, 9)]
    with ThreadPoolExecutor(len(ends)) as pool:
        moved = list(pool.map(partial(marks.move, "glue", EPOCH), ends))
    assert sum(moved) == 1
    assert marks.read("glue") == ends[moved.index(True)]
    assert not marks.move("glue", EPOCH, FIRST)
    assert marks.move("glue", marks.read("glue"), "2025-01-01 00:00:00")


def test_of_many_who_take_a_lease_at_once_one_does(marks: Marks) -> None:
    def tried(_: int) -> Lease | None:
        try:
            return take(marks)
        except BusyError:
            return None

    with ThreadPoolExecutor(8) as pool:
        taken = [lease for lease in pool.map(tried, range(8)) if lease]
    assert len(taken) == 1
    taken[0].check()
    taken[0].release()


def test_it_is_renewed_by_itself(tmp_path: Path) -> None:
    marks = Marks.at(tmp_path)
    lease = take(marks, renewed=0.001)
    while noted(marks).beat < 3:
        pass
    lease.release()


# Who has ended, and who cannot be told.


def test_a_number_that_was_used_again_is_another_process() -> None:
    me = this_process()
    assert not is_gone(me)
    assert is_gone(msgspec.structs.replace(me, began="1"))
    assert is_gone(ended())


def test_an_ended_process_that_nobody_has_waited_for_is_gone() -> None:
    process = subprocess.Popen(["sleep", "60"])
    holder = msgspec.structs.replace(this_process(), process=process.pid, began="")
    assert not is_gone(holder)
    process.kill()
    # its state is read, not waited for: that would make it vanish
    while not is_gone(holder):
        pass
    process.wait()


def test_of_another_process_table_nothing_is_known() -> None:
    assert not is_gone(msgspec.structs.replace(ended(), table="another container's"))
    assert not is_gone(msgspec.structs.replace(ended(), table=""))


# Places that have no leases.


def check_that_runs_go_on_without(marks: Marks, why: str) -> None:
    with leased(marks, "glue") as lease:
        assert lease.warning.startswith(f"no lease can be kept beside {marks.name('glue')} ({why}")
        lease.check()
        with leased(marks, "glue") as other:
            assert other.warning


def test_where_no_lease_can_be_written_there_is_a_warning_and_marks_move_as_ever(tmp_path: Path) -> None:
    (tmp_path / "glue_hwm.lease").mkdir()
    marks = Marks.at(tmp_path)
    check_that_runs_go_on_without(marks, "Is a directory")
    assert marks.move("glue", EPOCH, FIRST)
    assert not marks.move("glue", EPOCH, FIRST)
    assert marks.read("glue") == FIRST


def test_an_access_that_may_only_read_keeps_no_lease(tmp_path: Path) -> None:
    with azurite.running(tmp_path) as server:
        server.create_container(CONTAINER)
        url = server.url(CONTAINER, fresh())
        Marks.at(url, LandingOptions(account_key=azurite.KEY)).write("glue", FIRST)
        marks = Marks.at(url, LandingOptions(sas=azurite.sas(CONTAINER, "r")))
        check_that_runs_go_on_without(marks, "it answered 403")
        with pytest.raises(StoreError):
            marks.move("glue", FIRST, "2025-01-01 00:00:00")


class Plain(http.server.BaseHTTPRequestHandler):
    """A store that looks like S3 and has no conditional writes."""

    kept: dict[str, bytes]

    def do_GET(self) -> None:
        """Give an object."""
        body = self.kept.get(self.path)
        self.answer(404 if body is None else 200, b"<Code>NoSuchKey</Code>" if body is None else body)

    def do_PUT(self) -> None:
        """Keep an object, or say that conditions are not known."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["If-None-Match"] or self.headers["If-Match"]:
            self.answer(501, b"<Code>NotImplemented</Code>")
            return
        self.kept[self.path] = body
        self.answer(200)

    def answer(self, status: int, body: bytes = b"") -> None:
        """Answer."""
        self.send_response(status)
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_store_without_conditional_writes_keeps_marks_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = type("Handler", (Plain,), {"kept": {}})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{server.server_port}")
        marks = Marks(from_url("s3://b/m", LandingOptions(region="us-east-1", key=ACCESS_KEY, secret=SECRET_KEY)))
        check_that_runs_go_on_without(marks, "it answered 501 NotImplemented")
        assert marks.move("glue", EPOCH, FIRST)
        assert marks.read("glue") == FIRST
        server.shutdown()


@pytest.mark.parametrize("lost", [1, 2])
def test_answers_that_are_lost_leave_the_lease_and_the_mark_ours(tmp_path: Path, lost: int) -> None:
    """What was written before its answer was lost is in the way of the second try, and is known as our own."""
    with azurite.running(tmp_path) as server:
        server.create_container(CONTAINER)
        prefix = fresh()
        with losing_answers(server.port, lost=0) as port:
            through = azurite.Azurite(port)
            marks = Marks.at(through.url(CONTAINER, prefix), LandingOptions(account_key=azurite.KEY))
            with leased(marks, "glue"):
                pass
        with losing_answers(server.port, lost=lost) as port:
            marks = Marks.at(azurite.Azurite(port).url(CONTAINER, prefix), LandingOptions(account_key=azurite.KEY))
            with leased(marks, "glue") as lease:
                assert not lease.warning
                lease.check()
                assert marks.move("glue", EPOCH, FIRST)
            assert noted(marks).state == "released"
