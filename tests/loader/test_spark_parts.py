"""The parts of the Spark engine that need no Spark: how ranges are shared out, what travels, how errors are told."""

from __future__ import annotations

import ast
import importlib
import json
import math
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot.errors import ConfigError, EngineError, MissingExtraError
from gluepot.loader.engines import portable, spark, sparksession
from gluepot.loader.gluejob import job
from gluepot.loader.plan import readfile

if TYPE_CHECKING:
    from pathlib import Path

ROLE = {"arn": "arn:aws:iam::123456789012:role/loader", "external_id": "env:X"}
PLAN: dict[str, Any] = {
    "source": {"keyspace": "k", "contact_points": ["10.0.0.1"], "user": "me", "password": "env:PW"},
    "target": {"database": "d", "location": "s3://our-lake/p", "region": "eu-central-1", "role": [ROLE]},
}


def test_modules_that_other_processes_start_by_name_are_there() -> None:
    script = ast.parse(job.TEXT)
    names = [one.module for one in ast.walk(script) if isinstance(one, ast.ImportFrom)]
    assert names == ["gluepot.loader.entry"]
    for name in (*names, sparksession.DAEMON):
        assert callable(importlib.import_module(name or "").main)


@given(st.integers(1, 20_000), st.integers(1, 600), st.integers(0, 256))
def test_every_task_has_a_range_and_no_more_are_read_at_once_than_asked(ranges: int, slots: int, asked: int) -> None:
    tasks, threads = spark.shares(ranges, slots, asked)
    assert 1 <= tasks <= ranges
    assert threads >= 1
    if asked:
        assert min(tasks, slots) * threads <= max(asked, 1)
    else:
        assert math.ceil(ranges / tasks) <= spark.PER_TASK


@given(st.integers(0, 10**14), st.integers(1, 600), st.integers(1, 4096))
def test_ranges_keep_all_slots_busy_without_making_files_too_small(size: int, slots: int, megabytes: int) -> None:
    engine, asked = spark.Spark(None, b"", slots), megabytes * 10**6
    found = engine.range_bytes(size, asked)
    assert asked // spark.FINEST <= found <= asked
    assert found == asked // spark.FINEST or size // found >= min(slots * spark.WAVES, size // asked)


def test_a_plan_travels_with_references_and_comes_out_the_same() -> None:
    file = readfile.from_mapping(
        {**PLAN, "engine": "spark", "table": {"t": {"filter": "a > 1", "types": {"p": "string"}}}}
    )
    body = portable.encode(file)
    assert portable.decode(body) == file
    assert json.loads(body)["source"]["password"] == "env:PW"
    assert json.loads(body)["target"]["role"][0]["external_id"] == "env:X"


@pytest.mark.parametrize(("section", "key"), [("source", "password"), ("target", "secret"), ("target", "key")])
def test_a_secret_that_is_written_out_does_not_travel(section: str, key: str) -> None:
    keys = {"key": "AKIAEXAMPLE", "secret": "env:S"} if section == "target" else {}
    written = {**PLAN, section: {**PLAN[section], **keys, key: "hunter2secret"}}
    with pytest.raises(ConfigError) as caught:
        portable.encode(readfile.from_mapping(written))
    assert f"{section}.{key}" in str(caught.value)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"\xff", b'"text"'])
def test_what_is_no_plan_is_said_so_without_being_quoted(body: bytes) -> None:
    with pytest.raises(ConfigError, match=r"s3://b/plan\.json is not a plan file"):
        portable.decode(body, "s3://b/plan.json")


SPARK = """An error occurred while calling o65.collectToPython.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 3 in stage 0.0 failed 4 times, most recent
 failure: Lost task 3.3 in stage 0.0 (TID 9) (127.0.0.2 executor 1): org.apache.spark.api.python.PythonException:
Traceback (most recent call last):
  File "sparktask.py", line 81, in run
ValueError: broken page

	at org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:572)
Caused by: java.io.EOFException: nothing
"""


@pytest.mark.parametrize(
    ("text", "what", "why"),
    [
        (SPARK, "a Spark task failed", "ValueError: broken page"),
        (
            "org.apache.spark.SparkException: Job 3 cancelled part of cancelled job group x",
            "was ended in Spark",
            "cancelled",
        ),
        (
            "org.apache.spark.SparkException: Job aborted due to stage failure: ExecutorLostFailure (exited)",
            "Spark gave the load up",
            "ExecutorLostFailure",
        ),
        ("", "Spark gave the load up", "RuntimeError"),
    ],
)
def test_why_spark_gave_up_is_told_in_one_line(text: str, what: str, why: str) -> None:
    told = spark._failed(RuntimeError(text))
    assert isinstance(told, EngineError)
    assert what in told.what
    assert why in told.why
    assert "\n" not in told.why
    assert "run the load again" in told.hint


@pytest.mark.parametrize(
    ("master", "here"),
    [("local[*]", True), ("local-cluster[2,1,1024]", True), ("spark://h:7077", False), ("yarn", False)],
)
def test_a_master_of_this_machine_opens_no_port_to_the_network(master: str, here: bool) -> None:  # noqa: FBT001 - a row
    assert sparksession.is_here(master) == here
    assert ("SPARK_LOCAL_IP" in sparksession._variables(master)) == here


def test_without_pyspark_the_command_that_adds_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pyspark", "pyspark.sql"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError) as caught, spark.opened(readfile.from_mapping(PLAN)):
        pass
    assert caught.value.hint == "pip install 'gluepot[spark]'"


def test_without_java_it_is_said_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="Spark needs Java"):
        sparksession._made(None, "local[2]")


class Context:
    """As much of Spark's context as says how large its cluster is."""

    def __init__(self, master: str, cores: int, **conf: str) -> None:
        self.master = master
        self.defaultParallelism = cores
        self.sparkContext = self
        self._conf = {f"spark.{name.replace('_', '.')}": value for name, value in conf.items()}

    def getConf(self) -> dict[str, str]:  # noqa: N802 - Spark's name
        """Give the settings."""
        return self._conf


@pytest.mark.parametrize(
    ("context", "slots", "attempts"),
    [
        (Context("local[3]", 3), 3, 1),
        (Context("local[3, 5]", 3), 3, 5),
        (Context("local", 1), 1, 1),
        (Context("local-cluster[2,1,1024]", 2), 2, 4),
        (Context("yarn", 2, executor_instances="10", executor_cores="4"), 40, 4),
        (Context("spark://h:7077", 16, task_cpus="2", task_maxFailures="8"), 8, 8),
        (
            Context(
                "yarn", 2, dynamicAllocation_enabled="true", dynamicAllocation_maxExecutors="9", executor_cores="4"
            ),
            36,
            4,
        ),
        (Context("yarn", 6, dynamicAllocation_enabled="true", executor_cores="4"), 6, 4),
    ],
)
def test_slots_and_attempts_are_those_of_the_whole_cluster(context: Context, slots: int, attempts: int) -> None:
    """A cluster that grows is counted as large as it may get."""
    assert sparksession.slots(context) == slots
    assert sparksession.attempts(context) == attempts
