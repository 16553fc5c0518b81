"""A region that is not there is told from a new one, which the library does not list yet."""

from __future__ import annotations

import pytest

from gluepot.aws import regions


@pytest.fixture(autouse=True)
def _no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_GLUE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("region", ["eu-central-1", "cn-north-1", "us-gov-west-1"])
def test_regions_that_are_listed_are_there_without_a_look(region: str) -> None:
    assert regions.is_there(region, has_address=lambda _: False)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-nowhere-1", "glue.eu-nowhere-1.amazonaws.com"),
        ("cn-nowhere-1", "glue.cn-nowhere-1.amazonaws.com.cn"),
    ],
)
@pytest.mark.parametrize("is_new", [True, False])
def test_others_are_there_if_glue_has_an_address_in_them(region: str, host: str, *, is_new: bool) -> None:
    asked: list[str] = []

    def look(name: str) -> bool:
        asked.append(name)
        return is_new

    assert regions.is_there(region, has_address=look) is is_new
    assert asked == [host]


def test_an_endpoint_of_ones_own_may_call_its_region_as_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert regions.is_there("mars-1", has_address=lambda _: False)


def test_a_host_without_a_name_has_no_address() -> None:
    assert regions.has_address("127.0.0.1")
    assert not regions.has_address("no such host")
