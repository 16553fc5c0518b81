"""`--athena` and `load sql` as they are typed, where there is nothing loaded or something is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.cli.test_cli_query import PLAN
from typer.testing import CliRunner

from gluepot.cli.app import app
from gluepot_sandbox import aws as emulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def aws() -> Iterator[emulator.Emulator]:
    with emulator.start() as running:
        yield running


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("query", "--athena", "SELECT 1", "--workgroup", "none"), "the workgroup none is not there"),
        (("query", "--athena", "SELECT 1", "--workgroup", "primary"), "create the bucket reading-lake"),
        (("query", "--athena", "SELECT 1", "--snapshot", "5"), "FOR VERSION AS OF 5"),
        (("query", "SELECT 1", "--workgroup", "x"), "add --athena"),
        (("load", "verify", "--athena", "--rescan"), "Athena cannot ask the source"),
        (("load", "verify", "--statements"), "add --athena"),
        (("load", "verify", "--athena"), "there is no database shop"),
        (("load", "sql"), "there is no database shop"),
        (("load", "sql", "--engine", "oracle"), "oracle"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(
    aws: emulator.Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: str
) -> None:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    (tmp_path / "plan.toml").write_text(PLAN)
    done = CliRunner().invoke(app, [*arguments, "-c", str(tmp_path / "plan.toml")])
    assert done.exit_code == 2
    assert told in " ".join(done.stderr.split())
    assert done.stdout == ""
