"""The operators of a load. `gluepot.airflow.loader` says what each does; `load_keyspace` puts them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import msgspec
from airflow.sdk import BaseOperator

from gluepot.airflow import gluejobs, loader
from gluepot.airflow.arguments import plain_arguments
from gluepot.airflow.loader import Loading, check_plain
from gluepot.airflow.taskerrors import check_event, task_errors
from gluepot.airflow.triggers import GlueJobRunTrigger
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLOR = "#d8e4f0"


class _Loading(BaseOperator):  # type: ignore[misc] # Airflow has an environment of its own, and no types in this one
    """What the operators of a load share: its arguments, and the table that is meant.

    Args:
        loading: The load, as `gluepot.airflow.loader.Loading` or a mapping of its fields.
        table: The one source table that is meant, one of `PlanLoadOperator`'s; None for all.
        more: Whatever Airflow's operators take.
    """

    template_fields: ClassVar[Sequence[str]] = ("loading", "table")
    ui_color = COLOR

    def __init__(self, *, loading: Any, table: Any = None, **more: Any) -> None:  # noqa: ANN401 - or an XComArg of it
        super().__init__(**more)
        self.loading = plain_arguments(Loading, loading, check_plain)
        self.table = table

    @property
    def asked(self) -> Loading:
        """The load, its templates rendered."""
        return msgspec.convert(self.loading, Loading)


class PlanLoadOperator(_Loading):
    """Plans the load, and refuses what cannot be done before anything is written; returns the source tables."""

    def execute(self, context: Mapping[str, Any]) -> list[str]:
        """Plan."""
        del context
        with task_errors():
            return loader.plan(self.asked)


class LoadOperator(_Loading):
    """Loads the tables, or the one; returns rows, files and bytes of each.

    Its load id is that of the DAG run: a retry goes on where the last try was cut short, and a task that is cleared
    finds its load committed. To load again, trigger another run. Where the plan's engine is `glue`, the triggerer waits
    for the job, and no worker is held.

    Args:
        poll_seconds: Seconds between two questions for the Glue job.
        more: As `PlanLoadOperator`, and whatever Airflow's operators take.
    """

    def __init__(self, *, poll_seconds: float = 30.0, **more: Any) -> None:  # noqa: ANN401 - Airflow's own
        super().__init__(**more)
        self.poll_seconds = poll_seconds

    def execute(self, context: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Load."""
        run, group = context["dag_run"], self.task_group.group_id or ""
        joined = loader.load_id(self.dag_id, run.run_id, group, run.run_after)
        with task_errors():
            if loader.file_of(self.asked).engine == "glue":
                return self._defer(joined)
            return loader.load(self.asked, joined, self.table or "")

    def resume(self, context: Mapping[str, Any], event: dict[str, Any]) -> list[dict[str, Any]]:
        """Take what became of the Glue job, which the triggerer has waited for."""
        del context
        with task_errors():
            check_event(event)
            return gluejobs.ended(self.asked, event["run_id"])

    def _defer(self, joined: str) -> NoReturn:
        """Start the Glue job, or find the run of an earlier try, and leave the waiting to the triggerer."""
        if self.table:
            hint = "leave spread out: the job reads all tables, on as many workers as it has"
            raise ConfigError("the load is spread over tables, while its engine is glue", "", hint)
        job, run_id = gluejobs.begin(self.asked, joined)
        trigger = GlueJobRunTrigger(job, run_id, poll_seconds=self.poll_seconds, loading=self.loading)
        self.defer(trigger=trigger, method_name=self.resume.__name__)
        raise AssertionError("defer raises")


class VerifyLoadOperator(_Loading):
    """Compares counts and checksums of the lake with what was read; fails, without retries, where they differ."""

    def execute(self, context: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Compare."""
        del context
        with task_errors():
            return loader.verify(self.asked, self.table or "")
