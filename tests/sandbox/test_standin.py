"""The stand-in for Astra: what the stock driver's cloud path and the DevOps API's clients find there."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import urllib.error
import urllib.request
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from gluepot.cassandra import bundle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gluepot_sandbox.astra import Astra
    from gluepot_sandbox.cassandra import Node

# the stock driver asks for a protocol by a name that Python has retired
STOCK = pytest.mark.filterwarnings("ignore:ssl.PROTOCOL_TLS is deprecated:DeprecationWarning")


@pytest.fixture(scope="module")
def astra(node: Node) -> Iterator[Astra]:
    from gluepot_sandbox import astra as standin

    with standin.start(node, regions=["eu-west-1", "us-east1"], others=120) as started:
        yield started


def stock(astra: Astra, token: str = "", path: Path | None = None) -> Any:
    """Make a cluster as the driver's documentation does for Astra."""
    from cassandra.auth import PlainTextAuthProvider
    from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile

    return Cluster(
        cloud={"secure_connect_bundle": str(path or astra.bundle_path), "use_default_tempdir": True},
        auth_provider=PlainTextAuthProvider("token", token or astra.token),
        execution_profiles={EXEC_PROFILE_DEFAULT: ExecutionProfile(request_timeout=30)},
        protocol_version=4,
        connect_timeout=20,
    )


def call(astra: Astra, path: str, method: str = "GET", token: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {astra.token if token is None else token}"}
    request = urllib.request.Request(astra.devops_url + path, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def status(astra: Astra, path: str, method: str = "GET", token: str | None = None) -> int:
    with pytest.raises(urllib.error.HTTPError) as caught:
        call(astra, path, method, token)
    caught.value.close()
    return caught.value.code


@STOCK
def test_the_stock_driver_reads_and_writes_through_bundle_proxy_and_token(astra: Astra, session: Any) -> None:
    session.execute("CREATE KEYSPACE cloudy WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
    session.execute("CREATE TABLE cloudy.t (a int PRIMARY KEY, b text)")
    cluster = stock(astra)
    cloud = cluster.connect("cloudy")
    cloud.execute("INSERT INTO t (a, b) VALUES (1, %s)", ["x" * 200_000])
    assert [row.a for row in session.execute("SELECT a FROM cloudy.t")] == [1]
    assert len(cloud.execute("SELECT b FROM t").one().b) == 200_000
    cluster.shutdown()
    (host_id,) = [str(row.host_id) for row in session.execute("SELECT host_id FROM system.local")]
    assert set(astra.proxy.names) == {host_id}


@STOCK
def test_no_token_makes_keyspaces(astra: Astra) -> None:
    from cassandra import Unauthorized

    cluster = stock(astra)
    replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}"
    with pytest.raises(Unauthorized):
        cluster.connect().execute(f"CREATE KEYSPACE mine WITH replication = {replication}")
    cluster.shutdown()


@STOCK
def test_a_wrong_token_is_refused(astra: Astra) -> None:
    from cassandra.cluster import NoHostAvailable

    cluster = stock(astra, token="AstraCS:wrong")
    with pytest.raises(NoHostAvailable, match=r"[Cc]redentials|username and/or password"):
        cluster.connect()
    cluster.shutdown()


def test_nothing_is_served_without_the_bundles_certificate(astra: Astra) -> None:
    config = json.loads(zipfile.ZipFile(astra.bundle_path).read("config.json"))
    anybody = ssl.create_default_context()
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    host_id = next(iter(astra.proxy.nodes))
    for port, sent in ((config["port"], METADATA), (config["cql_port"], OPTIONS)):
        assert served(port, anybody, host_id, sent) == b""
        assert served(port, bundle.context(astra.bundle_path), host_id, sent) != b""


def test_a_server_name_that_is_no_nodes_is_refused(astra: Astra) -> None:
    context = bundle.context(astra.bundle_path)
    assert served(astra.proxy.port, context, "8d0b0f3e-0000-4000-8000-000000000000", OPTIONS) == b""


METADATA = b"GET /metadata HTTP/1.1\r\n\r\n"
OPTIONS = b"\x04\x00\x00\x00\x05\x00\x00\x00\x00"
"""CQL's request for what the node supports, which needs no password."""


def served(port: int, context: ssl.SSLContext, name: str, sent: bytes) -> bytes:
    """Send something; what comes back, or nothing where the connection is refused."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        contextlib.suppress(OSError),
        context.wrap_socket(plain, server_hostname=name) as encrypted,
    ):
        encrypted.sendall(sent)
        return encrypted.recv(100)
    return b""


def test_databases_come_in_pages_of_at_most_100(astra: Astra) -> None:
    first = call(astra, "/v2/databases?limit=1000")
    assert len(first) == 100
    rest = call(astra, f"/v2/databases?limit=100&starting_after={first[-1]['id']}")
    assert len(rest) == 21
    assert [one["id"] for one in first + rest if one["info"]["name"] == astra.database] == [astra.database_id]
    assert len(call(astra, "/v2/databases")) == 25


def test_each_region_has_a_link_that_needs_no_token(astra: Astra, tmp_path: Path) -> None:
    links = call(astra, f"/v2/databases/{astra.database_id}/secureBundleURL?all=true", "POST")
    assert [one["region"] for one in links] == ["eu-west-1", "us-east1"]
    one = call(astra, f"/v2/databases/{astra.database_id}/secureBundleURL", "POST")
    path = tmp_path / "bundle.zip"
    with urllib.request.urlopen(one["downloadURL"], timeout=30) as answer:
        path.write_bytes(answer.read())
    assert set(zipfile.ZipFile(path).namelist()) >= {"config.json", "ca.crt", "cert", "key"}
    assert astra.token.encode() not in path.read_bytes()


@pytest.mark.parametrize("token", ["", "AstraCS:wrong"])
def test_the_api_refuses_other_tokens(astra: Astra, token: str) -> None:
    assert status(astra, "/v2/databases", token=token) == 401
    assert status(astra, f"/v2/databases/{astra.database_id}/secureBundleURL", "POST", token) == 401


def test_the_api_knows_its_databases_only(astra: Astra) -> None:
    assert status(astra, "/v2/databases/nobody") == 404
    assert status(astra, "/v2/databases/nobody/secureBundleURL", "POST") == 404


def test_the_api_fails_as_often_as_it_is_told(astra: Astra) -> None:
    astra.devops.failures.extend([503, 429])
    assert [status(astra, "/v2/databases"), status(astra, "/v2/databases")] == [503, 429]
    assert call(astra, f"/v2/databases/{astra.database_id}")["id"] == astra.database_id


@STOCK
def test_an_expired_token_opens_nothing_any_more(node: Node) -> None:
    from cassandra.cluster import NoHostAvailable

    from gluepot_sandbox import astra as standin

    with standin.start(node) as astra:
        assert len(call(astra, "/v2/databases")) == 1
        astra.expire()
        assert status(astra, "/v2/databases") == 401
        cluster = stock(astra)
        with pytest.raises(NoHostAvailable):
            cluster.connect()
        cluster.shutdown()


def test_the_token_is_in_nothing_that_is_printed(astra: Astra) -> None:
    assert astra.token not in repr(astra) + repr(astra.devops) + " ".join(astra.devops.calls)
