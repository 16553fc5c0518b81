"""The JDBC URL of a plan's source: placeholders in place of the secret, always."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from gluepot.loader.core.planfile import PlanFile, SourceSection


DELIMITER: Final = "&"
LOGIN: Final = "user=${user}&password=${password}"
"""Glue puts the secret's values in place of these when the job connects (custom connectors, "JDBC URL format")."""

CASSANDRA_CLASS: Final = "com.ing.data.cassandra.jdbc.CassandraDriver"


def url_of(file: PlanFile) -> str:
    """Give a plan's JDBC URL: its own, else one of its source."""
    given = file.jdbc.url if file.jdbc is not None else ""
    return given or (_astra(file.source) if file.source.is_astra else _cassandra(file.source))


def _astra(source: SourceSection) -> str:
    """Write it as https://github.com/DataStax-Examples/astra-jdbc-connector has it: database, keyspace, login."""
    return f"jdbc:astra://{quote(source.database)}/{quote(source.keyspace)}?{LOGIN}"


def _cassandra(source: SourceSection) -> str:
    """Write it as https://github.com/ing-bank/cassandra-jdbc-wrapper has it: hosts with `--` between, one port."""
    hosts = "--".join(source.contact_points)
    centre = f"localdatacenter={quote(source.datacenter)}&" if source.datacenter else ""
    return f"jdbc:cassandra://{hosts}:{source.port}/{quote(source.keyspace)}?{centre}{LOGIN}"
