"""The JDBC URL of a plan's source: placeholders in place of the secret, always."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from gluepot.loader.core.planfile import PlanFile, SourceSection

LONGEST: Final = 1024
"""Characters that Glue takes of it (https://docs.aws.amazon.com/glue/latest/webapi/API_Connection.html)."""

DELIMITER: Final = "&"
LOGIN: Final = "user=${user}&password=${password}"
"""Glue puts the secret's values in place of these when the job connects (custom connectors, "JDBC URL format")."""

CASSANDRA_CLASS: Final = "com.ing.data.cassandra.jdbc.CassandraDriver"

_SECRETS: Final = re.compile(r"(?i)(password|token|secret|pwd)=(?!\$\{)|AstraCS:|//[^/?@]*:[^/?@]*@")


def url_of(file: PlanFile) -> str:
    """Give a plan's JDBC URL: its own, else one of its source."""
    given = file.jdbc.url if file.jdbc is not None else ""
    return given or (_astra(file.source) if is_astra(file.source) else _cassandra(file.source))


def is_astra(source: SourceSection) -> bool:
    """Tell whether the source is Astra."""
    return bool(source.token or source.bundle or source.database)


def problem(url: str) -> str:
    """Say what a URL must not be; never with a word of it. Empty for nothing."""
    if _SECRETS.search(url):
        return "holds a password or a token: Glue would show it to everybody who may see connections"
    if not url.startswith("jdbc:"):
        return "does not begin with jdbc:"
    if len(url) > LONGEST:
        return f"has {len(url):,} characters; Glue takes {LONGEST:,}"
    if "${user}" not in url or "${password}" not in url:
        return "lacks ${user} or ${password}, into which Glue puts the secret's values"
    return ""


def _astra(source: SourceSection) -> str:
    """Write it as https://github.com/DataStax-Examples/astra-jdbc-connector has it: database, keyspace, login."""
    return f"jdbc:astra://{quote(source.database)}/{quote(source.keyspace)}?{LOGIN}"


def _cassandra(source: SourceSection) -> str:
    """Write it as https://github.com/ing-bank/cassandra-jdbc-wrapper has it: hosts with `--` between, one port."""
    hosts = "--".join(source.contact_points)
    centre = f"localdatacenter={quote(source.datacenter)}&" if source.datacenter else ""
    return f"jdbc:cassandra://{hosts}:{source.port}/{quote(source.keyspace)}?{centre}{LOGIN}"
