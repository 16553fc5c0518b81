"""Sessions: with a password, with TLS, and what is said where there is none."""

from __future__ import annotations

import base64
import json
import logging
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from tests.support.tlsfront import Authority, TlsFront

from gluepot.cassandra.connect import INLINE, connect, credentials_of
from gluepot.cassandra.source import Source, Tls
from gluepot.errors import ConfigError, GluepotError, UnreachableError
from gluepot.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

WRONG = "a-wrong-Passw0rd"


@pytest.fixture
def source(node: Any) -> Source:
    return Source(contact_points=(node.host,), port=node.port, user=node.user, password=Secret(node.password))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def front(node: Any, authority: Authority) -> Iterator[TlsFront]:
    """TLS that asks clients for a certificate, and names 127.0.0.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("node", "127.0.0.1"))
    context.load_verify_locations(authority.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    with TlsFront(node.port, context) as started:
        yield started


def release(source: Source) -> str:
    with connect(source) as connected:
        return str(connected.session.execute("SELECT release_version FROM system.local").one()[0])


def test_a_session_reads_with_quorum_unless_told_otherwise(source: Source) -> None:
    from cassandra import ConsistencyLevel
    from cassandra.cluster import EXEC_PROFILE_DEFAULT

    for asked, level in ((source, ConsistencyLevel.LOCAL_QUORUM), (replace(source, consistency="LOCAL_ONE"), 10)):
        with connect(asked) as connected:
            profile = connected.session.get_execution_profile(EXEC_PROFILE_DEFAULT)
            assert profile.consistency_level == level
            assert (connected.cluster_name, connected.own_name, connected.is_astra) == (source.name, "gluepot", False)


def test_a_closed_connection_leaves_no_session(source: Source) -> None:
    with connect(source) as connected:
        session = connected.session
    assert session.is_shutdown
    assert session.cluster.is_shutdown


@pytest.mark.parametrize("password", [WRONG, ""])
def test_a_wrong_password_is_said_and_not_told(source: Source, password: str) -> None:
    with pytest.raises(ConfigError, match="refuses user 'cassandra'") as caught:
        connect(replace(source, password=Secret(password) if password else None))
    assert WRONG not in f"{caught.value} {caught.value.hint}"


def test_every_contact_point_that_does_not_answer_is_named_with_why() -> None:
    source = Source(contact_points=("127.0.0.1", "127.0.0.3"), port=9)
    with pytest.raises(UnreachableError) as caught:
        connect(source)
    assert "127.0.0.1:9" in caught.value.why
    assert "127.0.0.3:9" in caught.value.why
    assert "Connection refused" in caught.value.why


def test_a_host_that_nobody_knows_is_unreachable() -> None:
    with pytest.raises(UnreachableError, match=r"nowhere\.invalid"):
        connect(Source(contact_points=("nowhere.invalid",)))


def test_an_unknown_data_centre_is_said_with_those_there_are(source: Source) -> None:
    with pytest.raises(ConfigError, match="no data centre 'mars'") as caught:
        connect(replace(source, datacenter="mars"))
    assert "datacenter1" in caught.value.hint


def test_an_unknown_consistency_is_said_with_those_there_are(source: Source) -> None:
    with pytest.raises(ConfigError, match="no consistency 'SOME'") as caught:
        connect(replace(source, consistency="SOME"))
    assert "LOCAL_QUORUM" in caught.value.hint


def test_a_secret_of_user_and_password_gives_both(node: Any, source: Source) -> None:
    held = json.dumps({"user": node.user, "password": node.password})
    asked: list[str] = []

    def resolve(name: str) -> str:
        asked.append(name)
        return held

    with connect(replace(source, user="", password=Secret("secretsmanager:AstraGlueCreds")), resolve) as connected:
        assert connected.session.execute("SELECT key FROM system.local").one().key == "local"
    assert asked == ["AstraGlueCreds"]


def test_a_password_that_only_looks_like_json_is_a_password() -> None:
    for text in ("{secret", '{"pass": "x"}', '{"password": 1}'):
        assert credentials_of(Secret(text), "me", None) == ("me", text)


def test_tls_with_a_clients_certificate_works(source: Source, front: TlsFront, authority: Authority) -> None:
    cert, key = authority.issue("client")
    assert release(replace(source, port=front.port, tls=Tls(ca=authority.ca, cert=cert, key=key))).startswith("5.")


def test_an_authority_works_without_its_file_as_a_job_in_glue_is_given_it(
    source: Source, front: TlsFront, authority: Authority
) -> None:
    cert, key = authority.issue("client")
    inline = INLINE + base64.b64encode(Path(authority.ca).read_bytes()).decode()
    good = replace(source, port=front.port, tls=Tls(ca=inline, cert=cert, key=key))
    assert release(good).startswith("5.")
    for wrong in (f"{INLINE}%%%", INLINE + base64.b64encode(b"nonsense").decode()):
        with pytest.raises(ConfigError, match=r"source\.tls\.ca that was taken along cannot be used"):
            release(replace(good, tls=Tls(ca=wrong, cert=cert, key=key)))


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up on a node that keeps silent after seconds."""
    monkeypatch.setattr("gluepot.cassandra.connect.SECONDS", 3)


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(
    ("more", "said", "hint"),
    [
        (None, "does not answer", "whether it wants TLS"),
        ({"ca": ""}, "CERTIFICATE_VERIFY_FAILED", "ca must have signed"),
        ({"cert": "", "key": ""}, "does not answer", ""),
        ({"ca": "/nowhere/ca.pem"}, "source.tls.ca /nowhere/ca.pem cannot be used", "PEM"),
        ({"cert": "/nowhere/cert.pem"}, "source.tls.cert cannot be used", "PEM"),
    ],
)
def test_what_is_wrong_with_tls_is_named(
    source: Source, front: TlsFront, authority: Authority, more: dict[str, str] | None, said: str, hint: str
) -> None:
    cert, key = authority.issue("client")
    good = Tls(ca=authority.ca, cert=cert, key=key)
    tls = False if more is None else replace(good, **more)
    with pytest.raises(GluepotError, match=said) as caught:
        connect(replace(source, port=front.port, tls=tls))
    assert hint in caught.value.hint


