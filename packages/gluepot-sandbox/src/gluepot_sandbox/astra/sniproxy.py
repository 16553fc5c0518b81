"""The proxy of all of Astra's nodes: one address, and TLS's server name tells which node is meant."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

CHUNK: Final = 1 << 16


class SniProxy:
    """Takes TLS off and passes bytes on to the node whose host id is the server name.

    Args:
        context: With the server's certificate, asking clients for theirs.
        nodes: Host id -> address and port of CQL.
    """

    def __init__(self, context: ssl.SSLContext, nodes: Mapping[str, tuple[str, int]]) -> None:
        self.nodes = dict(nodes)
        self.port = 0
        self.names: list[str] = []
        """Server names of connections, in order."""
        self._context = context
        self._context.sni_callback = self._named
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="sni-proxy", daemon=True)
        self._thread.start()
        self._run(self._listen())

    def close(self) -> None:
        """Cut all connections, and stop."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Cut all connections that are open now; new ones are taken."""
        self._run(self._cut())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._taken, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._cut()

    async def _cut(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _named(self, connection: Any, name: str | None, _: ssl.SSLContext) -> int | None:  # noqa: ANN401 - SSLObject
        """Keep the server name with the connection; a name that is no node's is refused in TLS itself."""
        self.names.append(name or "")
        if name not in self.nodes:
            return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
        connection.node = name
        return None

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs it as one
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(OSError, ssl.SSLError, asyncio.CancelledError), contextlib.closing(writer):
            name = getattr(writer.get_extra_info("ssl_object"), "node", "")
            if name:  # without a server name nobody knows whither
                await self._joined(reader, writer, name)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> None:
        """Copy both ways until either side ends."""
        back, out = await asyncio.open_connection(*self.nodes[name])
        with contextlib.closing(out):
            ways = [asyncio.ensure_future(_copy(reader, out)), asyncio.ensure_future(_copy(back, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()
