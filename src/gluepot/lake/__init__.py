"""The lake side of a load: types, names, fidelity, staged Parquet files, and the one commit of each table."""
