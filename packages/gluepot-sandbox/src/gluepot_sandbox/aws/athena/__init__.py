"""Athena, emulated so that statements really run: its SQL translated for DuckDB, over the emulated Glue's tables."""
