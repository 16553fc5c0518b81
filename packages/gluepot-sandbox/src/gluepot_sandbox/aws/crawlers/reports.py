"""What a crawl leaves behind beside tables: its summary as ListCrawls has it, and its lines in CloudWatch Logs."""

from __future__ import annotations

import contextlib
import json
import time
from collections import defaultdict
from typing import Any, Final

LOG_GROUP: Final = "/aws-glue/crawlers"
CHANGES: Final = ("ADD", "UPDATE", "DELETE")


class Report:
    """What one crawl did and said.

    Args:
        crawl: Its id, which begins each of its lines.
    """

    def __init__(self, crawl: str) -> None:
        """Begin with nothing done."""
        self.crawl = crawl
        self.tables: dict[str, list[str]] = {key: [] for key in CHANGES}
        self.partitions: dict[str, dict[str, list[str]]] = {key: defaultdict(list) for key in CHANGES}
        self.lines: list[tuple[int, str]] = []
        self.failed = ""

    def log(self, kind: str, text: str) -> None:
        """Write a line: `BENCHMARK`, `INFO`, `WARN` or `ERROR`."""
        self.lines.append((int(time.time() * 1000), f"[{self.crawl}] {kind} : {text}"))

    def fail(self, text: str) -> None:
        """Write what stopped the crawl; the first reason stands."""
        self.log("ERROR", text)
        self.failed = self.failed or text

    def summary(self) -> str:
        """Write the summary as the service does: JSON, with JSON texts inside."""
        summary: dict[str, dict[str, str]] = {}
        for change, names in self.tables.items():
            if names:
                details = {"Details": {"names": names}, "Count": len(names)}
                summary.setdefault("TABLE", {})[change] = json.dumps(details)
        for change, held in self.partitions.items():
            if held:
                count = sum(len(values) for values in held.values())
                summary.setdefault("PARTITION", {})[change] = json.dumps({"Details": held, "Count": count})
        return json.dumps(summary)

    def send(self, account: str, region: str, stream: str) -> None:
        """Put the lines where clients read them."""
        from moto.core.exceptions import JsonRESTError  # noqa: PLC0415 - lazy: start-up
        from moto.logs.models import logs_backends  # noqa: PLC0415 - lazy: start-up

        backend: Any = logs_backends[account][region]
        with contextlib.suppress(JsonRESTError):
            backend.create_log_group(LOG_GROUP, {})
        with contextlib.suppress(JsonRESTError):
            backend.create_log_stream(LOG_GROUP, stream)
        events = [{"timestamp": moment, "message": text} for moment, text in self.lines]
        backend.put_log_events(LOG_GROUP, stream, events)
