"""gluepot on Apache Airflow: task groups, the operators they are made of, and a trigger that waits for Glue jobs.

::

    from airflow.sdk import DAG
    from gluepot.airflow import collect_and_push

    with DAG("glue_to_k", schedule="@daily", max_active_runs=1):
        collect_and_push("/opt/airflow/config/glue.toml", staging="s3://our-staging/gluepot")

Everything here is loaded when it is first used. It takes `pip install 'gluepot[airflow]'`, and for loads
`gluepot[load]` beside it.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING

from gluepot.errors import MissingExtraError

if TYPE_CHECKING:
    from gluepot.airflow.collecting import (
        CheckOperator,
        CollectOperator,
        CompleteOperator,
        PushOperator,
        SaveMarkOperator,
        SplitOperator,
    )
    from gluepot.airflow.groups import collect_and_push, load_keyspace
    from gluepot.airflow.jobs import WaitForGlueJob
    from gluepot.airflow.loading import LoadOperator, PlanLoadOperator, VerifyLoadOperator
    from gluepot.airflow.triggers import GlueJobRunTrigger

_HOMES = {
    "CheckOperator": "collecting",
    "CollectOperator": "collecting",
    "CompleteOperator": "collecting",
    "GlueJobRunTrigger": "triggers",
    "LoadOperator": "loading",
    "PlanLoadOperator": "loading",
    "PushOperator": "collecting",
    "SaveMarkOperator": "collecting",
    "SplitOperator": "collecting",
    "VerifyLoadOperator": "loading",
    "WaitForGlueJob": "jobs",
    "collect_and_push": "groups",
    "load_keyspace": "groups",
}

__all__ = [
    "CheckOperator",
    "CollectOperator",
    "CompleteOperator",
    "GlueJobRunTrigger",
    "LoadOperator",
    "PlanLoadOperator",
    "PushOperator",
    "SaveMarkOperator",
    "SplitOperator",
    "VerifyLoadOperator",
    "WaitForGlueJob",
    "collect_and_push",
    "load_keyspace",
]


if not TYPE_CHECKING:  # a checker would take it to mean that every name exists

    def __getattr__(name: str) -> object:
        """Load a public name when it is first used."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if importlib.util.find_spec("airflow") is None:
            raise MissingExtraError.of("airflow", "gluepot.airflow")
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
