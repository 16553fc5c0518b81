"""What passes is waited out by the clock, once, however deep the calls lie; what does not pass fails at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from tests.support.patient import Waited

from gluepot.waiting.patience import (
    PAUSES,
    Patience,
    Verdict,
    current,
    patience_of,
    patient,
    patiently,
    trying_once,
    using,
)
from gluepot.waiting.watch import Wait

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = "glue.eu-west-1.amazonaws.com"


class MetError(Exception):
    """A failure that says itself what it is."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(f"{verdict.value} now")
        self.verdict = verdict


def judge(error: Exception) -> Verdict:
    assert isinstance(error, MetError)
    return error.verdict


class Service:
    """Fails until a time has come, then answers.

    Args:
        waited: Whose clock it looks at.
        verdict: What its failures are.
        until: When it answers; None for never.
    """

    def __init__(self, waited: Waited, verdict: Verdict, until: float | None = None) -> None:
        self.waited, self.verdict, self.until = waited, verdict, until
        self.calls = 0

    def __call__(self) -> int:
        """Fail, or answer with how often it was called."""
        self.calls += 1
        if self.until is None or self.waited.clock.now < self.until:
            raise MetError(self.verdict)
        return self.calls


def spent(waited: Waited, call: Callable[[], object], host: str = HOST) -> float:
    """Run what fails; give the seconds that were waited."""
    began = waited.clock.now
    with pytest.raises(MetError):
        waited.patience.run(call, judge, host=host)
    return waited.clock.now - began


@pytest.mark.parametrize("verdict", [Verdict.PASSING, Verdict.THROTTLED])
def test_three_minutes_of_failures_are_survived_by_a_host_that_was_never_heard(verdict: Verdict) -> None:
    waited = Waited()
    service = Service(waited, verdict, until=180)
    assert waited.patience.run(service, judge, host=HOST) == service.calls
    assert 180 <= waited.clock.now < 300


@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.REFUSED])
def test_three_minutes_without_name_or_connection_are_survived_once_the_host_has_answered(verdict: Verdict) -> None:
    waited = Waited()
    waited.patience.run(lambda: None, judge, host=HOST)
    assert waited.patience.run(Service(waited, verdict, until=180), judge, host=HOST)
    assert 180 <= waited.clock.now < 300


@pytest.mark.parametrize("answer", [Verdict.PASSING, Verdict.THROTTLED])
def test_a_host_that_has_said_anything_is_there(answer: Verdict) -> None:
    waited = Waited()
    tries = iter([answer])

    def call() -> None:
        raise MetError(next(tries, Verdict.UNKNOWN))

    assert spent(waited, call) == pytest.approx(300)


def test_a_host_that_has_refused_something_is_there() -> None:
    waited = Waited()
    assert spent(waited, Service(waited, Verdict.FINAL)) == 0
    assert spent(waited, Service(waited, Verdict.UNKNOWN)) == pytest.approx(300)


@pytest.mark.parametrize(
    ("verdict", "seconds"),
    [
        (Verdict.FINAL, 0),
        (Verdict.UNKNOWN, 0),
        (Verdict.REFUSED, 10),
        (Verdict.PASSING, 300),
        (Verdict.THROTTLED, 300),
    ],
)
def test_a_host_that_never_answers_is_waited_for_by_what_it_meets(verdict: Verdict, seconds: float) -> None:
    waited = Waited()
    service = Service(waited, verdict)
    assert spent(waited, service) == pytest.approx(seconds)
    assert service.calls == len(waited.clock.slept) + 1


@pytest.mark.parametrize("verdict", list(Verdict))
def test_who_only_looks_never_waits_longer_than_for_a_first_connection(verdict: Verdict) -> None:
    waited = Waited()
    brief = waited.patience.brief()
    brief.heard(HOST)
    with pytest.raises(MetError):
        brief.run(Service(waited, verdict), judge, host=HOST)
    assert waited.clock.now < 10.001


def test_without_patience_there_is_one_try() -> None:
    waited = Waited(seconds=0)
    service = Service(waited, Verdict.PASSING)
    assert spent(waited, service) == 0
    assert service.calls == 1


def test_what_refuses_ends_a_wait_at_once() -> None:
    waited = Waited()
    tries = iter([Verdict.PASSING, Verdict.THROTTLED, Verdict.FINAL])

    def call() -> None:
        raise MetError(next(tries))

    spent(waited, call)
    assert len(waited.clock.slept) == 2


def test_pauses_are_drawn_and_grow_up_to_the_longest() -> None:
    waited = Waited()
    spent(waited, Service(waited, Verdict.PASSING))
    ceilings = [PAUSES.ceiling(turn) for turn in range(len(waited.clock.slept))]
    assert all(slept <= ceiling for slept, ceiling in zip(waited.clock.slept, ceilings, strict=True))
    assert ceilings[-1] == PAUSES.longest


def test_operations_within_each_other_share_one_budget() -> None:
    waited = Waited()
    service = Service(waited, Verdict.PASSING)

    def inner() -> object:
        return waited.patience.run(service, judge, host=HOST)

    def middle() -> object:
        return waited.patience.run(inner, judge, host=HOST)

    assert spent(waited, middle) == pytest.approx(300)
    assert service.calls == len(waited.clock.slept) + 1


