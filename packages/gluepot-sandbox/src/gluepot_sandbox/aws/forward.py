"""Everything that the front does not answer itself goes to moto, served on a second loopback port in this process."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from gluepot_sandbox.aws.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aiohttp

HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "expect", "content-length"}
OWN = HOP | {"date", "server", "content-type"}


class Moto:
    """moto's own server, started with the first call that needs it."""

    def __init__(self) -> None:
        """Start nothing yet: loading moto takes seconds and memory."""
        self._starting = asyncio.Lock()
        self._server: Any = None
        self._session: aiohttp.ClientSession | None = None
        self._url = ""

    async def forward(self, method: str, path: str, headers: Mapping[str, str], body: bytes, account: str) -> Answer:
        """Pass a request on, under the account that the front knows."""
        import yarl  # noqa: PLC0415 - lazy: start-up

        session = await self._ready()
        passed = [(key, value) for key, value in headers.items() if key.lower() not in HOP]
        url = yarl.URL(self._url + path, encoded=True)
        async with session.request(
            method,
            url,
            data=body,
            headers=[*passed, ("x-moto-account-id", account)],
            allow_redirects=False,
            skip_auto_headers=("User-Agent", "Content-Type", "Accept", "Accept-Encoding"),
        ) as response:
            kept = tuple((key, value) for key, value in response.headers.items() if key.lower() not in OWN)
            if method == "HEAD" and "Content-Length" in response.headers:
                kept += (("Content-Length", response.headers["Content-Length"]),)
            content_type = response.headers.get("Content-Type", "")
            error = _error(response.status, response.headers)
            return Answer(await response.read(), response.status, content_type, kept, error)

    async def ready(self) -> None:
        """Start it, where nothing has been forwarded yet: what reads its backends needs them loaded."""
        await self._ready()

    async def reset(self) -> None:
        """Forget everything that clients created."""
        if self._session is not None:
            async with self._session.post(f"{self._url}/moto-api/reset") as response:
                await response.read()

    async def close(self) -> None:
        """Stop the server, where it was started."""
        if self._session is not None:
            await self._session.close()
        if self._server is not None:
            await asyncio.to_thread(self._server.stop)

    async def _ready(self) -> aiohttp.ClientSession:
        async with self._starting:
            if self._session is None:
                self._server = await asyncio.to_thread(_start)
                self._url = "http://{}:{}".format(*self._server.get_host_and_port())
                self._session = _client()
            return self._session


def _start() -> Any:  # noqa: ANN401 - moto ships no types
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - lazy: it takes seconds

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    return server


def _client() -> aiohttp.ClientSession:
    import aiohttp  # noqa: PLC0415 - lazy: start-up

    # moto's server answers HTTP/1.0: no connection is used twice
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    timeout = aiohttp.ClientTimeout(total=600)
    return aiohttp.ClientSession(connector=connector, auto_decompress=False, timeout=timeout)


def _error(status: int, headers: Mapping[str, str]) -> str:
    return headers.get("x-amzn-errortype", f"HTTP {status}") if status >= 400 else ""  # noqa: PLR2004 - HTTP
