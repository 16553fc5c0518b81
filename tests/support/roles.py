"""A role of Cassandra that is no superuser, so that permissions and masks are in force for it."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gluepot.cassandra.connect import connect
from gluepot.cassandra.source import Source
from gluepot.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.cassandra.connect import Connected
    from gluepot_sandbox.cassandra import Node


@dataclass(frozen=True)
class Role:
    """A role that may log in, and nothing else until it is granted something.

    Args:
        node: The node.
        session: The superuser's session.
        name: Its name.
        password: Its password.
    """

    node: Node
    session: Any
    name: str
    password: str

    def grant(self, permission: str, on: str) -> None:
        """Let it do something."""
        self.session.execute(f"GRANT {permission} ON {on} TO {self.name}")

    def revoke(self, permission: str, on: str) -> None:
        """Forbid it again."""
        self.session.execute(f"REVOKE {permission} ON {on} FROM {self.name}")

    @property
    def source(self) -> Source:
        """Where it connects to, and with what."""
        password = Secret(self.password)
        return Source(contact_points=(self.node.host,), port=self.node.port, user=self.name, password=password)

    @contextlib.contextmanager
    def connected(self) -> Iterator[Connected]:
        """Connect as it."""
        with connect(self.source) as connected:
            yield connected


@contextlib.contextmanager
def made(node: Node, session: Any, name: str) -> Iterator[Role]:
    """Make a role, and drop it in the end."""
    password = secrets.token_urlsafe(12)
    session.execute(f"CREATE ROLE {name} WITH PASSWORD = '{password}' AND LOGIN = true")
    yield Role(node, session, name, password)
    session.execute(f"DROP ROLE {name}")
