"""One node: started, watched, stopped, killed and started again."""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from gluepot.errors import OutputError
from gluepot_sandbox.cassandra import artefacts, settings
from gluepot_sandbox.cassandra.watchdog import WatchedProcess

if TYPE_CHECKING:
    from collections.abc import Callable

USER: Final = "cassandra"
FIRST_PASSWORD: Final = "cassandra"  # noqa: S105 - Cassandra's own, known to everybody; it is changed before the node is given out
PATIENCE: Final = 180
"""Seconds until a node answers, on a machine that is busy."""

SECONDS_TO_END: Final = 30
LINES: Final = 15


class Node:
    """A running node. As a context manager it is stopped and its folder removed at the end.

    Args:
        folder: Its data, log and configuration.
        host: The address it listens on.
        port: Of CQL.
        storage_port: Between nodes.
        seed: `HOST:PORT` of the ring's first node.
        heap: Of its JVM, at most.
        lean: Whether it starts quickly and stays small; see `settings.arguments`.
        is_ours: Whether the folder is removed with the node.
    """

    user = USER

    def __init__(  # noqa: PLR0913 - a node's places
        self, folder: Path, host: str, port: int, *, storage_port: int, seed: str, heap: str, lean: bool, is_ours: bool
    ) -> None:
        self.folder = folder
        self.host = host
        self.port = port
        self.storage_port = storage_port
        self.password = FIRST_PASSWORD
        self._seed = seed
        self._heap = heap
        self._lean = lean
        self._is_ours = is_ours
        self._process: WatchedProcess | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_ours:  # nobody will read what it would write down before it ends
            self.kill()
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            self.stop()

    def __repr__(self) -> str:
        return f"Node({self.host}:{self.port})"

    @property
    def pid(self) -> int:
        """The process's id; 0 while it does not run."""
        return self._process.pid if self._process else 0

    def ended(self) -> int | None:
        """Give the exit code of a process that ended by itself; None while it runs."""
        return self._process.ended() if self._process else None

    def run(self) -> None:
        """Start the process, and wait until it answers CQL with the password.

        Raises:
            OutputError: It did not start; the end of its log is told.
        """
        settings.write(self.folder, self.host, self.port, self.storage_port, self._seed, lean=self._lean)
        lib = artefacts.jars()
        agent = next(lib.glob("jamm-*.jar"))
        command = [
            artefacts.java(),
            f"-javaagent:{agent}",
            *settings.arguments(self.folder, self._heap, lean=self._lean, forgets=self._is_ours, joins=self._joins),
            "-cp",
            f"{lib}/*",
            "org.apache.cassandra.service.CassandraDaemon",
        ]
        self._process = WatchedProcess(command, self.folder / "log", self.folder if self._is_ours else None)
        self._wait()

    @property
    def _joins(self) -> bool:
        return self._seed != f"{self.host}:{self.storage_port}"

    def kill(self) -> None:
        """Kill it, as a power cut would; `restart` starts it again with what a folder of its own holds."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Start it again, on the same ports, with its data."""
        self.stop()
        self.run()

    def connect(self, **more: Any) -> Any:  # noqa: ANN401 - a driver session
        """Make a driver session; its cluster is the caller's to shut down.

        Args:
            more: Further arguments of the driver's Cluster.
        """
        return _session(self.host, self.port, self.password, **more)

    def _end(self, with_signal: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.end(with_signal, SECONDS_TO_END)

    def _wait(self) -> None:
        """Wait until the password works; the first time, change it from the one that everybody knows."""
        session = self._until(self._slowly)
        try:
            if self.password == FIRST_PASSWORD:
                password = secrets.token_urlsafe(24)
                # a literal: CQL takes no marker here, and the alphabet holds no quote
                self._until(lambda: session.execute(f"ALTER ROLE {USER} WITH PASSWORD = '{password}'", timeout=30))
                self.password = password
        finally:
            session.cluster.shutdown()
        # nodes keep what they know of passwords for a moment
        self._until(self._slowly).cluster.shutdown()

    def _slowly(self) -> Any:  # noqa: ANN401 - a driver session
        return self.connect(connect_timeout=20, control_connection_timeout=20)

    def _until(self, attempt: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the attempt gives
        from cassandra import DriverException, RequestExecutionException  # noqa: PLC0415 - the driver is slow to load
        from cassandra.cluster import NoHostAvailable  # noqa: PLC0415 - the driver is slow to load

        end = time.monotonic() + PATIENCE
        while True:
            self._check()
            try:
                if _listens(self.host, self.port):
                    return attempt()
            except (DriverException, NoHostAvailable, RequestExecutionException, OSError) as error:
                if time.monotonic() > end:
                    raise self._failed(f"it does not answer: {error}") from error
            if time.monotonic() > end:
                raise self._failed(f"it did not listen within {PATIENCE} seconds")
            time.sleep(0.1)

    def _check(self) -> None:
        ended = self.ended()
        if ended is not None:
            raise self._failed(f"it ended with {ended}")

    def _failed(self, why: str) -> OutputError:
        log = (self.folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()[-LINES:]
        self.kill()
        return OutputError("Cassandra did not start", why, "the end of its log:\n" + "\n".join(log))


def start(folder: Path | None = None, *, heap: str = "640m", lean: bool = True) -> Node:
    """Start a node on 127.0.0.1, with free ports and a password of its own.

    Args:
        folder: Where its data go; a temporary one, removed with the node, when not given.
        heap: Of its JVM, at most.
        lean: Start quickly and stay small; False for measurements, where the node is to reach its full speed.

    Raises:
        OutputError: It cannot be had, or did not start.
    """
    why = artefacts.unavailable()
    if why:
        raise OutputError("no Cassandra can be started here", why)
    place = folder or Path(tempfile.mkdtemp(prefix="gluepot-cassandra-"))
    place.mkdir(parents=True, exist_ok=True)
    port, storage_port = free_ports(2)
    seed = f"127.0.0.1:{storage_port}"
    node = Node(
        place, "127.0.0.1", port, storage_port=storage_port, seed=seed, heap=heap, lean=lean, is_ours=folder is None
    )
    try:
        node.run()
    except BaseException:
        node.__exit__()
        raise
    return node


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Find ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for listener in sockets:
            listener.bind((host, 0))
        return [listener.getsockname()[1] for listener in sockets]
    finally:
        for listener in sockets:
            listener.close()


def _session(host: str, port: int, password: str, **more: Any) -> Any:  # noqa: ANN401 - a driver session
    from cassandra.auth import PlainTextAuthProvider  # noqa: PLC0415 - the driver is slow to load
    from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile  # noqa: PLC0415 - likewise
    from cassandra.policies import WhiteListRoundRobinPolicy  # noqa: PLC0415 - likewise

    profile = ExecutionProfile(load_balancing_policy=WhiteListRoundRobinPolicy([host]), request_timeout=30)
    cluster = Cluster(
        [host],
        port=port,
        auth_provider=PlainTextAuthProvider(USER, password),
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        **{"protocol_version": 4, **more},
    )
    try:
        return cluster.connect()
    except BaseException:
        cluster.shutdown()
        raise


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
