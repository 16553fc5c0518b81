"""The logs of runs in the emulated CloudWatch, in the groups of Glue 5.

https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from gluepot_sandbox.aws.jobs.run import LOG_GROUP

if TYPE_CHECKING:
    from collections.abc import Iterable

_lock = threading.Lock()


class Log:
    """The log of one run: the streams of its id in the groups `output` and `error`.

    Args:
        account: Whose run it is.
        region: Where.
        run: Its id.
    """

    def __init__(self, account: str, region: str, run: str) -> None:
        self._where = account, region
        self._run = run

    def add(self, stream: str, lines: Iterable[str]) -> None:
        """Add lines to one of the streams."""
        events = [{"timestamp": int(time.time() * 1000), "message": line} for line in lines if line]
        if events:
            group = f"{LOG_GROUP}/{stream}"
            with _lock:
                backend = self._backend(group)
                backend.put_log_events(group, self._run, events)

    def _backend(self, group: str) -> Any:  # noqa: ANN401 - moto ships no types
        from moto.logs.models import logs_backends  # noqa: PLC0415 - lazy: it takes a second

        account, region = self._where
        backend = logs_backends[account][region]
        if group not in backend.groups:
            backend.create_log_group(group, {})
        if self._run not in backend.groups[group].streams:
            backend.create_log_stream(group, self._run)
        return backend
