"""Airflow's connections as gluepot reads them, where there is no Airflow: the attributes of its `Connection`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gluepot.airflow.connections import missing


@dataclass
class Conn:
    """A connection; `extra` is JSON, as Airflow keeps it."""

    conn_id: str = "c"
    conn_type: str | None = "aws"
    host: str | None = None
    schema: str | None = None
    login: str | None = None
    password: str | None = None
    port: int | None = None
    extra: str = ""

    @property
    def extra_dejson(self) -> dict[str, Any]:
        """Read the extra."""
        found: dict[str, Any] = json.loads(self.extra) if self.extra else {}
        return found


def conn(conn_type: str = "aws", /, conn_id: str = "c", extra: Any = None, **fields: Any) -> Conn:
    """Make a connection."""
    text = extra if isinstance(extra, str) else json.dumps(extra) if extra else ""
    return Conn(conn_id=conn_id, conn_type=conn_type, extra=text, **fields)


class Book:
    """Connections by their ids, as Airflow would find them."""

    def __init__(self, **conns: Conn) -> None:
        """Keep them."""
        self._conns = conns
        self.asked: list[str] = []

    def __call__(self, conn_id: str) -> Conn:
        """Find one."""
        self.asked.append(conn_id)
        if conn_id not in self._conns:
            raise missing(conn_id)
        return self._conns[conn_id]
