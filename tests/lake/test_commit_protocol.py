"""The commit as every format has it: what is done when others are first, when answers are lost, when nothing helps."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from tests.support.lakes import planned
from tests.support.patient import Waited

from gluepot.aws.access import Access
from gluepot.errors import ConflictError, CredentialsError, DeniedError, LakeError, RemoteError
from gluepot.lake.commit import layout
from gluepot.lake.commit.account import Account
from gluepot.lake.commit.protocol import RACES, RENEWALS, Change, Visible, commit, conflict
from gluepot.waiting.patience import using

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DONE = Visible(snapshot_id=7, keys=("data/one/a.parquet",), ours=True)
LOST = ConnectionClosedError(endpoint_url="http://glue")


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "x")  # type: ignore[typeddict-item] # no more is looked at


class Memory:
    """A format whose table is a number in memory; `sends` says what becomes of each change that is sent."""

    def __init__(self, *sends: Callable[[Memory], Visible | None], base: int = 0) -> None:
        table = planned()
        record = layout.LoadRecord(
            load_id="one", digest="d", database="db", table=table.name, format="iceberg", mode="replace",
            started=layout.now(), ranges=(), schema={},
        )  # fmt: skip
        self.account = Account(Access(key="a", secret="b"), "eu-west-1")
        self.change = Change(table, record, ())
        self.standing, self.sent, self.discarded = base, 0, 0
        self.held: Visible | None = None
        self._base, self._sends = base, sends

    def read(self) -> int | None:
        """The number."""
        return self.standing

    def found(self, there: int | None) -> Visible | None:
        """What the last send left."""
        assert there == self.standing
        return self.held

    def check_base(self, there: int | None) -> None:
        """Whether the number is the first one."""
        if there != self._base:
            raise conflict(self.change, "it was changed since")

    def send(self, there: int | None) -> Visible | None:
        """What is told, or the last of it."""
        assert there == self._base
        self.sent += 1
        return self._sends[min(self.sent, len(self._sends)) - 1](self)

    def discard(self) -> None:
        """Counted."""
        self.discarded += 1


@pytest.fixture(autouse=True)
def waited() -> Iterator[Waited]:
    """A patience whose seconds pass at once."""
    patient = Waited()
    with using(patient.patience):
        yield patient


def raised(error: Exception, *, held: Visible | None = None) -> Callable[[Memory], Visible | None]:
    def send(form: Memory) -> Visible | None:
        form.held = held
        raise error

    return send


def changed(form: Memory) -> None:
    """Somebody else is first."""
    form.standing += 1


def test_a_change_whose_answer_is_lost_is_sent_once_and_found() -> None:
    form = Memory(raised(LOST, held=DONE))
    assert commit(form) == DONE
    assert (form.sent, form.discarded) == (1, 0)


def test_what_a_twin_has_committed_is_taken_over_and_ones_own_is_discarded() -> None:
    theirs = dataclasses.replace(DONE, ours=False)
    form = Memory(raised(LOST, held=theirs))
    assert commit(form) == theirs
    assert (form.sent, form.discarded) == (1, 1)


def test_somebody_elses_change_is_a_conflict_and_ones_own_is_discarded() -> None:
    form = Memory(changed)
    with pytest.raises(ConflictError, match="load one cannot be committed"):
        commit(form)
    assert (form.sent, form.discarded) == (1, 1)


def test_a_base_that_stands_is_tried_again_and_at_last_given_up() -> None:
    form = Memory(lambda _: None)
    with pytest.raises(LakeError, match=f"others changed it {RACES} times"):
        commit(form)
    assert form.sent == RACES


@pytest.mark.parametrize(
    ("error", "kind", "sent"),
    [
        (refused("AccessDeniedException"), DeniedError, 1),
        (refused("ExpiredTokenException"), CredentialsError, 1 + RENEWALS),
        (OSError("AWS Error ACCESS_DENIED"), DeniedError, 1),
        (ValueError("of pyiceberg's"), LakeError, 1),
    ],
)
def test_an_error_is_said_in_gluepots_words_after_as_many_tries_as_may_help(error: Any, kind: Any, sent: int) -> None:
    form = Memory(raised(error))
    with pytest.raises(kind) as said:
        commit(form)
    assert said.value.__cause__ is error
    assert (form.sent, form.discarded) == (sent, 0)


def test_what_goes_on_failing_in_passing_is_sent_once_between_two_pauses(waited: Waited) -> None:
    form = Memory(raised(LOST))
    with pytest.raises(RemoteError):
        commit(form)
    assert waited.clock.now == pytest.approx(300)
    assert form.sent == len(waited.clock.slept) + 1
