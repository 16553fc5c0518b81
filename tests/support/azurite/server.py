"""Azurite, the Azure Blob emulator: installed where it is missing, started on a free port, spoken to by hand."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import hmac
import http.client
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from tests.support.availability import not_available

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

HERE: Final = Path(__file__).parent
MODULES: Final = HERE / "node_modules"
MAIN: Final = MODULES / "azurite" / "dist" / "src" / "blob" / "main.js"
STAMP: Final = MODULES / ".gluepot-lock"

ACCOUNT: Final = "devstoreaccount1"
KEY: Final = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The emulator's documented account and key: https://learn.microsoft.com/azure/storage/common/storage-use-azurite"""

VERSION: Final = "2020-12-06"
INSTALL_SECONDS: Final = 240
START_SECONDS: Final = 60

_LISTENS = re.compile(r"successfully listens on http://127\.0\.0\.1:(\d+)")


@dataclass(frozen=True)
class Azurite:
    """A running emulator.

    Args:
        port: Where it listens, on 127.0.0.1.
    """

    port: int

    def url(self, container: str, prefix: str = "") -> str:
        """Give the landing URL of a prefix in a container."""
        return f"http://127.0.0.1:{self.port}/{ACCOUNT}/{container}/{prefix}".rstrip("/")

    def create_container(self, name: str) -> None:
        """Create a container with the account's key."""
        headers = {"x-ms-date": f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S GMT}", "x-ms-version": VERSION}
        canonical = "".join(f"{key}:{value}\n" for key, value in headers.items())
        to_sign = f"PUT{12 * chr(10)}{canonical}/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{signature(to_sign)}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("PUT", f"/{ACCOUNT}/{name}?restype=container", headers=headers)
            answer = connection.getresponse()
            assert answer.status == http.HTTPStatus.CREATED, answer.read()


def sas(container: str, permissions: str, *, lives: timedelta = timedelta(hours=1)) -> str:
    """Sign a service SAS for one container.

    https://learn.microsoft.com/rest/api/storageservices/create-service-sas#version-2020-12-06-and-later

    Args:
        container: The container it opens.
        permissions: In the documented order, for example `cw` to create and write, but not to read or list.
        lives: How long from now.
    """
    expiry = f"{datetime.now(UTC) + lives:%Y-%m-%dT%H:%M:%SZ}"
    resource = f"/blob/{ACCOUNT}/{container}"
    start = identifier = address = protocol = snapshot = scope = ""
    to_sign = [permissions, start, expiry, resource, identifier, address, protocol, VERSION, "c", snapshot, scope]
    response_headers = ["", "", "", "", ""]
    signed = quote(signature("\n".join(to_sign + response_headers)), safe="")
    return f"sv={VERSION}&se={quote(expiry, safe='')}&sr=c&sp={permissions}&sig={signed}"


def signature(text: str) -> str:
    """Sign a text with the account's key."""
    return base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Azurite]:
    """Run azurite on a free port, with its data in a folder; a test that needs it is not run where it cannot."""
    install()
    node = shutil.which("node") or "node"
    listen = ["--blobHost", "127.0.0.1", "--blobPort", "0", "--skipApiVersionCheck", "--disableTelemetry"]
    command = [node, str(MAIN), *listen, "--location", str(folder), "--silent"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder) as server:
        watchdog = threading.Timer(START_SECONDS, server.kill)
        watchdog.start()
        try:
            assert server.stdout is not None
            port = _port(server.stdout)
            watchdog.cancel()
            # an unread pipe would fill up and stop the server
            threading.Thread(target=server.stdout.read, daemon=True).start()
            yield Azurite(port)
        finally:
            watchdog.cancel()
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()


def install() -> None:
    """Install what the lock file names into a git-ignored folder, once."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        not_available("azurite needs node and npm, which are not installed")
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    with (HERE / "package.json").open("rb") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)  # two test runs at once install once
        if MAIN.exists() and STAMP.exists() and STAMP.read_text() == lock:
            return
        command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        try:
            done = subprocess.run(
                command, cwd=HERE, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            not_available(f"azurite could not be installed: npm ci took over {INSTALL_SECONDS} s")
        if done.returncode:
            not_available(f"azurite could not be installed: npm ci ended with {done.returncode}")
        STAMP.write_text(lock)


def _port(output: IO[str]) -> int:
    said = []
    for line in output:
        said.append(line)
        if found := _LISTENS.search(line):
            return int(found[1])
    raise AssertionError(f"azurite did not start: {''.join(said)[-2000:]}")
