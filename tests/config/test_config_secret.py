"""A secret shows itself only where it is asked to."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING

import msgspec
import pytest

from gluepot.errors import ConfigError
from gluepot.secret import Secret, mask_secrets

if TYPE_CHECKING:
    from pathlib import Path

HIDDEN = "wJalrXUtnFEMI/K7MDENG"


def refusal(secret: Secret, **arguments: object) -> str:
    with pytest.raises(ConfigError) as caught:
        secret.reveal(**arguments)  # type: ignore[arg-type]  # each test passes what its kind of reference takes
    assert caught.value.__cause__ is None, "the cause could carry the secret"
    return str(caught.value)


def test_a_secret_does_not_print() -> None:
    secret = Secret(HIDDEN)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret:>5}", "%s %r" % (secret, secret), str([secret])]  # noqa: UP031 - old-style formatting is one of the ways out
    assert not any(HIDDEN in text for text in shown)
    assert str(secret) == "***"


def test_a_secret_does_not_encode_or_pickle() -> None:
    assert msgspec.json.encode({"a": Secret(HIDDEN)}, enc_hook=mask_secrets) == b'{"a":"***"}'
    with pytest.raises(TypeError):
        msgspec.json.encode(Secret(HIDDEN))
    with pytest.raises(TypeError):
        json.dumps(Secret(HIDDEN))
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(HIDDEN))
    with pytest.raises(NotImplementedError):
        mask_secrets(object())


def test_a_secret_is_compared_and_copied_as_what_it_holds() -> None:
    assert Secret(HIDDEN) == copy.deepcopy(Secret(HIDDEN)) == copy.copy(Secret(HIDDEN))
    assert Secret(HIDDEN) != Secret("other")
    assert Secret(HIDDEN) != HIDDEN
    assert len({Secret(HIDDEN), Secret(HIDDEN)}) == 1


def test_what_is_no_reference_is_the_value() -> None:
    for text in (HIDDEN, "sv=2024&se=2030-01-01T00:00:00Z&sig=a%2B", "tenant:7", "arn:aws:x"):
        assert Secret(text).reveal() == text
        assert Secret(text).reference == ""


def test_the_environment_is_read_when_the_secret_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = Secret("env:GLUEPOT_TEST_SECRET")
    assert "'GLUEPOT_TEST_SECRET' is not set" in refusal(secret)
    monkeypatch.setenv("GLUEPOT_TEST_SECRET", HIDDEN)
    assert secret.reveal() == HIDDEN
    assert "is empty" in refusal(Secret("env:X", {"X": ""}))


def test_a_file_holds_a_secret_and_perhaps_a_line_end(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    for body in (HIDDEN, f"{HIDDEN}\n", f"{HIDDEN}\r\n"):
        path.write_bytes(body.encode())
        assert Secret(f"file:{path}").reveal() == HIDDEN
    path.write_bytes(b"a b\n\n")
    assert Secret(f"file:{path}").reveal() == "a b\n"


def test_a_files_refusal_names_the_file_and_not_its_content(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(HIDDEN.encode() + b"\xff")
    assert "not UTF-8" in refusal(Secret(f"file:{path}"))
    assert HIDDEN not in refusal(Secret(f"file:{path}"))
    assert "No such file" in refusal(Secret(f"file:{tmp_path / 'none'}"))
    assert "Is a directory" in refusal(Secret(f"file:{tmp_path}"))
    refusal(Secret("file:a\0b"))


def test_secrets_manager_is_asked_by_name_or_arn() -> None:
    asked: list[str] = []

    def resolve(name: str) -> str:
        asked.append(name)
        return json.dumps({"password": HIDDEN, "number": 5})

    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:kada-AbCdEf"
    assert Secret(f"secretsmanager:{arn}#password").reveal(resolve) == HIDDEN
    assert Secret("secretsmanager:kada").reveal(resolve) == json.dumps({"password": HIDDEN, "number": 5})
    assert asked == [arn, "kada"]
    for field in ("number", "none"):
        message = refusal(Secret(f"secretsmanager:kada#{field}"), resolver=resolve)
        assert f"no text field '{field}'" in message
        assert HIDDEN not in message


def test_secrets_manager_refusals_name_the_reference_only() -> None:
    assert "not at hand" in refusal(Secret("secretsmanager:kada"))
    assert "names no secret" in refusal(Secret("secretsmanager:#x"), resolver=lambda _: HIDDEN)
    message = refusal(Secret("secretsmanager:kada#x"), resolver=lambda _: HIDDEN)
    assert "not a JSON object" in message
    assert HIDDEN not in message
