"""What AWS's libraries would log at DEBUG never gets to a handler."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from botocore.credentials import Credentials

from gluepot.aws.session import session_for
from gluepot.kada import get_generic_logger

if TYPE_CHECKING:
    import pytest


def test_botocore_does_not_log_at_debug_once_a_session_is_made(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("botocore")
    before = logger.level
    try:
        with caplog.at_level(logging.DEBUG):
            session_for(Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "tok"))
            assert not logging.getLogger("botocore.auth").isEnabledFor(logging.DEBUG)
    finally:
        logger.setLevel(before)


def test_the_generic_logger_redacts(capsys: pytest.CaptureFixture[str]) -> None:
    logger = get_generic_logger("a logger of this test")
    logger.warning("connected with password=%s", "hunter2hunter2")
    printed = capsys.readouterr().err
    assert "connected with password=***" in printed
