"""TLS in front of a node that speaks plain CQL, with certificates of its own authority."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    import ssl
    from pathlib import Path


@dataclass(frozen=True)
class Authority:
    """An authority whose files are in a folder: `ca.crt`, and certificates with their keys.

    Args:
        folder: Where they are.
    """

    folder: Path

    def __post_init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("gluepot tests")
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_name", name)
        made = _builder(name, name, key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        (self.folder / "ca.crt").write_bytes(_pem(made.sign(key, hashes.SHA256())))

    @property
    def ca(self) -> str:
        """The authority's certificate."""
        return str(self.folder / "ca.crt")

    def issue(self, name: str, host: str = "") -> tuple[str, str]:
        """Make a certificate and its key; give their files.

        Args:
            name: Of the files.
            host: The address that it names.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        made = _builder(_name(name), self._name, key.public_key())  # type: ignore[attr-defined] # set above, frozen
        if host:
            named = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
            made = made.add_extension(named, critical=False)
        cert, private = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        cert.write_bytes(_pem(made.sign(self._key, hashes.SHA256())))  # type: ignore[attr-defined] # likewise
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return str(cert), str(private)


class TlsFront:
    """Listens with TLS on 127.0.0.1 and passes bytes on to a node.

    Args:
        port: The node's.
        context: Of the server.
    """

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        self._node = port
        self._context = context
        self.port = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._up(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._down(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _up(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _down(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._node)
            try:
                done = [_pumped(reader, up_writer), _pumped(up_reader, writer)]
                await asyncio.wait([asyncio.ensure_future(one) for one in done], return_when=asyncio.FIRST_COMPLETED)
            finally:
                up_writer.transport.abort()
        writer.transport.abort()
        self._tasks.discard(task)


async def _pumped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )


def _pem(made: x509.Certificate) -> bytes:
    return made.public_bytes(serialization.Encoding.PEM)
