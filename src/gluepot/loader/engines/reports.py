"""What a task on another machine tells the driver once it has ended, through one of Spark's accumulators.

Spark applies the report of each task once, that of the attempt which counted: a task that is repeated or run twice is
reported once. The records in the store are what the load stands on; a report says only that they are there.
"""

# No `from __future__ import annotations`: msgspec reads the annotations when the classes are built.

from collections import deque
from typing import Any

import msgspec

from gluepot.errors import ErrorRecord
from gluepot.plan.records import RangeRecord


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One task that has ended.

    Args:
        records: Of its ranges, those that stand.
        times: Seconds, by what they were spent on; the names are those of `Times`.
        error: Why it gave up, where repeating it would not help.
    """

    records: tuple[RangeRecord, ...] = ()
    times: dict[str, float] = {}
    error: ErrorRecord | None = None


class Reports:
    """How Spark adds reports up: encoded ones, in a queue that the driver empties while it waits.

    Spark calls for a class with these two methods (pyspark.accumulators.AccumulatorParam).
    """

    def zero(self, value: Any) -> deque[bytes]:  # noqa: ANN401, ARG002 - as Spark calls it
        """Begin with none."""
        return deque()

    def addInPlace(self, value1: deque[bytes], value2: deque[bytes]) -> deque[bytes]:  # noqa: N802 - Spark's name
        """Put those of a task behind those that wait."""
        value1.extend(value2)
        return value1
