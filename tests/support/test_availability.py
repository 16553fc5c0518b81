"""A test whose server is missing is listed as not run, and fails in CI."""

from __future__ import annotations

import pytest
from tests.support.availability import not_available
from tests.support.azurite import server as azurite


def test_it_is_listed_with_the_reason_and_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="not run: no server"):
        not_available("no server")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="must run in CI: no server"):
        not_available("no server")


def test_azurite_without_node_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(pytest.skip.Exception, match="node and npm"):
        azurite.install()
