"""PySpark's daemon, with what a load's tasks need loaded before it forks their processes.

Each executor has one daemon, and a worker process for each of its cores. Loading pyarrow and pyiceberg takes
seconds of CPU: done here it is done once, and the workers share the memory. Spark starts it by its name,
`spark.python.daemon.module`. Nothing that is loaded starts a thread before it is used, so that forking is safe.
"""

from __future__ import annotations

import gluepot.cassandra.connect
import gluepot.cassandra.reader
import gluepot.lake.commit.lake
import gluepot.lake.convert.convert
import gluepot.lake.convert.transform
import gluepot.loader.core.connect
import gluepot.loader.engines.sparktask  # noqa: F401 - all of them are loaded for the workers' sake


def main() -> None:
    """Serve until the executor ends."""
    from pyspark.daemon import manager  # noqa: PLC0415 - of an extra

    manager()  # type: ignore[no-untyped-call] # of PySpark


if __name__ == "__main__":
    main()
