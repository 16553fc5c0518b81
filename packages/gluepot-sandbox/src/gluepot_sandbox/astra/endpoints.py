"""Astra's two HTTP endpoints: the metadata service of a database, and the DevOps API."""

from __future__ import annotations

import collections
import http.server
import json
import secrets
import threading
import urllib.parse
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

LARGEST_PAGE: Final = 100
"""https://docs.datastax.com/en/astra-api-docs/devops-api/: `limit` is 25 unless told, 100 at most."""

Reply = tuple[int, str, bytes]
"""Status, content type, body."""


@dataclass(frozen=True)
class Request:
    """A request: its method, its path without the query, the query, and what the Authorization header said."""

    method: str
    path: str
    query: dict[str, str]
    authorization: str = field(repr=False)


class Endpoint:
    """An HTTP server on loopback, with TLS where a context is given.

    Args:
        answer: Answers requests, in several threads.
        context: With the server's certificate.
    """

    def __init__(self, answer: Callable[[Request], Reply], context: ssl.SSLContext | None = None) -> None:
        handler = type("Handler", (_Handler,), {"answer": staticmethod(answer)})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.port = self._server.server_address[1]
        if context is not None:
            # the handshake is each connection's own: one that never speaks must not keep the others out
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass
class DevOps:
    """The DevOps API of an organisation with one real database, and others that are names only.

    Args:
        token: The one that is known.
        real: The real database, as the API lists it.
        others: What it lists before that.
        bundles: Region -> bundle.
    """

    token: str = field(repr=False)
    real: dict[str, Any]
    others: list[dict[str, Any]]
    bundles: dict[str, bytes] = field(repr=False)
    url: str = ""
    calls: list[str] = field(default_factory=list)
    """Method and path of each request, in order."""
    failures: collections.deque[int] = field(default_factory=collections.deque)
    """Statuses that the next requests are answered with."""
    _links: dict[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def databases(self) -> list[dict[str, Any]]:
        """All databases, as the API lists them."""
        return [*self.others, self.real]

    def answer(self, request: Request) -> Reply:
        """Answer one request."""
        self.calls.append(f"{request.method} {request.path}")
        if self.failures:
            return _failed(self.failures.popleft(), "injected")
        if request.method == "GET" and request.path in self._links:
            return HTTPStatus.OK, "application/zip", self._links[request.path]
        if not self.token or request.authorization != f"Bearer {self.token}":
            return _failed(HTTPStatus.UNAUTHORIZED, "Invalid token")
        return self._known(request)

    def _known(self, request: Request) -> Reply:
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["v2", "databases"]:
                return self._listed(request.query)
            case "GET", ["v2", "databases", key]:
                return next(
                    (_json(database) for database in self.databases if database["id"] == key), _no_database(key)
                )
            case "POST", ["v2", "databases", key, "secureBundleURL"]:
                is_real = key == self.real["id"]
                return self._linked(all_regions=request.query.get("all") == "true") if is_real else _no_database(key)
        return _failed(HTTPStatus.NOT_FOUND, "no such path")

    def _listed(self, query: dict[str, str]) -> Reply:
        limit = min(int(query.get("limit", 25)), LARGEST_PAGE)
        known = [database["id"] for database in self.databases]
        after = query.get("starting_after", "")
        first = known.index(after) + 1 if after in known else 0
        return _json(self.databases[first : first + limit])

    def _linked(self, *, all_regions: bool) -> Reply:
        """Make links that need no token, as the real ones do: whoever has the link has the bundle."""
        found = []
        for number, (region, content) in enumerate(self.bundles.items(), 1):
            path = f"/bundles/{secrets.token_urlsafe(24)}.zip"
            self._links[path] = content
            datacenter = f"{self.real['id']}-{number}"
            found.append({"datacenterID": datacenter, "region": region, "downloadURL": self.url + path})
        return _json(found if all_regions else found[0])


def metadata(region: str, datacenter: str, hosts: list[str], port: int) -> Callable[[Request], Reply]:
    """Give the answers of a database's metadata service.

    Args:
        region: Of the database.
        datacenter: That the driver is to prefer.
        hosts: Host ids of the nodes.
        port: Of the proxy in front of them.
    """
    contact = {
        "type": "sni_proxy",
        "local_dc": datacenter,
        "contact_points": hosts,
        "sni_proxy_address": f"127.0.0.1:{port}",
    }

    def answer(request: Request) -> Reply:
        if request.path != "/metadata":
            return _failed(HTTPStatus.NOT_FOUND, "no such path")
        return _json({"version": 1, "region": region, "contact_info": contact})

    return answer


def _json(value: object) -> Reply:
    return HTTPStatus.OK, "application/json", json.dumps(value).encode()


def _failed(status: int, message: str) -> Reply:
    return status, "application/json", json.dumps({"errors": [{"message": message}]}).encode()


def _no_database(key: str) -> Reply:
    return _failed(HTTPStatus.NOT_FOUND, f"database {key} not found")


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - of socketserver
        """Say nothing: clients that break off a handshake are what some tests are about."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    answer: ClassVar[Callable[[Request], Reply]]

    def do_GET(self) -> None:
        self._do()

    def do_POST(self) -> None:
        self._do()

    def _do(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        request = Request(
            self.command, path, dict(urllib.parse.parse_qsl(query)), self.headers.get("Authorization", "")
        )
        status, kind, body = type(self).answer(request)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing to standard error."""