def test_what_an_outer_operation_has_waited_is_gone_for_the_inner_one() -> None:
    waited = Waited()
    service = Service(waited, Verdict.PASSING)

    def outer() -> object:
        if waited.clock.now < 200:
            raise MetError(Verdict.PASSING)
        return waited.patience.run(service, judge, host="another")

    assert spent(waited, outer) == pytest.approx(300)


def test_one_operation_after_another_has_a_budget_of_its_own_while_the_host_answers() -> None:
    waited = Waited()
    for until in (200, 400, 600):
        assert waited.patience.run(Service(waited, Verdict.PASSING, until=until), judge, host=HOST)
    assert waited.clock.now >= 600


def test_a_host_that_was_given_up_is_not_waited_for_again_before_it_answers() -> None:
    waited = Waited()
    assert spent(waited, Service(waited, Verdict.PASSING)) == pytest.approx(300)
    assert spent(waited, Service(waited, Verdict.PASSING)) == 0
    assert spent(waited, Service(waited, Verdict.PASSING), host="another") == pytest.approx(300)
    waited.patience.run(lambda: None, judge, host=HOST)
    assert spent(waited, Service(waited, Verdict.PASSING)) == pytest.approx(300)


def test_a_host_that_answers_others_is_not_given_up_for_one_request_that_always_fails() -> None:
    waited = Waited()

    def call() -> None:
        waited.patience.heard(HOST)
        raise MetError(Verdict.PASSING)

    assert spent(waited, call) == pytest.approx(300)
    assert spent(waited, call) == pytest.approx(300)


def test_threads_have_budgets_of_their_own() -> None:
    waited = Waited()
    found = []

    def outer() -> None:
        thread = threading.Thread(
            target=lambda: found.append(waited.patience.run(Service(waited, Verdict.PASSING, 20), judge, host=HOST))
        )
        thread.start()
        thread.join()
        raise MetError(Verdict.FINAL)

    spent(waited, outer)
    assert found


def test_who_waits_is_told_after_ten_seconds_and_then_now_and_then() -> None:
    waited = Waited()
    with pytest.raises(MetError):
        waited.patience.run(Service(waited, Verdict.PASSING), judge, host=HOST, what="GetTables")
    assert 2 <= len(waited.told) <= 300 / 30 + 1
    assert waited.told[0].startswith(f"waiting for {HOST} (GetTables), for ")
    assert ": passing now; given up in " in waited.told[0]


def test_nothing_is_told_of_what_is_over_soon() -> None:
    waited = Waited()
    waited.patience.run(Service(waited, Verdict.PASSING, until=1), judge, host=HOST)
    assert waited.told == []


def test_what_hangs_without_failing_is_told_too() -> None:
    waited = Waited()

    def hang() -> None:
        waited.clock.now += 12
        waited.patience.waits.look()

    waited.patience.run(hang, judge, host=HOST, what="GetTables")
    assert waited.told == [f"waiting for {HOST} (GetTables): no answer for 12 s"]


def test_a_reason_is_told_without_the_credential_in_it() -> None:
    wait = Wait(HOST, "", 0)
    wait.reason = OSError("503 for https://user:hunter2secret@proxy.example.com/")
    assert "hunter2secret" not in wait.line(12)
    assert "503" in wait.line(12)


def test_the_patience_of_a_run_is_everybodys_until_it_ends() -> None:
    outside = current()
    with using(Patience(7)) as patience:
        found: list[Patience] = []
        thread = threading.Thread(target=lambda: found.append(current()))
        thread.start()
        thread.join()
        assert found == [patience] == [current()]
    assert current() is outside


def test_what_is_asked_for_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GLUEPOT_PATIENCE_SECONDS", raising=False)
    assert repr(patience_of()) == "Patience(300, 10)"
    monkeypatch.setenv("GLUEPOT_PATIENCE_SECONDS", "40")
    assert repr(patience_of(None, 20)) == "Patience(40, 20)"
    assert repr(patience_of(60, None)) == "Patience(60, 10)"
    assert repr(patience_of(5, None)) == "Patience(5, 10)"


class Settings:
    """What a configuration says."""

    def __init__(self, patience: float | None = None, patience_first: float | None = None) -> None:
        self.patience, self.patience_first, self.allow_http = patience, patience_first, False


def test_a_job_within_a_run_has_what_the_run_has_heard_and_one_that_is_patient_otherwise_has_not() -> None:
    with patient(Settings(60)) as run:
        with patient(Settings()) as same, patient(Settings(60)) as again:
            assert run is same is again
        with patient(Settings(70, 20)) as other:
            assert repr(other) == "Patience(70, 20)"
        assert current() is run


def test_a_job_is_run_as_its_settings_say() -> None:
    @patiently
    def job(settings: Settings, more: int) -> tuple[str, int]:
        assert settings.patience == 60
        return repr(current()), more

    assert job(Settings(60, 5), 2) == ("Patience(60, 5)", 2) == job(more=2, settings=Settings(60, 5))


def test_what_somebody_goes_on_without_is_tried_once_and_given_up_for_nobody_else() -> None:
    waited = Waited()
    service = Service(waited, Verdict.PASSING)
    with using(waited.patience), trying_once():
        assert spent(waited, service) == 0
    assert service.calls == 1
    assert spent(waited, service) == pytest.approx(300)
