"""Bundles: fetched from a stand-in of Astra's DevOps API, checked, and gone afterwards; the token stays unseen."""

from __future__ import annotations

import io
import itertools
import json
import logging
import stat
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.support.patient import Waited, serving

from gluepot.cassandra import bundle, devopsapi
from gluepot.cassandra.connect import connect
from gluepot.cassandra.source import Source
from gluepot.errors import ConfigError, GluepotError, UnreachableError
from gluepot.secret import Secret
from gluepot.waiting.pace import Limits
from gluepot.waiting.patience import using

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOKEN = "AstraCS:abcdefgh:0123456789"
ID = "6f1c0f5e-0000-4000-8000-{:012d}"


def packed(**parts: bytes) -> bytes:
    """Make a zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("_", "."), content)
    return made.getvalue()


WHOLE = packed(config_json=b'{"host": "localhost", "port": 1}', ca_crt=b"ca", cert=b"cert", key=b"key")


class Devops(ThreadingHTTPServer):
    """The two calls, 250 databases, and whatever goes wrong."""

    daemon_threads = True
    answers: Callable[[str, str], tuple[int, Any] | None] = staticmethod(lambda _method, _path: None)
    content = WHOLE

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.names = [f"db{number}" for number in range(248)] + ["twin", "twin"]
        self.seen: list[tuple[str, str, str]] = []


class Answering(BaseHTTPRequestHandler):
    """Answers for `Devops`."""

    server: Devops

    def do_GET(self) -> None:
        """Answer."""
        self._answer("GET")

    def do_POST(self) -> None:
        """Answer."""
        self._answer("POST")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _answer(self, method: str) -> None:
        self.server.seen.append((method, self.path, self.headers.get("Authorization", "")))
        code, said = self.server.answers(method, self.path) or self._usual(method)
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(code)
        if code == 302:
            self.send_header("Location", said)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _usual(self, method: str) -> tuple[int, Any]:
        parts = urlsplit(self.path)
        if parts.path == "/bundle":
            return 200, self.server.content
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"errors": [{"message": "invalid token"}]}
        if parts.path.endswith("/secureBundleURL") and method == "POST":
            links = [
                {"region": region, "downloadURL": f"{self.server.url}/bundle?r={region}&Signature=abc"}
                for region in ("us-east1", "europe-west1")
            ]
            return 200, links
        query = parse_qs(parts.query)
        first = int(query["starting_after"][0][-12:]) + 1 if "starting_after" in query else 0
        each = list(enumerate(self.server.names))[first : first + min(int(query["limit"][0]), 100)]
        return 200, [{"id": ID.format(number), "info": {"name": name}} for number, name in each]


@pytest.fixture(autouse=True)
def waited() -> Iterator[Waited]:
    """A patience whose seconds pass at once."""
    patient = Waited()
    with using(patient.patience):
        yield patient


@pytest.fixture
def devops() -> Iterator[Devops]:
    with Devops() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_database_is_found_by_name_beyond_the_first_hundred(devops: Devops) -> None:
    with bundle.fetched(TOKEN, "db247", "", devops.url) as path:
        assert path.read_bytes() == WHOLE
    assert f"/v2/databases/{ID.format(247)}/secureBundleURL?all=true" in [path for _, path, _ in devops.seen]


def test_an_id_is_used_as_it_is(devops: Devops) -> None:
    with bundle.fetched(TOKEN, ID.format(3), "europe-west1", devops.url):
        pass
    assert [path for _, path, _ in devops.seen][1] == "/bundle?r=europe-west1&Signature=abc"


def test_the_file_is_private_and_goes_with_its_use(devops: Devops) -> None:
    kept: list[Path] = []
    with pytest.raises(RuntimeError), bundle.fetched(TOKEN, "db1", "", devops.url) as path:  # noqa: PT012 - it is removed on errors too
        kept.append(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        raise RuntimeError
    assert not kept[0].parent.exists()


def test_the_token_goes_to_the_api_only(devops: Devops) -> None:
    with bundle.fetched(TOKEN, "db1", "", devops.url):
        pass
    assert {path.partition("?")[0] for _, path, token in devops.seen if not token} == {"/bundle"}


def test_the_token_does_not_follow_a_redirect(devops: Devops) -> None:
    devops.answers = lambda method, _: (302, f"{devops.url}/elsewhere") if method == "GET" else None
    with pytest.raises(ConfigError, match="answered 302"), bundle.fetched(TOKEN, "db1", "", devops.url):
        pass
    assert [path for _, path, _ in devops.seen if path == "/elsewhere"] == []


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        ((TOKEN, "nope", ""), "Astra knows no database 'nope': there are: db0, db1", "name or its id"),
        ((TOKEN, "twin", ""), "Astra has 2 databases 'twin': their ids are", "give one of these"),
        ((TOKEN, "db1", "mars"), "has no region 'mars': it has: europe-west1, us-east1", "source.region"),
        (("AstraCS:expired", "db1", ""), "Astra refuses the token: .* answered 401: .*expired", "make a new token"),
        (("AstraCS:with\nnewline", "db1", ""), "source.token is no token", "make a new token"),
        (("", "db1", ""), "source.token is no token", "make a new token"),
    ],
)
def test_what_is_wrong_is_said_without_the_token(
    devops: Devops, arguments: tuple[str, str, str], said: str, hint: str
) -> None:
    with pytest.raises(ConfigError, match=said) as caught, bundle.fetched(*arguments, devops.url):
        pass
    assert hint in caught.value.hint
    token = arguments[0]
    assert not token or token not in f"{caught.value} {caught.value.hint} {caught.value.__cause__!r}"


@pytest.mark.parametrize("code", [403, 401])
def test_a_token_that_may_list_but_not_read_is_refused_with_what_to_do(devops: Devops, code: int) -> None:
    devops.answers = lambda method, _: (code, {}) if method == "POST" else None
    with pytest.raises(ConfigError, match=f"answered {code}"), bundle.fetched(TOKEN, "db1", "", devops.url):
        pass


@pytest.mark.parametrize("code", [503, 429, 500])
def test_three_minutes_of_an_api_that_is_busy_are_survived(devops: Devops, waited: Waited, code: int) -> None:
    devops.answers = lambda method, _: (code, {}) if method == "POST" and waited.clock.now < 180 else None
    with bundle.fetched(TOKEN, "db1", "", devops.url) as path:
        assert path.exists()
    assert 180 <= waited.clock.now < 300
    assert len([method for method, *_ in devops.seen if method == "POST"]) == len(waited.clock.slept) + 1


def test_three_minutes_without_the_bundle_itself_are_survived(devops: Devops, waited: Waited) -> None:
    devops.answers = lambda _, path: (503, {}) if path.startswith("/bundle") and waited.clock.now < 180 else None
    with bundle.fetched(TOKEN, "db1", "", devops.url) as path:
        assert path.read_bytes() == WHOLE
    assert 180 <= waited.clock.now < 300


QUICK = Limits(seconds=0.2, rate=1000, total=0.5)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n"


def drip(connection: socket.socket, *pieces: bytes) -> None:
    """Send piece by piece, the last one for ever."""
    connection.recv(65536)
    for piece in itertools.chain(pieces, itertools.repeat(pieces[-1])):
        connection.sendall(piece)
        time.sleep(0.02)


@pytest.mark.parametrize(
    "answer",
    [
        lambda connection: drip(connection, HEAD, b" "),
        lambda connection: drip(connection, b"H", b"T"),
        lambda connection: [connection.recv(65536), connection.recv(1)],
        lambda connection: [connection.recv(65536), connection.sendall(HEAD + b"[")],
    ],
    ids=["a body that drips", "a head that drips", "no answer", "half an answer"],
)
def test_what_crawls_or_breaks_off_is_left_and_asked_for_again(
    waited: Waited, answer: Callable[[socket.socket], object]
) -> None:
    waited.patience.seconds = waited.patience.first = 0.3
    with serving(answer) as port:
        address = f"http://127.0.0.1:{port}"
        with pytest.raises(UnreachableError):
            devopsapi.Api(address, TOKEN, QUICK).call("/v2/databases")
        assert len(waited.clock.slept) > 1
        waited.clock.slept.clear()
        waited.clock.now = 0
        with pytest.raises(UnreachableError):
            devopsapi.download(f"{address}/bundle", QUICK)


def test_an_api_that_does_not_answer_is_unreachable() -> None:
    with pytest.raises(UnreachableError, match=r"DevOps API at 127\.0\.0\.1:9 does not answer"):  # noqa: SIM117 - the second may raise
        with bundle.fetched(TOKEN, "db1", "", "http://127.0.0.1:9"):
            pass


def test_an_answer_that_is_no_json_is_said_without_it(devops: Devops) -> None:
    devops.answers = lambda _method, _path: (200, b"<html>")
    with pytest.raises(UnreachableError, match="its answer is no JSON"), bundle.fetched(TOKEN, "db1", "", devops.url):
        pass


@pytest.mark.parametrize("address", ["http://api.example.com", "ftp://127.0.0.1", "file:///etc/passwd"])
def test_nothing_is_sent_over_an_open_line(address: str) -> None:
    with pytest.raises(ConfigError, match="unencrypted"), bundle.fetched(TOKEN, "db1", "", address):
        pass


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no zip", "it cannot be read: File is not a zip file"),
        (WHOLE[:-40], "it cannot be read"),
        (packed(config_json=b"{}"), "it lacks ca.crt, cert, key"),
        (packed(config_json=b"{}", ca_crt=b"", cert=b"", key=b""), "names no host and port"),
        (packed(config_json=b"[", ca_crt=b"", cert=b"", key=b""), "it cannot be read"),
    ],
)
def test_a_bundle_that_is_none_is_refused_before_anything_is_connected(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=f"is no secure connect bundle: .*{said}"):
        connect(Source(bundle=str(path), token=Secret(TOKEN)))


@pytest.mark.parametrize(
    ("host", "found"),
    [(f"{ID.format(7)}-us-east1.db.astra.datastax.com", ID.format(7)), ("127.0.0.1", ""), ("", "")],
)
def test_a_bundle_says_of_which_database_it_is_by_the_name_of_its_host(tmp_path: Path, host: str, found: str) -> None:
    """All databases of Astra have the same name for their cluster."""
    path = tmp_path / "bundle.zip"
    path.write_bytes(packed(config_json=json.dumps({"host": host, "port": 1}).encode(), ca_crt=b"", cert=b"", key=b""))
    bundle.check(path)
    assert bundle.database_id(path) == found


def test_a_bundle_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no secure connect bundle .*nope.zip"):
        connect(Source(bundle=str(tmp_path / "nope.zip"), token=Secret(TOKEN)))


def test_certificates_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(WHOLE)
    with pytest.raises(ConfigError, match=r"the certificates in .* cannot be used"):
        connect(Source(bundle=str(path), token=Secret(TOKEN)))


def test_no_error_no_log_and_no_repr_has_the_token(
    devops: Devops, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    source = Source(database="db1", token=Secret(TOKEN), devops_url=devops.url)
    with pytest.raises(GluepotError) as caught:
        connect(source)
    told = f"{caught.value!r} {caught.value.hint} {source!r} {source.name} {caplog.text} {''.join(capfd.readouterr())}"
    assert TOKEN not in told
    assert "Signature=abc" not in told
