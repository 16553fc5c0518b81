"""Commands that are ended from outside say so, and what has become of things: of marks, or of loads."""

from __future__ import annotations

import os
import signal

import pytest

from gluepot.cli.reporting import OF_LOADS, OF_MARKS, reported


def ended(number: signal.Signals, words: str) -> int:
    """Run a command that is ended by a signal; gives its exit code."""

    def command() -> int:
        os.kill(os.getpid(), number)
        signal.pause()
        return 0

    with pytest.raises(SystemExit) as caught:
        reported(command, words)()
    return int(caught.value.code or 0)


@pytest.mark.parametrize(
    ("number", "code", "how"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
@pytest.mark.parametrize("words", [OF_LOADS, OF_MARKS, ""])
def test_a_command_that_is_ended_says_what_has_become_of_things(
    capsys: pytest.CaptureFixture[str], number: signal.Signals, code: int, how: str, words: str
) -> None:
    before = signal.getsignal(number)
    assert ended(number, words) == code
    assert capsys.readouterr().err == f"\n{how}: {words}\n" if words else f"\n{how}\n"
    assert signal.getsignal(number) is before
