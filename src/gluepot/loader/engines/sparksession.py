"""Spark sessions: the cluster's own where there is one, else one that a load starts and ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any, Final

from gluepot.errors import ConfigError, EngineError, MissingExtraError
from gluepot.host import children
from gluepot.host.scratch import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gluepot.loader.core.planfile import PlanFile

FEATURE: Final = "engine = 'spark'"
LOOPBACK: Final = "127.0.0.1"
DAEMON: Final = "gluepot.loader.engines.sparkdaemon"
"""What forks the executors' Python processes; it is never loaded here."""

LEAN: Final = {
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""No row goes through Spark, so there is nothing for it to optimise; compiling its plans would take seconds."""

JVM: Final = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Likewise on this machine, whose cores the Python processes need."""

QUIET: Final = """\
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = spark: %m%n
logger.gateway.name = org.apache.spark.api.python.PythonGatewayServer
logger.gateway.level = error
"""
"""What Spark says on this machine: errors, in one line each. A load tells how it gets on itself."""


@contextlib.contextmanager
def session(file: PlanFile) -> Iterator[Any]:
    """Give the session of this process, as under spark-submit; where there is none, one that ends with the context.

    Raises:
        MissingExtraError: PySpark is not installed.
        ConfigError: There is no Java.
        EngineError: Spark did not start.
    """
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - of an extra
    except ImportError:
        raise MissingExtraError.of("spark", FEATURE) from None
    running = SparkSession.getActiveSession()
    if running is not None:
        yield running
        return
    with _started(file, SparkSession.builder) as spark:
        yield spark


@contextlib.contextmanager
def _started(file: PlanFile, builder: Any) -> Iterator[Any]:  # noqa: ANN401 - of PySpark
    with temporary_folder() as folder:
        master = "" if _submitted() else file.spark.master
        settings = {**_settings(master, folder), **file.spark.conf}
        for name, value in {"spark.app.name": f"gluepot {file.source.keyspace}", **settings}.items():
            builder = builder.config(name, value)
        with _environment(_variables(master)):
            spark = _made(builder, master)
        try:
            yield spark
        finally:
            spark.stop()


def _made(builder: Any, master: str) -> Any:  # noqa: ANN401 - of PySpark
    if master and not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        raise ConfigError("Spark needs Java, and there is none here", hint="install Java 17, or set JAVA_HOME")
    try:
        return builder.getOrCreate()
    except Exception as error:
        why = (str(error).strip() or type(error).__name__).splitlines()[0]
        hint = "check spark.master and spark.conf in the plan file, and that Java is 17"
        raise EngineError(f"Spark did not start at {master or 'the master that it was submitted to'}", why, hint) from (
            error
        )


def _submitted() -> bool:
    """Tell whether spark-submit started this process: then master and machines are chosen already."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def is_here(master: str) -> bool:
    """Tell whether a master keeps everything on this machine: `local[...]`, `local-cluster[...]`."""
    return master.startswith("local")


def _settings(master: str, folder: Path) -> dict[str, str]:
    settings = {"spark.python.daemon.module": DAEMON, f"spark.executorEnv.{children.SAFE}": "1", **LEAN}
    if master:
        settings["spark.master"] = master
    if not is_here(master):
        return settings
    quiet = folder / "log4j2.properties"
    quiet.write_text(QUIET, encoding="ascii")
    return {
        **settings,
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={quiet.as_uri()} {JVM}",
        "spark.executor.extraJavaOptions": JVM,
        "spark.ui.enabled": "false",  # it would listen, for as long as the load takes, to show what is shown already
    }


def _variables(master: str) -> dict[str, str]:
    """Name what Spark reads of the environment: workers are this Python, and no port is open to the network."""
    python = {} if "PYSPARK_PYTHON" in os.environ else {"PYSPARK_PYTHON": sys.executable}
    return {**python, **children.variable(), "SPARK_LOCAL_IP": LOOPBACK} if is_here(master) else {}


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables for what is started meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def slots(spark: Any) -> int:  # noqa: ANN401 - a SparkSession
    """Count the tasks that the cluster runs at a time, once it has all the executors that it may have."""
    context = spark.sparkContext
    conf = context.getConf()
    per_task = int(conf.get("spark.task.cpus", "1"))
    cores = int(conf.get("spark.executor.cores", "0"))
    if conf.get("spark.dynamicAllocation.enabled", "false") == "true" and cores:
        most = int(conf.get("spark.dynamicAllocation.maxExecutors", "0") or 0)
        if 0 < most < 2**31 - 1:
            return max(most * cores // per_task, 1)
    configured = int(conf.get("spark.executor.instances", "0")) * cores // per_task
    return max(configured, int(context.defaultParallelism) // per_task, 1)


def attempts(spark: Any) -> int:  # noqa: ANN401 - a SparkSession
    """Say how many failures of one task Spark puts up with; on `local[N]` the first is the last."""
    context = spark.sparkContext
    master = str(context.master)
    if master.startswith("local["):
        return int(master.rstrip("]").partition(",")[2].strip() or 1)
    return 1 if master == "local" else int(context.getConf().get("spark.task.maxFailures", "4"))
