"""A server that costs nothing: a proxy before a real node that answers a page again from memory once it has seen it.

    python benchmarks/replay.py NODE_PORT TABLE [SECONDS]     # prints the port it listens on; ends with its stdin

On a machine of two cores Cassandra itself takes most of the processor, whoever reads. With its own answers replayed,
what is measured is the reader alone, as it is where the cluster has machines of its own. Everything else (handshake,
authentication, system tables, the first time of each page) goes to the node. It speaks protocol version 4, and says so.
With SECONDS each page of the table takes so long, however many are asked for at once: as from a cluster far away.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
import sys
from typing import Final, NamedTuple

HEADER: Final = struct.Struct(">BBhBi")
ERROR, OPTIONS, QUERY, RESULT, PREPARE, EXECUTE = 0x00, 0x05, 0x07, 0x08, 0x09, 0x0A
GREATEST: Final = 4
WITH_TIMESTAMP: Final = 0x20
PREPARED: Final = 4


class Frame(NamedTuple):
    """One frame of the native protocol."""

    version: int
    flags: int
    stream: int
    opcode: int
    body: bytes

    def packed(self) -> bytes:
        """Give it as it goes over the wire."""
        return HEADER.pack(self.version, self.flags, self.stream, self.opcode, len(self.body)) + self.body


async def read(reader: asyncio.StreamReader) -> Frame:
    """Read one frame."""
    version, flags, stream, opcode, length = HEADER.unpack(await reader.readexactly(HEADER.size))
    return Frame(version, flags, stream, opcode, await reader.readexactly(length))


class Replay:
    """The proxy: what it has seen, for all its connections.

    Args:
        port: The node's native port on 127.0.0.1.
        table: Whose pages are kept, as the queries write it.
        seconds: What each of its pages takes.
    """

    def __init__(self, port: int, table: str, seconds: float = 0.0) -> None:
        self._port = port
        self._seconds = seconds
        self._later: set[asyncio.Task[None]] = set()
        self._table = table.replace('"', "").encode()
        self._pages: dict[bytes, Frame] = {}
        self._statements: set[bytes] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        node_reader, node_writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**26)
        asked: dict[int, Frame] = {}
        answers = asyncio.create_task(self._answers(node_reader, writer, asked))
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                frame = await read(reader)
                known = self._pages.get(self._key(frame)) if frame.version <= GREATEST else None
                if frame.version > GREATEST:
                    writer.write(_refusal(frame).packed())
                elif known is not None:
                    self._answer(known._replace(stream=frame.stream), writer, self._seconds)
                else:
                    asked[frame.stream] = frame
                    node_writer.write(frame.packed())
                await writer.drain()
        answers.cancel()
        node_writer.close()
        writer.close()

    async def _answers(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: dict[int, Frame]
    ) -> None:
        """Pass the node's answers on, and keep those that are pages of the table."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                answer = await read(reader)
                question = asked.pop(answer.stream, None)
                if question is not None and answer.opcode == RESULT:
                    self._keep(question, answer)
                is_page = question is not None and bool(self._key(question))
                self._answer(answer, writer, self._seconds if is_page else 0.0)

    def _answer(self, answer: Frame, writer: asyncio.StreamWriter, seconds: float) -> None:
        """Send an answer when its time has come; others go before it meanwhile."""
        if not seconds:
            writer.write(answer.packed())
            return

        async def later() -> None:
            await asyncio.sleep(seconds)
            writer.write(answer.packed())

        task = asyncio.create_task(later())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    def _keep(self, question: Frame, answer: Frame) -> None:
        if question.opcode == PREPARE and self._is_ours(question.body):
            (kind,) = struct.unpack_from(">i", answer.body)
            (length,) = struct.unpack_from(">H", answer.body, 4)
            if kind == PREPARED:
                self._statements.add(answer.body[6 : 6 + length])
        key = self._key(question)
        if key:
            self._pages[key] = answer

    def _key(self, frame: Frame) -> bytes:
        """Give what two requests for the same page share: all but the client's clock; empty for anything else."""
        if frame.opcode == QUERY and self._is_ours(frame.body):
            (length,) = struct.unpack_from(">i", frame.body)
            flags = frame.body[4 + length + 2]
        elif (
            frame.opcode == EXECUTE and frame.body[2 : 2 + struct.unpack_from(">H", frame.body)[0]] in self._statements
        ):
            (length,) = struct.unpack_from(">H", frame.body)
            flags = frame.body[2 + length + 2]
        else:
            return b""
        return frame.body[:-8] if flags & WITH_TIMESTAMP else frame.body

    def _is_ours(self, body: bytes) -> bool:
        return self._table in body.replace(b'"', b"")


def _refusal(frame: Frame) -> Frame:
    """Refuse a later version, in the words by which drivers find the one to use."""
    told = f"Invalid or unsupported protocol version ({frame.version}); supported versions are (3/v3, 4/v4)".encode()
    return Frame(0x80 | GREATEST, 0, frame.stream, ERROR, struct.pack(">iH", 0x0A, len(told)) + told)


async def main() -> None:
    """Serve until stdin ends."""
    replay = Replay(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]) if len(sys.argv) > 3 else 0.0)
    server = await asyncio.start_server(replay.serve, "127.0.0.1", 0, limit=2**26)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
