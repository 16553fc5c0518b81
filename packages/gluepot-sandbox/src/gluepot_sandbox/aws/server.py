"""The emulator's HTTP server: reads requests, sends answers, and breaks them where a fault says so."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
import sys
import uuid
from typing import TYPE_CHECKING

from aiohttp import web

from gluepot_sandbox.aws.control import PREFIX, control
from gluepot_sandbox.aws.front import Front, Request
from gluepot_sandbox.aws.jobs import carrier
from gluepot_sandbox.aws.settings import UNANSWERED, FaultKind
from gluepot_sandbox.aws.state import State

if TYPE_CHECKING:
    from gluepot_sandbox.aws.answers import Answer
    from gluepot_sandbox.aws.front import Reply
    from gluepot_sandbox.aws.settings import Settings

BODY_MAXIMUM = 1 << 30  # bytes; uploads of the tests
MALFORMED = b'{"TableList": [{"Name": "cut", "Parameters": {"a": }'


class Server:
    """A front behind a socket on the loopback interface."""

    def __init__(self, front: Front) -> None:
        """Take the front; `start` opens the socket."""
        self.front = front
        self._runner: web.ServerRunner | None = None

    async def start(self, port: int = 0) -> str:
        """Listen, and say the URL."""
        loop = asyncio.get_running_loop()

        def request(message, payload, protocol, writer, task):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 - aiohttp's own hook
            return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=BODY_MAXIMUM)

        server = web.Server(self._handle, request_factory=request, access_log=None, auto_decompress=False)
        self._runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, backlog=512)
        await site.start()
        host, bound = self._runner.addresses[0][:2]
        self.front.url = f"http://{host}:{bound}"
        return self.front.url

    async def stop(self) -> None:
        """Close the socket and moto's."""
        carrier.kill_all(self.front.state)
        if self._runner is not None:
            await self._runner.cleanup()
        await self.front.moto.close()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await request.read()
        path = request.raw_path
        if path.startswith(PREFIX):
            return _response(await control(self.front, path.removeprefix(PREFIX), body))
        reply = await self.front.reply(Request(request.method, path, request.headers, body))
        return await _send(request, reply)


async def _send(request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    answer, fault = reply
    if fault is not None and fault.kind in UNANSWERED:
        return _reset(request)
    if fault is None or answer.error:
        return _response(answer)
    match fault.kind:
        case FaultKind.TRUNCATE:
            return await _truncate(request, answer, fault.keep)
        case FaultKind.TRUNCATE_SILENT:
            answer.body = answer.body[: int(len(answer.body) * fault.keep)]
        case FaultKind.MALFORMED:
            answer.body = MALFORMED
        case _:
            pass
    return _response(answer)


def _response(answer: Answer) -> web.Response:
    headers = [*answer.headers, ("x-amzn-RequestId", str(uuid.uuid4()))]
    if answer.content_type:
        headers.append(("Content-Type", answer.content_type))
    return web.Response(body=answer.body, status=answer.status, headers=headers)


def _reset(request: web.BaseRequest) -> web.StreamResponse:
    """Drop the connection with a TCP reset."""
    if request.transport is not None:
        peer = request.transport.get_extra_info("socket")
        with contextlib.suppress(OSError):
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response(status=500)


async def _truncate(request: web.BaseRequest, answer: Answer, keep: float) -> web.StreamResponse:
    """Announce the whole body, send a part, close."""
    response = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: int(len(answer.body) * keep)])
    if request.transport is not None:
        request.transport.close()
    return response


async def serve(settings: Settings, port: int, *, watch_stdin: bool) -> None:
    """Serve until a signal, or until the parent closes our standard input; says so on standard output when ready."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if watch_stdin:
        loop.add_reader(sys.stdin.fileno(), _watch, stop)
    server = Server(Front(State(settings)))
    url = await server.start(port)
    sys.stdout.write(json.dumps({"url": url, "pid": os.getpid()}) + "\n")
    sys.stdout.flush()
    await stop.wait()
    await server.stop()


def _watch(stop: asyncio.Event) -> None:
    """Stop at the end of standard input: the parent is gone, however it went."""
    if not os.read(sys.stdin.fileno(), 1024):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop.set()
