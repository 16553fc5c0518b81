"""What gluepot itself says passes redaction to the letter: its words, its keys, and the codes that AWS gave."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gluepot import errors
from gluepot.errors import DeniedError, ErrorRecord
from gluepot.mask.credentials import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = Path(errors.__file__).parent
VALUES = ("orders", "ExpiredTokenException", "env:ASTRA_TOKEN")
"""What stands in the places of a message: names, codes, references."""


def said(path: Path) -> Iterator[str]:
    """Yield every text of a module but its docstrings, the places of f-strings filled."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    parts |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            for value in VALUES:
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else value for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value


def test_nothing_that_gluepot_says_is_taken_for_a_secret() -> None:
    redactor = Redactor()
    modules = [path for path in SOURCES.rglob("*.py") if "mask" not in path.parts]
    damaged = {(path.name, text) for path in modules for text in said(path) if redactor.redact(text) != text}
    assert damaged == set()


@pytest.mark.parametrize(
    "code",
    [
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId",
        "AuthFailure",
        "RequestTokenExpired",
        "OptInRequired",
    ],
)
@pytest.mark.parametrize(
    "sentence",
    [
        "AWS refused the credentials: {}",
        "the security token: {}",
        "the secret: {}",
        "the secret access key: {}: it is inactive",
        "password: {}",
        "signature: {} (403)",
        "token={}",
        "AWS answered {} to secretsmanager:GetSecretValue, token: {}",
    ],
)
def test_the_code_that_aws_gave_stays(sentence: str, code: str) -> None:
    text = sentence.format(code, code)
    assert Redactor().redact(text) == text


def test_a_secret_inside_an_error_goes_and_what_is_around_it_stays() -> None:
    error = DeniedError(
        "cannot read the secret prod/db: ExpiredToken",
        "jdbc:mysql://reader:Tr0ub4dor3@db/sales was refused",
        "correct source.password",
        code="ExpiredToken",
        action="secretsmanager:GetSecretValue",
        resource="arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
    )
    record = ErrorRecord.of(error, Redactor().redact)
    assert record.why == "jdbc:mysql://reader:***@db/sales was refused"
    assert (record.what, record.hint) == (error.what, error.hint)
    assert (record.code, record.action, record.resource) == (error.code, error.action, error.resource)
