"""What `gluepot explain jdbc` says of the driver and of Spark, held to the driver and to Spark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.jars import jars

from gluepot.loader.jdbc.types import carried

if TYPE_CHECKING:
    from gluepot_sandbox.cassandra import Node

HERE = Path(__file__).parent
VALUES = {
    "ascii": "'x'",
    "text": "'x'",
    "int": "1",
    "bigint": "5000000000",
    "smallint": "1",
    "tinyint": "1",
    "varint": "123456789012345678901234567890",
    "decimal": "1.123456789012345678901",
    "float": "1.5",
    "double": "2.5",
    "boolean": "true",
    "date": "'2026-01-01'",
    "timestamp": "'2026-01-01T00:00:00Z'",
    "time": "'12:00:00.123456789'",
    "uuid": "uuid()",
    "timeuuid": "now()",
    "inet": "'10.0.0.1'",
    "blob": "0x00ff",
    "duration": "1mo2d",
    "list<text>": "['a', 'b']",
    "set<int>": "{1, 2}",
    "map<text, int>": "{'k': 1}",
    "tuple<int, text>": "(1, 'q')",
}
"""CQL type -> a literal of it; column `c0` is of the first, and so on."""


@pytest.fixture
def told(node: Node, session: Any, keyspace: str) -> list[dict[str, str]]:
    """What the driver and Spark say of a table with a column of each type."""
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(VALUES))
    names = ", ".join(f"c{number}" for number in range(len(VALUES)))
    session.execute(f"CREATE TABLE {keyspace}.one (k int PRIMARY KEY, {columns})")
    session.execute(f"INSERT INTO {keyspace}.one (k, {names}) VALUES (0, {', '.join(VALUES.values())})")
    classes = str(jars(HERE / "jdbc" / "pom.xml"))
    command = [sys.executable, str(HERE / "jdbc_driver.py"), classes, str(node.port), keyspace, "one"]
    environ = {**os.environ, "CASSANDRA_PASSWORD": node.password}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_driver_and_spark_do_what_explain_says(told: list[dict[str, str]]) -> None:
    """One test for all of it: a JVM and a table of every type are slow to have."""
    kinds = list(VALUES)
    found = {kinds[int(one["column"][1:])]: one for one in told if one.get("column", "k") != "k"}
    assert {kind: one["jdbc"] for kind, one in found.items()} == {kind: carried(kind).jdbc for kind in VALUES}
    assert found["blob"]["text"].startswith("java.nio.HeapByteBuffer")
    assert "DefaultTupleValue@" in found["tuple<int, text>"]["text"]
    assert found["time"]["text"] == "12:00:00"
    assert found["inet"]["text"] == "/10.0.0.1"
    assert found["list<text>"]["text"] == "[a, b]"
    (spark,) = [one["spark"] for one in told if "spark" in one]
    assert "no viable alternative at input '1' (SELECT * FROM one WHERE [1]...)" in spark
