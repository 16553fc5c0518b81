"""Athena: run one statement and take its answer, and prove in SQL that loaded tables are what was staged."""
