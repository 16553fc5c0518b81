"""Credentials as an object store takes them: the same, renewed, whoever opens the store."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from botocore.credentials import ReadOnlyCredentials

from gluepot.aws.access import Access
from gluepot.aws.credentials import Renewable
from gluepot.aws.s3credential import fixed, provider
from gluepot.errors import CredentialsError


def test_a_key_without_an_end_is_given_without_one() -> None:
    given = provider(Access(key="AKIA1", secret="s"), "us-east-1")()
    assert given == {"access_key_id": "AKIA1", "secret_access_key": "s", "token": None, "expires_at": None}
    assert fixed("AKIA1", "s")() == given


def test_a_session_comes_with_its_token_and_its_end_and_is_renewed_when_that_is_near() -> None:
    ends = iter([time.time() + 1_000_000, time.time() + 2_000_000])
    credentials = Renewable(lambda: (ReadOnlyCredentials("AKIA1", "s", "session"), next(ends)))
    give = provider(credentials, "us-east-1")
    first, kept = give(), give()
    assert (first["token"], kept) == ("session", first)
    assert first["expires_at"] is not None
    assert first["expires_at"].tzinfo is UTC
    credentials.renew(credentials.get_frozen_credentials())
    renewed = give()["expires_at"]
    assert renewed is not None
    assert (renewed - first["expires_at"]).total_seconds() == pytest.approx(1_000_000)
    assert renewed > datetime.now(UTC)


def test_credentials_that_cannot_be_had_say_why() -> None:
    def refused() -> tuple[ReadOnlyCredentials, float | None]:
        raise CredentialsError("the role cannot be assumed")

    with pytest.raises(CredentialsError, match="the role cannot be assumed"):
        provider(Renewable(refused), "us-east-1")()
