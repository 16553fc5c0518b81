"""Rules, layout and types hold in the whole tree."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.timeout(600)
def test_make_lint_finds_nothing() -> None:
    """It is part of the tests, so that one closing line tells everything."""
    done = subprocess.run([ROOT / "tools" / "lint"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"\n{done.stdout}\n{done.stderr}"
