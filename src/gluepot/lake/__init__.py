"""The lake side of a load: types, names, fidelity, staged Parquet files, and the one commit of each table."""

from gluepot.aws import trust  # noqa: F401 - before anything here loads Arrow's file systems
