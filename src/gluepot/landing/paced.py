"""obstore's requests, each with an end of its own: obstore knows one limit for all, whatever is sent.

They run on a loop of their own, where one that crawls can be left: obstore closes what nobody awaits any more.
"""

from __future__ import annotations

import atexit
import os
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gluepot.waiting.pace import TooSlowError

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Awaitable, Callable, Coroutine

    from obstore import GetResult

    from gluepot.waiting.pace import Limits

T = TypeVar("T")

_loops: Final[dict[int, AbstractEventLoop]] = {}
"""By process, since a fork has no thread for its mother's."""
_lock: Final = threading.Lock()
_SECONDS_TO_END: Final = 5


def answer(ask: Callable[[], Awaitable[T]], seconds: float) -> T:
    """Make a request.

    Args:
        ask: Makes it, on the loop.
        seconds: What it may take, all in all.

    Raises:
        TooSlowError: It took longer.
        Exception: What obstore raises.
    """
    return _done(_within(ask, seconds))


def read(ask: Callable[[], Awaitable[GetResult]], limits: Limits, take: Callable[[bytes], object]) -> None:
    """Read an object piece by piece; a piece is what must come in one window, so that nothing has to be counted.

    Args:
        ask: Asks for it, on the loop.
        limits: What ends the try.
        take: Is given each piece; it runs on the loop, so it is quick.

    Raises:
        TooSlowError: Too little came.
        Exception: What obstore raises.
    """
    _done(_read(ask, limits, take))


def size_seconds(size: int, limits: Limits) -> float:
    """Give what it may take to send so many bytes, and to be answered: at the least rate, and one window."""
    return limits.seconds + size / limits.rate


async def _within(ask: Callable[[], Awaitable[T]], seconds: float) -> T:
    import asyncio  # noqa: PLC0415 - lazy: start-up, and marks are kept in folders mostly

    try:
        async with asyncio.timeout(seconds):
            return await ask()
    except TimeoutError:
        raise TooSlowError(f"the answer was not complete after {seconds:g} s") from None


async def _read(ask: Callable[[], Awaitable[GetResult]], limits: Limits, take: Callable[[bytes], object]) -> None:
    found = await _within(ask, limits.seconds)
    pieces: Any = found.stream(min_chunk_size=max(int(limits.least), 1))
    while True:
        try:
            piece = await _within(pieces.__anext__, limits.seconds)
        except StopAsyncIteration:
            return
        except TooSlowError:
            why = f"less than {limits.least:,.0f} bytes in {limits.seconds:g} s are too few"
            raise TooSlowError(why) from None
        take(bytes(piece))


def _done(work: Coroutine[Any, Any, T]) -> T:
    import asyncio  # noqa: PLC0415 - likewise

    under_way = asyncio.run_coroutine_threadsafe(work, _loop())
    try:
        return under_way.result()
    except BaseException:
        under_way.cancel()  # of no effect where it is done; else somebody wants to stop
        raise


def _loop() -> AbstractEventLoop:
    import asyncio  # noqa: PLC0415 - likewise

    with _lock:
        pid = os.getpid()
        if pid not in _loops:
            loop = _loops[pid] = asyncio.new_event_loop()
            thread = threading.Thread(target=loop.run_forever, name="landing", daemon=True)
            thread.start()
            atexit.register(_end, pid, loop, thread)
        return _loops[pid]


def _end(pid: int, loop: AbstractEventLoop, thread: threading.Thread) -> None:
    """End the loop before the interpreter does: what obstore tells a thread that is taken apart aborts the process."""
    if os.getpid() == pid:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_SECONDS_TO_END)
