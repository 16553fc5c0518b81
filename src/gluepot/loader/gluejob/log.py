"""What a job run logs in CloudWatch: new lines as they come, and the ends of all its streams.

Glue 5 writes what a script prints to the group `output`, and what Spark and Glue say to `error`; the names of the
streams begin with the run's id (https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gluepot.errors import ScopeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.aws.clients import Clients

OUTPUT: Final = "/aws-glue/jobs/output"
ERROR: Final = "/aws-glue/jobs/error"
LATE: Final = 10_000
"""Milliseconds by which a line may come later than one with a later time."""

PAGES: Final = 20
"""Pages of new lines at a time, of up to 10,000 lines or 1 MB each."""

STREAMS: Final = 20
LINES: Final = 400
"""Of the end of each stream."""


class JobLog:
    """The log of one run. Reading it is a service to people: where it may not be read, nothing is told, once.

    Args:
        clients: The account.
        run_id: The run.
    """

    def __init__(self, clients: Clients, run_id: str) -> None:
        self._clients = clients
        self._run = run_id
        self._seen: set[str] = set()
        self._since = 0
        self.problem = ""

    def new(self) -> list[str]:
        """Give the lines that the script has printed since this was last asked."""
        events = [event for event in self._events() if event["eventId"] not in self._seen]
        self._seen.update(event["eventId"] for event in events)
        if events:
            self._since = max(self._since, *(int(event["timestamp"]) - LATE for event in events))
        return [line for event in events for line in str(event["message"]).splitlines()]

    def ends(self) -> list[str]:
        """Give the ends of the run's streams: first what Spark and Glue said, then what the script printed."""
        return [
            line for group in (ERROR, OUTPUT) for stream in self._streams(group) for line in self._end(group, stream)
        ]

    def _events(self) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        for _ in range(PAGES):
            given = {"logGroupName": OUTPUT, "logStreamNamePrefix": self._run, "startTime": self._since, **token}
            answer = self._call("FilterLogEvents", OUTPUT, given)
            # not every CloudWatch that is emulated heeds the prefix
            yield from (event for event in answer.get("events", ()) if event["logStreamName"].startswith(self._run))
            if not answer.get("nextToken"):
                return
            token = {"nextToken": answer["nextToken"]}

    def _streams(self, group: str) -> list[str]:
        given = {"logGroupName": group, "logStreamNamePrefix": self._run, "limit": STREAMS}
        return [
            stream["logStreamName"] for stream in self._call("DescribeLogStreams", group, given).get("logStreams", ())
        ]

    def _end(self, group: str, stream: str) -> list[str]:
        given = {"logGroupName": group, "logStreamName": stream, "limit": LINES, "startFromHead": False}
        events = self._call("GetLogEvents", group, given).get("events", ())
        return [line for event in events for line in str(event["message"]).splitlines()]

    def _call(self, operation: str, group: str, given: dict[str, Any]) -> dict[str, Any]:
        if self.problem:
            return {}
        try:
            return self._clients.find("logs", operation, self._clients.arn("logs", f"log-group:{group}"), **given) or {}
        except ScopeError as error:
            self.problem = f"the job's log cannot be read: {error}"
            return {}
