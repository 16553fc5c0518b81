"""`--athena` and `load sql` as they are typed, where there is nothing loaded or something is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.cli.test_cli_query import PLAN
from tests.support import commands
from tests.support.emulated import inherited

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot_sandbox.aws import Emulator


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
    aws: Emulator, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    (tmp_path / "plan.toml").write_text(PLAN)
    done = commands.run(*arguments, "-c", "plan.toml", folder=tmp_path, environ={**inherited(), **aws.environment()})
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())
    assert done.stdout == ""
