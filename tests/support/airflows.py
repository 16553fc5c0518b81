"""A real Airflow in an environment of its own: a home for each test, DAGs, connections, and what became of a run."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.support.availability import not_available

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).parents[2]
ENVIRONMENT: Final = ROOT / ".tools" / "airflow"
EXAMPLES: Final = ROOT / "examples"
INSTALL_SECONDS: Final = 280
RUN_SECONDS: Final = 480


def install() -> None:
    """Make the environment where it is missing; a test that needs it is not run where it cannot be."""
    if not (ROOT / ".tools" / "uv").exists():
        not_available("Airflow's environment needs uv, which make installs into .tools")
    try:
        done = subprocess.run(
            [ROOT / "tools" / "airflow"], capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        not_available(f"Airflow could not be installed within {INSTALL_SECONDS} s")
    if done.returncode:
        not_available(f"Airflow could not be installed: tools/airflow ended with {done.returncode}")


@dataclass(frozen=True)
class Ran:
    """A run of `airflow dags test`.

    Args:
        home: Where its database is.
        dag_id: The DAG.
        code: The command's exit code.
        log: Everything it printed.
    """

    home: Path
    dag_id: str
    code: int
    log: str

    @property
    def states(self) -> dict[str, str]:
        """The state of each task; mapped ones have their number behind them."""
        rows = self._rows("SELECT task_id, map_index, state FROM task_instance WHERE dag_id = ? ORDER BY start_date")
        return {task if index < 0 else f"{task}[{index}]": state for task, index, state in rows}

    @property
    def tries(self) -> dict[str, int]:
        """How often each task was begun."""
        rows = self._rows("SELECT task_id, map_index, try_number FROM task_instance WHERE dag_id = ?")
        return {task if index < 0 else f"{task}[{index}]": count for task, index, count in rows}

    @property
    def labels(self) -> set[str]:
        """What mapped tasks are called on Airflow's pages."""
        rows = self._rows("SELECT rendered_map_index FROM task_instance WHERE dag_id = ? AND map_index >= 0")
        return {label for (label,) in rows if label}

    def returned(self, task_id: str, map_index: int = -1) -> Any:
        """What a task returned."""
        rows = self._rows(
            "SELECT task_id, map_index, value FROM xcom WHERE dag_id = ? AND key = 'return_value' ORDER BY timestamp"
        )
        found = [value for task, index, value in rows if (task, index) == (task_id, map_index)]
        value = json.loads(found[-1])
        return json.loads(value) if isinstance(value, str) else value

    def everything(self) -> bytes:
        """Airflow's whole database and all of its logs, to search for what must not be there."""
        return b"\n".join(path.read_bytes() for path in self.home.rglob("*") if path.is_file()) + self.log.encode()

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.home / "airflow.db")) as database:
            return database.execute(sql, (self.dag_id,)).fetchall()


class Airflow:
    """An Airflow with a home of its own.

    Args:
        home: Its home; the migrated database is copied there.
        environment: What its processes find beside their own variables.
    """

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self.home = home
        self.dags = home / "dags"
        self.dags.mkdir(parents=True)
        shutil.copyfile(ENVIRONMENT / "home" / "airflow.db", home / "airflow.db")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AIRFLOW", "PYTHON"))}
        self.environment = {
            **kept,
            **environment,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "PATH": f"{ENVIRONMENT / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }

    def connection(self, conn_id: str, conn_type: str, **fields: Any) -> None:
        """Define a connection, as a secrets backend would: in the environment."""
        text = json.dumps({"conn_type": conn_type, **fields})
        self.environment[f"AIRFLOW_CONN_{conn_id.upper()}"] = text

    def example(self, name: str) -> None:
        """Take an example, as it is."""
        shutil.copyfile(EXAMPLES / f"{name}.py", self.dags / f"{name}.py")

    def dag(self, name: str, text: str) -> None:
        """Write a DAG file."""
        (self.dags / f"{name}.py").write_text(text)

    def test(self, dag_id: str) -> Ran:
        """Run `airflow dags test`."""
        command = [str(ENVIRONMENT / "bin" / "airflow"), "dags", "test", dag_id]
        log = self.home / f"{dag_id}.log"
        with log.open("wb") as out:
            try:
                done = subprocess.run(
                    command,
                    env=self.environment,
                    cwd=self.home,
                    stdout=out,
                    stderr=out,
                    timeout=RUN_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                said = log.read_text(errors="replace")[-6000:]
                raise AssertionError(f"{dag_id} has not ended after {RUN_SECONDS} s:\n{said}") from None
        return Ran(self.home, dag_id, done.returncode, log.read_text(errors="replace"))
