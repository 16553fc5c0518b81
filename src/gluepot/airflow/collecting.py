"""The operators of a collection. `gluepot.airflow.steps` says what each does; `collect_and_push` puts them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from gluepot.airflow import steps
from gluepot.airflow.arguments import plain_arguments
from gluepot.airflow.collector import Collector, Split, check_plain, splits_of, work_of
from gluepot.airflow.taskerrors import message_of, task_errors
from gluepot.collector.handover import Handed
from gluepot.errors import ScopeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gluepot.airflow.collector import Spread, Work

COLOR = "#e8f0d8"


class _Collecting(BaseOperator):  # type: ignore[misc] # Airflow has an environment of its own, and no types in this one
    """What the operators of a collection share: its arguments, its part, and the runs that were handed over.

    Args:
        collector: The collection, as `gluepot.airflow.collector.Collector` or a mapping of its fields.
        split: The part of it that this task does, one of `SplitOperator`'s; None for all.
        runs: What `CollectOperator` returned.
        more: Whatever Airflow's operators take.
    """

    template_fields: ClassVar[Sequence[str]] = ("collector", "split", "runs")
    ui_color = COLOR

    def __init__(self, *, collector: Any, split: Any = None, runs: Any = None, **more: Any) -> None:  # noqa: ANN401 - or an XComArg of it
        super().__init__(**more)
        self.collector = plain_arguments(Collector, collector, check_plain)
        self.split = split
        self.runs = runs

    def execute(self, context: Mapping[str, Any]) -> Any:  # noqa: ANN401 - each operator says what
        """Do the step, with gluepot's errors as Airflow's."""
        del context
        with task_errors():
            return msgspec.to_builtins(self.step(work_of(self.asked, self.part)))

    def step(self, work: Work) -> Any:  # noqa: ANN401 - each operator says what
        """Do what the operator is for."""
        raise NotImplementedError(work)

    @property
    def asked(self) -> Collector:
        """The collection, its templates rendered."""
        return msgspec.convert(self.collector, Collector)

    @property
    def part(self) -> Split | None:
        """The part of it that this task does."""
        return None if self.split is None else msgspec.convert(self.split, Split)

    @property
    def handed(self) -> list[Handed]:
        """The runs that were handed over."""
        return msgspec.convert(self.runs, list[Handed])


class CheckOperator(_Collecting):
    """Looks at accounts, permissions, landing, mark and staging before anything is read.

    Returns what the run will miss, where the configuration pushes the rest.
    """

    def step(self, work: Work) -> list[str]:
        """Look."""
        return steps.check(work)


class CollectOperator(_Collecting):
    """Collects from the mark that stands, and hands the files over; returns where they lie, with their marks."""

    def step(self, work: Work) -> list[Handed]:
        """Collect."""
        return steps.collect(work, self.part, full=self.asked.full)


class PushOperator(_Collecting):
    """Pushes what was handed over to the landing; returns for each server how many files are there."""

    def step(self, work: Work) -> list[dict[str, Any]]:
        """Push."""
        return steps.push(work, self.handed)


class SaveMarkOperator(_Collecting):
    """Moves the high-water mark to the end of a run that is at the landing; returns where it stands."""

    def step(self, work: Work) -> dict[str, str]:
        """Move the mark."""
        return steps.save_mark(work, self.handed)


class CompleteOperator(_Collecting):
    """Fails, without retries, where something could not be read; everything else has been pushed by then."""

    def step(self, work: Work) -> None:
        """Look at the manifests.

        Raises:
            AirflowFailException: The scopes that failed are named: trying this task again would read nothing.
        """
        try:
            steps.complete(work, self.handed)
        except ScopeError as error:
            raise AirflowFailException(message_of(error)) from None


class SplitOperator(BaseOperator):  # type: ignore[misc] # as above
    """Lays out the parts of a collection, for dynamic task mapping.

    Args:
        collector: The collection.
        spread: `accounts` or `regions`: what a part is.
        accounts: The accounts, in place of the configuration's; a list, or what another task returned.
        more: Whatever Airflow's operators take.
    """

    template_fields: ClassVar[Sequence[str]] = ("collector", "accounts")
    ui_color = COLOR

    def __init__(self, *, collector: Any, spread: Spread, accounts: Any = None, **more: Any) -> None:  # noqa: ANN401 - or an XComArg of it
        super().__init__(**more)
        self.collector = plain_arguments(Collector, collector, check_plain)
        self.spread = spread
        self.accounts = accounts

    def execute(self, context: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Lay them out."""
        del context
        with task_errors():
            given = None if self.accounts is None else list(self.accounts)
            found = splits_of(msgspec.convert(self.collector, Collector), self.spread, given)
            plain: list[dict[str, Any]] = msgspec.to_builtins(found)
            return plain
