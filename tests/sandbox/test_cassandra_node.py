"""The project's own Cassandra: real, with a password, and ended with whoever started it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.availability import not_available

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot_sandbox.cassandra import Node


def test_it_is_cassandra_5_with_16_vnodes(session: Any) -> None:
    row = session.execute("SELECT release_version, tokens, partitioner FROM system.local").one()
    assert row.release_version.startswith("5.0.")
    assert len(row.tokens) == 16
    assert row.partitioner.endswith("Murmur3Partitioner")


def test_it_asks_for_a_password_that_nobody_knows(node: Node) -> None:
    from cassandra.auth import PlainTextAuthProvider
    from cassandra.cluster import Cluster, NoHostAvailable

    for password in ("cassandra", ""):
        cluster = Cluster([node.host], port=node.port, auth_provider=PlainTextAuthProvider("cassandra", password))
        with pytest.raises(NoHostAvailable, match=r"credentials|Password"):
            cluster.connect()
        cluster.shutdown()


def test_the_password_is_in_no_process_argument_and_no_file(node: Node) -> None:
    arguments = Path(f"/proc/{node.pid}/cmdline").read_bytes() + Path(f"/proc/{node.pid}/environ").read_bytes()
    assert node.password.encode() not in arguments
    plain = [path for path in node.folder.iterdir() if path.is_file()]
    assert [path for path in plain if node.password.encode() in path.read_bytes()] == []


def test_it_listens_on_loopback_only(node: Node) -> None:
    listening = Path(f"/proc/{node.pid}/net/tcp").read_text().splitlines()
    inodes = {str(fd.readlink()) for fd in Path(f"/proc/{node.pid}/fd").iterdir() if fd.is_symlink() and fd.exists()}
    mine = [
        line.split() for line in listening[1:] if f"socket:[{line.split()[9]}]" in inodes and line.split()[3] == "0A"
    ]
    assert {entry[1].partition(":")[0] for entry in mine} <= {"0100007F"}


@pytest.mark.long
def test_killed_and_started_again_it_has_its_data(tmp_path: Path) -> None:
    from gluepot_sandbox import cassandra as server

    if why := server.unavailable():
        not_available(why)
    with server.start(tmp_path / "node", heap="512m") as node:
        session = node.connect()
        session.execute("CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
        session.execute("CREATE TABLE k.t (a int PRIMARY KEY)")
        session.execute("INSERT INTO k.t (a) VALUES (7)")
        time.sleep(1.5)  # the commit log is written every second
        session.cluster.shutdown()
        node.kill()
        node.restart()
        session = node.connect()
        assert session.execute("SELECT a FROM k.t").one().a == 7
        session.cluster.shutdown()


STARTS = """
import sys, threading
from pathlib import Path
from gluepot_sandbox.cassandra.watchdog import WatchedProcess
folder = Path(sys.argv[1])
command = ["sleep", "1000"]
thread = threading.Thread(target=lambda: print(WatchedProcess(command, folder / "log", folder).pid, flush=True))
thread.start()
thread.join()
sys.stdin.readline()
"""


def test_it_outlives_the_thread_that_started_it_but_not_the_process(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    folder.mkdir()
    arguments = [sys.executable, "-c", STARTS, str(folder)]
    parent = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    time.sleep(0.3)
    assert is_running(pid)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    assert eventually(lambda: not is_running(pid))
    assert eventually(lambda: not folder.exists())


def test_it_hears_no_signal_of_the_terminal(node: Node) -> None:
    assert os.getsid(node.pid) != os.getsid(0)


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    with contextlib.suppress(OSError):
        return "\nState:\tZ" not in status.read_text()
    return False


def eventually(holds: Callable[[], bool]) -> bool:
    for _ in range(200):
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_what_does_not_start_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    from gluepot.errors import OutputError
    from gluepot_sandbox import cassandra as server

    if why := server.unavailable():
        not_available(why)
    with pytest.raises(OutputError, match="it ended with 1") as caught:
        server.start(tmp_path, heap="none")
    assert "Invalid maximum heap size" in caught.value.hint


@pytest.mark.long
def test_two_nodes_share_a_ring() -> None:
    from gluepot_sandbox import cassandra as server

    with server.ring(2) as ring:
        session = ring.nodes[0].connect()
        peers = 0
        for _ in range(300):  # the first node hears of the second by gossip, which takes a moment
            peers = session.execute("SELECT count(*) FROM system.peers_v2").one()[0]
            if peers:
                break
            time.sleep(0.1)
        assert peers == 1
        session.cluster.shutdown()
