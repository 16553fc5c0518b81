"""Astra as its clients see it, in front of a node of ours: token, bundle, metadata, proxy, DevOps API."""

from __future__ import annotations

import contextlib
import io
import json
import secrets
import uuid
import zipfile
from typing import TYPE_CHECKING, Any, Final, Self

from gluepot.cassandra.cql import quoted
from gluepot.host.scratch import temporary_folder
from gluepot_sandbox.astra.certificates import Authority
from gluepot_sandbox.astra.endpoints import DevOps, Endpoint, metadata
from gluepot_sandbox.astra.sniproxy import SniProxy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot_sandbox.cassandra import Node

USER: Final = "token"
_MAY: Final = ("SELECT", "MODIFY", "ALTER", "DROP")


class Astra:
    """A database of an organisation on Astra; as a context manager it is closed at the end.

    Args:
        node: The node behind it; others of its ring are found through it.
        token: The application token; a new one when empty.
        database: The database's name.
        keyspaces: Where the token may create tables. No token may create a keyspace, as on Astra.
        regions: Of the database; each has a bundle of its own.
        others: How many further databases the organisation has; the API lists them first.

    Attributes:
        devops_url: The DevOps API, http on loopback.
        bundle_path: The first region's secure connect bundle, in a folder of ours.
        database_id: As the API knows the database.
        devops: What the API was asked (`calls`), and what it answers next (`failures`: HTTP statuses).
        proxy: The SNI proxy: server names of its connections (`names`), and `cut()`.
    """

    def __init__(
        self,
        node: Node,
        *,
        token: str = "",
        database: str = "astraglue_db",
        keyspaces: Sequence[str] = (),
        regions: Sequence[str] = ("eu-west-1",),
        others: int = 0,
    ) -> None:
        self.node = node
        self.token = token or f"AstraCS:{secrets.token_urlsafe(18)}:{secrets.token_hex(32)}"
        self.database = database
        self.database_id = str(uuid.uuid4())
        self.region = regions[0]
        self._kept = contextlib.ExitStack()
        folder = self._kept.enter_context(temporary_folder())
        datacenter, nodes = self._prepared(keyspaces)
        authority = Authority()
        self.proxy = SniProxy(authority.context(), nodes)
        answers = metadata(self.region, datacenter, list(nodes), self.proxy.port)
        self._metadata = Endpoint(answers, authority.context())
        bundle = _bundle(authority, self._metadata.port, self.proxy.port, datacenter)
        self.bundle_path = folder / f"secure-connect-{database}.zip"
        self.bundle_path.touch(mode=0o600)
        self.bundle_path.write_bytes(bundle)
        listed = [_listed(str(uuid.uuid4()), f"other_{number}", self.region) for number in range(others)]
        mine = _listed(self.database_id, database, self.region)
        self.devops = DevOps(self.token, mine, listed, dict.fromkeys(regions, bundle))
        self._devops = Endpoint(self.devops.answer)
        self.devops_url = self.devops.url = f"http://127.0.0.1:{self._devops.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Astra({self.database}, {self.region})"

    def expire(self) -> None:
        """Make the token one that nobody knows any more, neither the API nor the database."""
        self.devops.token = ""
        self._execute(f"ALTER ROLE {quoted(USER)} WITH PASSWORD = '{secrets.token_hex(32)}'")
        self.proxy.cut()

    def close(self) -> None:
        """Stop everything but the node."""
        self._devops.close()
        self._metadata.close()
        self.proxy.close()
        self._kept.close()

    def _prepared(self, keyspaces: Sequence[str]) -> tuple[str, dict[str, tuple[str, int]]]:
        """Make the token a user of the node, and say its data centre and where its ring's nodes are."""
        role = quoted(USER)
        password = self.token.replace("'", "''")
        grants = [f"GRANT {privilege} ON ALL KEYSPACES TO {role}" for privilege in _MAY]
        grants += [f"GRANT CREATE ON KEYSPACE {quoted(keyspace)} TO {role}" for keyspace in keyspaces]
        made = f"CREATE ROLE IF NOT EXISTS {role} WITH LOGIN = true"
        local, *peers = self._execute(
            made,
            f"ALTER ROLE {role} WITH PASSWORD = '{password}'",
            *grants,
            "SELECT host_id, rpc_address, data_center FROM system.local",
            "SELECT host_id, rpc_address, data_center FROM system.peers",
        )
        hosts = {str(row.host_id): (str(row.rpc_address), self.node.port) for row in (local, *peers)}
        return local.data_center, hosts

    def _execute(self, *statements: str) -> list[Any]:
        """Run statements as the node's administrator, and give all rows."""
        session = self.node.connect()
        try:
            return [row for statement in statements for row in session.execute(statement, timeout=60)]
        finally:
            session.cluster.shutdown()


def start(node: Node, **more: Any) -> Astra:  # noqa: ANN401 - Astra's own
    """Put Astra in front of a node.

    Args:
        node: The node; it gets a user `token`, whose password is the token.
        more: `token`, `database`, `keyspaces`, `regions`, `others`: see `Astra`.

    Raises:
        MissingExtraError: The `demo` extra is not installed.
    """
    return Astra(node, **more)


def _bundle(authority: Authority, port: int, cql_port: int, datacenter: str) -> bytes:
    """Zip what Astra's bundles hold and drivers read."""
    config = {
        "host": "127.0.0.1",
        "port": port,
        "cql_port": cql_port,
        "keyspace": "",
        "localDC": datacenter,
        "caCertLocation": "./ca.crt",
        "certLocation": "./cert",
        "keyLocation": "./key",
    }
    client = authority.client()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as bundle:
        bundle.writestr("config.json", json.dumps(config))
        bundle.writestr("ca.crt", authority.certificate)
        bundle.writestr("cert", client.certificate)
        bundle.writestr("key", client.key)
    return made.getvalue()


def _listed(key: str, name: str, region: str) -> dict[str, Any]:
    """Describe a database as the API lists it, as far as anybody reads it."""
    return {"id": key, "status": "ACTIVE", "info": {"name": name, "region": region, "cloudProvider": "AWS"}}
