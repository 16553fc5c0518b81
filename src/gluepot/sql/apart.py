"""Calls into DuckDB that ctrl-C and SIGTERM end at once, whichever version it is.

Python handles signals between its own instructions, so not while the main thread is within DuckDB; where DuckDB asks
for them itself, it swallows what the handler raises: 1.3 and 2.0 give a RuntimeError. So the call is made in a thread
of its own, and the one that gets the signals only waits.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

ENDING: Final = 2.0
"""Seconds that an interrupted call has to end in; one that waits for an answer of S3 is left to itself."""


def apart(call: Callable[[], T], interrupt: Callable[[], object]) -> T:
    """Make a call in a thread of its own, and give what it returns or raises.

    Args:
        call: The call.
        interrupt: Tells it to end, where this thread is interrupted meanwhile.

    Raises:
        BaseException: Whatever the call raises, or the handler of a signal does.
    """
    answer = _begun(call)
    try:
        return answer.result()
    except BaseException:
        if not answer.done():
            interrupt()
            wait([answer], ENDING)
        raise


def closed(close: Callable[[], object]) -> None:
    """Close what an interrupted call may still hold, without waiting for that for long."""
    wait([_begun(close)], ENDING)


def _begun(call: Callable[[], T]) -> Future[T]:
    answer: Future[T] = Future()

    def work() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is waited for
            answer.set_exception(error)

    threading.Thread(target=work, daemon=True).start()  # a daemon: nothing waits for it at the end of the process
    return answer
