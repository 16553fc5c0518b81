"""Questions at the terminal: whoever answers with Ctrl-C or the end of their input interrupts the command."""

from __future__ import annotations

import io
import json
import sys

import pytest

from gluepot.cli import prompts, say
from gluepot.errors import ConfigError


class Typed(io.StringIO):
    """A terminal at which somebody types."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Let somebody type the parameter."""
    monkeypatch.setattr(sys, "stdin", Typed(request.param))


@pytest.mark.usefixtures("typed")
@pytest.mark.parametrize(("typed", "said"), [("y\n", True), ("n\n", False), ("\n", False)], indirect=["typed"])
def test_a_question_is_answered_with_yes_or_no_and_nothing_is_no(*, said: bool) -> None:
    assert prompts.confirmed("Stop it too?") is said


@pytest.mark.usefixtures("typed")
@pytest.mark.parametrize("typed", [""], indirect=True)
def test_the_end_of_the_input_interrupts() -> None:
    for ask in (prompts.confirmed, prompts.answered, prompts.may_remove):
        with pytest.raises(KeyboardInterrupt):
            ask("it")


@pytest.mark.usefixtures("typed")
@pytest.mark.parametrize("typed", ["y\n"], indirect=True)
def test_what_would_be_removed_is_named_before_the_question(capsys: pytest.CaptureFixture[str]) -> None:
    assert prompts.may_remove("these 2 from account 1", ["role a", "bucket\x1b b"])
    shown = capsys.readouterr()
    assert shown.out.strip() == ""
    assert shown.err.startswith("  - role a\n  - bucket\\x1b b\nRemove these 2 from account 1? [y/N]:")


def test_nobody_is_asked_where_nobody_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for stdin in (None, io.StringIO("y\n")):
        monkeypatch.setattr(sys, "stdin", stdin)
        assert not prompts.can_ask()
        with pytest.raises(ConfigError, match="nothing was removed: there is nobody to ask") as caught:
            prompts.may_remove("it")
        assert caught.value.hint == "say --yes"


def test_an_answer_is_text_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    for as_json in (False, True):
        say.answer({"run": "jr_1"}, "it runs\nas \x1b", as_json=as_json)
    lines = capsys.readouterr().out.split("\n", 2)
    assert (lines[:2], json.loads(lines[2])) == (["it runs", "as \\x1b"], {"run": "jr_1"})
