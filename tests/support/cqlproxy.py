"""A proxy in front of a real node which reads CQL's frames, and answers chosen requests with faults seen in the wild.

It knows version 4 of the native protocol, uncompressed:
https://github.com/apache/cassandra/blob/cassandra-5.0/doc/native_protocol_v4.spec
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

ERROR, RESULT = 0x00, 0x08
QUERY, PREPARE, EXECUTE = 0x07, 0x09, 0x0A
AUTH_RESPONSE = 0x0F
BAD_CREDENTIALS = 0x0100
HEADER = struct.Struct(">BBhBI")


@dataclass(frozen=True)
class Request:
    """A query on its way to the node.

    Args:
        text: Its CQL, of prepared ones too.
        page_size: Rows asked for; 0 where none are.
        paging_state: Where a page goes on.
    """

    text: str
    page_size: int
    paging_state: bytes


@dataclass(frozen=True)
class Fails:
    """An error frame in place of an answer: its code, its message, and what this code has behind it."""

    code: int
    message: str
    more: bytes = b""


OVERLOADED = Fails(0x1001, "Request throttled: too many bytes in flight")
RATE_LIMITED = Fails(0x1001, "Rate limit reached, please consult https://astra.dev/rate-limit")
UNAVAILABLE = Fails(0x1000, "Cannot achieve consistency level", struct.pack(">Hii", 6, 2, 1))
READ_TIMEOUT = Fails(0x1200, "Operation timed out", struct.pack(">HiiB", 6, 0, 1, 0))
READ_FAILURE = Fails(0x1300, "Operation failed: TombstoneOverwhelming", struct.pack(">HiiiB", 6, 0, 1, 1, 0))
_FAILED = struct.pack(">HiiiB", 6, 0, 1, 1, 0)
TOO_MANY_ROWS = Fails(
    0x2200,
    "Guardrail page_size violated: Aborting query for table t, page size 500 exceeds fail threshold of 20.",
)
TOO_LARGE = Fails(
    0x1300,
    "Operation failed - Read on table g.big has exceeded the size failure threshold of 102,400 bytes with token range: "
    "(-9223372036854775808, -9223372036854775808): READ_SIZE from /127.0.0.1:48997",
    _FAILED,
)
TOO_LARGE_LOCALLY = Fails(
    0x1300,
    "Operation failed - 1 nodes loaded over 1055424 bytes and aborted the query SELECT * FROM g.big LIMIT 100 ALLOW "
    "FILTERING (see local_read_size_fail_threshold): READ_SIZE from /127.0.0.1:48997",
    _FAILED,
)
TOMBSTONES = Fails(
    0x1300,
    "Operation failed - 1 nodes scanned over 51 tombstones and aborted the query SELECT * FROM g.dead LIMIT 10 ALLOW "
    "FILTERING (see tombstone_failure_threshold): READ_TOO_MANY_TOMBSTONES from /127.0.0.1:48997",
    _FAILED,
)
CARTESIAN = Fails(
    0x2200,
    "Guardrail in_select_cartesian_product violated: Aborting query because the cartesian product of the IN "
    "restrictions on a produces 9 values, this exceeds fail threshold of 5.",
)
"""What Cassandra 5.0.6 said, with thresholds set low."""

SERVER_ERROR = Fails(0x0000, "java.lang.RuntimeException")


class Cut:
    """The connection is closed."""


class Stalled:
    """No answer ever comes."""


Fault = Fails | type[Cut] | type[Stalled]
Rule = Callable[[Request], Fault | None]


@dataclass
class CqlProxy:
    """Listens on 127.0.0.1 and passes frames on to a node, but for requests for which `rule` has an answer.

    Args:
        host: The node's.
        port: The node's.
        rule: Given each request of rows, gives a fault or None; may be set at any time.
        seen: Requests so far.
        refusal: Says why nobody may log in, each time somebody tries; empty where the node decides.
    """

    host: str
    port: int
    rule: Rule | None = None
    seen: list[Request] = field(default_factory=list)
    refusal: Callable[[], str] = str

    def __enter__(self) -> Self:
        self._prepared: dict[bytes, str] = {}
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._own = 0
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def own_port(self) -> int:
        """Where it listens; the same after every `up`."""
        return self._own

    def up(self) -> None:
        """Listen."""
        asyncio.run_coroutine_threadsafe(self._up(), self._loop).result(10)

    def down(self) -> None:
        """Close every connection and listen no more, as a node that has died."""
        asyncio.run_coroutine_threadsafe(self._down(), self._loop).result(10)

    async def _up(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._own)
        self._own = self._server.sockets[0].getsockname()[1]

    async def _down(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        with contextlib.suppress(asyncio.CancelledError, OSError, asyncio.IncompleteReadError):
            await self._joined(reader, writer)
        writer.transport.abort()
        self._writers.discard(writer)
        self._tasks.discard(task)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass frames both ways until one side ends."""
        up_reader, up_writer = await asyncio.open_connection(self.host, self.port)
        preparing: dict[int, str] = {}
        try:
            back = asyncio.ensure_future(self._back(up_reader, writer, preparing))
            try:
                await self._forth(reader, up_writer, writer, preparing)
            finally:
                back.cancel()
                await asyncio.gather(back, return_exceptions=True)
        finally:
            up_writer.transport.abort()

    async def _forth(
        self,
        reader: asyncio.StreamReader,
        up: asyncio.StreamWriter,
        down: asyncio.StreamWriter,
        preparing: dict[int, str],
    ) -> None:
        while True:
            head, body = await _frame(reader)
            _, _, stream, opcode, _ = HEADER.unpack(head)
            if opcode == PREPARE:
                preparing[stream] = _long_string(body)[0]
            refusal = self.refusal() if opcode == AUTH_RESPONSE else ""
            fault = Fails(BAD_CREDENTIALS, refusal) if refusal else self._fault(opcode, body)
            if isinstance(fault, Fails):
                message = fault.message.encode()
                answer = struct.pack(">iH", fault.code, len(message)) + message + fault.more
                down.write(HEADER.pack(0x84, 0, stream, ERROR, len(answer)) + answer)
            elif fault is Cut:
                return
            elif fault is None:
                up.write(head + body)

    async def _back(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, preparing: dict[int, str]
    ) -> None:
        while True:
            head, body = await _frame(reader)
            _, _, stream, opcode, _ = HEADER.unpack(head)
            if opcode == RESULT and stream in preparing and body[:4] == b"\0\0\0\4":
                (length,) = struct.unpack_from(">H", body, 4)
                self._prepared[body[6 : 6 + length]] = preparing.pop(stream)
            writer.write(head + body)
            await writer.drain()

    def _fault(self, opcode: int, body: bytes) -> Fault | None:
        if opcode not in {QUERY, EXECUTE}:
            return None
        request = self._request(opcode, body)
        self.seen.append(request)
        return self.rule(request) if self.rule is not None else None

    def _request(self, opcode: int, body: bytes) -> Request:
        if opcode == QUERY:
            text, at = _long_string(body)
        else:
            (length,) = struct.unpack_from(">H", body)
            text, at = self._prepared.get(body[2 : 2 + length], ""), 2 + length
        flags = body[at + 2]
        at += 3
        if flags & 0x01:
            (count,) = struct.unpack_from(">H", body, at)
            at += 2
            for _ in range(count):
                (length,) = struct.unpack_from(">i", body, at)
                at += 4 + max(length, 0)
        page_size, state = 0, b""
        if flags & 0x04:
            (page_size,) = struct.unpack_from(">i", body, at)
            at += 4
        if flags & 0x08:
            (length,) = struct.unpack_from(">i", body, at)
            state = body[at + 4 : at + 4 + length]
        return Request(text, page_size, state)


async def _frame(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(HEADER.size)
    return head, await reader.readexactly(HEADER.unpack(head)[4])


def _long_string(body: bytes) -> tuple[str, int]:
    (length,) = struct.unpack_from(">i", body)
    return body[4 : 4 + length].decode(), 4 + length
