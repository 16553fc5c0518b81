"""Start the emulator as a process of its own, and talk to it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import msgspec

from gluepot.errors import GluepotError, MissingExtraError
from gluepot.host import children
from gluepot_sandbox.aws.settings import DEFAULT_REGION, Call, Settings

if TYPE_CHECKING:
    from types import TracebackType

ACCESS_KEY = "AKIAEMULATEDKEY00000"
SECRET_KEY = "emulated-secret-key-of-no-account-000000"  # noqa: S105 - opens nothing
STOP_SECONDS = 10


class Emulator:
    """A running emulator; a context manager that stops it.

    Args:
        process: The emulator's process; None for one that somebody else runs.
        url: Where it listens.
        log: Its standard error.
    """

    def __init__(self, process: subprocess.Popen[bytes] | None, url: str, log: IO[bytes] | None = None) -> None:
        """Keep the process; `start` makes it."""
        self.process = process
        self.url = url
        self._log = log
        self._clients: dict[tuple[str, str, str], Any] = {}
        # a proxy of the machine must not come between
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def __enter__(self) -> Self:
        """Hand out the emulator."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    def stop(self) -> None:
        """Stop the process and wait for its end."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    pipe.close()
            self.process = None
        if self._log is not None:
            self._log.close()
            self._log = None

    def ended(self) -> int | None:
        """Give the exit code of its process; None while it runs."""
        return self.process.poll() if self.process else None

    def environment(self, access_key: str = ACCESS_KEY, region: str = DEFAULT_REGION) -> dict[str, str]:
        """Say the variables with which an AWS client finds the emulator and nothing else.

        Unset `AWS_PROFILE` and `AWS_SESSION_TOKEN` beside them: both would win over the keys.
        """
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_ALLOW_HTTP": "true",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def session(self, access_key: str = ACCESS_KEY, region: str = DEFAULT_REGION) -> Any:  # noqa: ANN401 - boto3's types are generated
        """Make a boto3 session with the emulator's keys; its clients still need `endpoint_url`, see `client`."""
        import boto3  # noqa: PLC0415 - lazy: start-up

        return boto3.Session(aws_access_key_id=access_key, aws_secret_access_key=SECRET_KEY, region_name=region)

    def client(self, service: str, access_key: str = ACCESS_KEY, region: str = DEFAULT_REGION, **more: object) -> Any:  # noqa: ANN401 - boto3's types are generated
        """Give a boto3 client that talks to the emulator.

        A plain one is made once: its models take longer to load than most calls take.
        """
        if more:
            return self.session(access_key, region).client(service, endpoint_url=self.url, **more)
        key = (service, access_key, region)
        if key not in self._clients:
            self._clients[key] = self.session(access_key, region).client(service, endpoint_url=self.url)
        return self._clients[key]

    def settings(self, settings: Settings | None = None) -> Settings:
        """Replace all settings, where some are given, and return those in force."""
        body = msgspec.json.encode(settings) if settings is not None else b""
        return msgspec.json.decode(self._post("settings", body), type=Settings)

    def change(self, **fields: object) -> Settings:
        """Replace some fields of the settings; values are structs or what they look like in JSON."""
        return msgspec.json.decode(self._post("change", msgspec.json.encode(fields)), type=Settings)

    def add(self, **fields: object) -> Settings:
        """Add to fields of the settings that are lists (`seeds`, `faults`, ...) or tables (`accounts`, ...)."""
        return msgspec.json.decode(self._post("add", msgspec.json.encode(fields)), type=Settings)

    def calls(self, operation: str = "", service: str = "") -> list[Call]:
        """List the calls answered since the start, the last `forget` or the last `reset`."""
        calls = msgspec.json.decode(self._post("calls"), type=list[Call])
        return [c for c in calls if operation in {"", c.operation} and service in {"", c.service}]

    def forget(self) -> None:
        """Forget the calls."""
        self._post("forget")

    def struck(self) -> list[int]:
        """Say how many calls each fault has struck since it was set, with those that still wait for their answer."""
        return msgspec.json.decode(self._post("struck"), type=list[int])

    def invalid(self) -> list[str]:
        """List what was wrong with answers that the emulator made: none, or it has a bug."""
        return msgspec.json.decode(self._post("invalid"), type=list[str])

    def revoke(self, role: str = "*") -> int:
        """Kill issued credentials of the roles that match a glob; returns how many sessions died."""
        return msgspec.json.decode(self._post("revoke", msgspec.json.encode(role)), type=int)

    def reset(self, settings: Settings | None = None) -> None:
        """Go back to the beginning: no calls, sessions, databases or objects; default settings, or those given."""
        self._post("reset")
        if settings is not None:
            self.settings(settings)

    def peak_memory(self) -> int:
        """Say the most memory that the emulator ever held, in bytes."""
        found = msgspec.json.decode(self._post("process"), type=dict[str, int])
        return found["peak_bytes"]

    def _post(self, action: str, body: bytes = b"") -> bytes:
        request = urllib.request.Request(f"{self.url}/_front/{action}", data=body, method="POST")  # noqa: S310 - our URL
        try:
            with self._opener.open(request, timeout=60) as response:
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            with error:
                raise GluepotError(f"the emulator refused '{action}'", error.read().decode()) from error


def start(settings: Settings | None = None, port: int = 0) -> Emulator:
    """Start an emulator in a process of its own, so that its work is not the client's.

    Args:
        settings: What it is told at first; each field can be changed later.
        port: 0 takes a free one.

    Raises:
        MissingExtraError: aiohttp or moto is not installed.
        GluepotError: It did not start.
    """
    if not all(importlib.util.find_spec(name) for name in ("aiohttp", "moto")):
        raise MissingExtraError.of_sandbox("the emulated AWS")
    log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
    command = children.python("-m", "gluepot_sandbox.aws", "--port", str(port), "--watch-stdin")
    process = subprocess.Popen(  # noqa: S603 - our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=_environment()
    )
    line = process.stdout.readline() if process.stdout else b""
    if not line:
        process.wait()
        log.seek(0)
        said = log.read().decode(errors="replace")[-2000:]
        Emulator(process, "", log).stop()
        raise GluepotError("the emulator did not start", said)
    emulator = Emulator(process, msgspec.json.decode(line)["url"], log)
    if settings is not None:
        emulator.settings(settings)
    return emulator


def _environment() -> dict[str, str]:
    """Let the process find the gluepot that started it, installed or not, and nobody's AWS."""
    kept = {name: value for name, value in children.environment().items() if not name.startswith("AWS_")}
    source = str(Path(__file__).parents[2])
    return {**kept, "PYTHONPATH": os.pathsep.join([kept["PYTHONPATH"], source])}
