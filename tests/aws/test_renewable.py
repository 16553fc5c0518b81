"""Credentials that renew themselves, by what they do with renewals that fail."""

from __future__ import annotations

import threading
import time

import pytest
from botocore.credentials import ReadOnlyCredentials

from gluepot.aws import credentials as session
from gluepot.aws.credentials import Renewable
from gluepot.errors import RemoteError


class Source:
    """Hands out numbered credentials of a given life, or fails."""

    def __init__(self, life: float | None) -> None:
        """Begin with nothing handed out."""
        self.life, self.given, self.failing = life, 0, False

    def __call__(self) -> tuple[ReadOnlyCredentials, float | None]:
        """Resolve."""
        if self.failing:
            raise RemoteError("STS does not answer")
        self.given += 1
        keys = ReadOnlyCredentials(f"key{self.given}", "secret", "token")
        return keys, None if self.life is None else time.time() + self.life


def test_credentials_without_an_end_are_fetched_once() -> None:
    source = Source(None)
    credentials = Renewable(source)
    assert [credentials.access_key for _ in range(3)] == ["key1"] * 3


def test_credentials_are_renewed_before_their_end() -> None:
    source = Source(0.5)
    credentials = Renewable(source)
    assert credentials.access_key == "key1"
    time.sleep(0.42)
    assert credentials.access_key == "key2"


def test_a_renewal_that_fails_leaves_good_credentials_in_use_until_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "RETRY_SECONDS", 0.01)
    source = Source(1.0)
    credentials = Renewable(source)
    assert credentials.access_key == "key1"
    source.failing = True
    time.sleep(0.82)
    assert credentials.access_key == "key1"
    time.sleep(0.2)
    with pytest.raises(RemoteError):
        credentials.get_frozen_credentials()
    source.failing = False
    assert credentials.access_key == "key2"


def test_what_the_service_calls_expired_is_renewed_once_for_all_threads() -> None:
    source = Source(3600)
    credentials = Renewable(source)
    stale = credentials.get_frozen_credentials()
    threads = [threading.Thread(target=credentials.renew, args=(stale,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert credentials.access_key == "key2"
    credentials.renew(stale)
    assert credentials.access_key == "key2"
