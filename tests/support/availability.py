"""What a test says when something it needs is not on this machine."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def not_available(reason: str) -> NoReturn:
    """Report a test as not run, with the reason; where CI=true, fail instead, so that nothing goes missing there."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"this must run in CI: {reason}", pytrace=False)
    pytest.skip(f"not run: {reason}")