def test_a_certificate_for_another_host_is_refused_unless_told_otherwise(
    node: Any, source: Source, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("elsewhere", "127.0.0.77"))
    with TlsFront(node.port, context) as front:
        asked = replace(source, port=front.port, tls=Tls(ca=authority.ca))
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1") as caught:
            connect(asked)
        assert "source.tls" in caught.value.hint
        assert "source.tls.verify is false" not in caplog.text
        for _ in range(2):
            caplog.clear()
            assert release(replace(asked, tls=Tls(ca=authority.ca, verify=False))).startswith("5.")
            assert caplog.text.count("source.tls.verify is false") == 1
        with pytest.raises(UnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
            connect(replace(asked, tls=Tls(verify=False)))


def test_tls_to_a_port_without_it_is_named(source: Source) -> None:
    with pytest.raises(UnreachableError) as caught:
        connect(replace(source, tls=True))
    assert "source.tls" in caught.value.hint or "TLS" in caught.value.hint


def test_no_log_and_no_repr_has_the_password(
    source: Source, node: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    names = [name for name in logging.root.manager.loggerDict if name.startswith("cassandra")]
    for name in ("", "cassandra", *names):
        caplog.set_level(logging.DEBUG, logger=name)
    with connect(source) as connected:
        connected.session.execute("SELECT key FROM system.local")
    with pytest.raises(ConfigError):
        connect(replace(source, password=Secret(WRONG)))
    told = f"{caplog.text} {''.join(capfd.readouterr())} {source!r} {connected!r}"
    assert "cassandra.connection" in told
    assert node.password not in told
    assert WRONG not in told


def test_connecting_says_nothing(source: Source, caplog: pytest.LogCaptureFixture) -> None:
    release(source)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_the_driver_need_not_be_there_until_it_is_used(tmp_path: Path) -> None:
    import subprocess
    import sys

    (tmp_path / "cassandra.py").write_text("raise ModuleNotFoundError('gone', name='cassandra')\n")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from gluepot.cassandra.connect import connect\n"
        "from gluepot.cassandra.source import Source\n"
        "from gluepot.errors import MissingExtraError\n"
        "try: connect(Source(contact_points=('127.0.0.1',)))\n"
        "except MissingExtraError as error: print(error.hint)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "pip install 'gluepot[load]'"
