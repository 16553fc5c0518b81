"""Marks and generations at a landing URL: what a run on another machine, without a disk of its own, goes on from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.support.azurite import server as azurite
from tests.support.emulated import leads_to

from gluepot.collector.hwm import EPOCH
from gluepot.collector.run import run
from gluepot.collector.settings import marks_of
from gluepot.config import from_mapping
from gluepot.errors import ConfigError, LandingError
from gluepot_sandbox import aws as emulator
from gluepot_sandbox.aws import Seed, SeedDatabases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gluepot.collector.run import Ran

BUCKET = "marks"
CONTAINERS = ("marks", "landing")
REGION = "us-east-1"


@pytest.fixture(scope="module")
def landing(server: emulator.Emulator) -> emulator.Emulator:
    """An AWS with a small catalog and a bucket."""
    server.reset(emulator.Settings(seeds=(Seed(databases=(SeedDatabases(tables=3, columns=2),), region=REGION),)))
    server.client("s3", region=REGION).create_bucket(Bucket=BUCKET)
    return server


@pytest.fixture
def aws(landing: emulator.Emulator, monkeypatch: pytest.MonkeyPatch) -> emulator.Emulator:
    """That AWS, to which the environment leads."""
    leads_to(landing, monkeypatch, REGION)
    return landing


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[azurite.Azurite]:
    """An Azure storage account with two containers."""
    with azurite.running(tmp_path_factory.mktemp("azurite")) as running:
        for name in CONTAINERS:
            running.create_container(name)
        yield running


def twice(home: Path, **keys: Any) -> tuple[Ran, Ran]:
    """Run on one machine, then on another: nothing but the URLs is the same."""
    made = []
    for name in ("one", "two"):
        config = {"regions": [REGION], "server": "1_glue", "output_path": str(home / name), **keys}
        made.append(run(from_mapping(config)))
    return made[0], made[1]


def check_second_goes_on(ran: tuple[Ran, Ran]) -> None:
    (_, first), (_, second) = (one.collected.manifests[0] for one in ran)
    assert (first.start, first.full, sum(one.listed for one in first.databases)) == (EPOCH, True, 3)
    assert (second.start, second.full) == (first.end, False)
    assert [one.pushed.marks[0].end for one in ran] == [first.end, second.end]


@pytest.mark.parametrize("state", [None, f"s3://{BUCKET}/generations"])
def test_another_machine_goes_on_from_s3(aws: emulator.Emulator, tmp_path: Path, state: str | None) -> None:
    assert aws.url
    prefix = f"s3://{BUCKET}/{tmp_path.name}"
    landing = {"url": str(tmp_path / "landing")}
    check_second_goes_on(twice(tmp_path, landing=landing, hwm=prefix, **({"state": state} if state else {})))


def test_s3_marks_take_a_role_of_their_own(aws: emulator.Emulator, tmp_path: Path) -> None:
    access = {
        "key": emulator.ACCESS_KEY,
        "secret": emulator.SECRET_KEY,
        "role": "arn:aws:iam::123456789012:role/Marks",
        "region": REGION,
    }
    landing = {"url": str(tmp_path / "landing")}
    check_second_goes_on(twice(tmp_path, landing=landing, hwm=f"s3://{BUCKET}/{tmp_path.name}", hwm_access=access))
    assert "AssumeRole" in {call.operation for call in aws.calls()}


@pytest.mark.parametrize("file", ["", "/k.txt"])
def test_another_machine_goes_on_from_azure(
    aws: emulator.Emulator, blobs: azurite.Azurite, tmp_path: Path, file: str
) -> None:
    """The landing's key opens another container of its account too."""
    assert aws.url
    landing = {"url": blobs.url("landing", tmp_path.name), "account_key": azurite.KEY}
    check_second_goes_on(twice(tmp_path, landing=landing, hwm=blobs.url("marks", tmp_path.name) + file))


def test_azure_marks_take_a_sas_of_their_own_beside_a_landing_that_may_only_be_written(
    aws: emulator.Emulator, blobs: azurite.Azurite, tmp_path: Path
) -> None:
    assert aws.url
    landing = {"url": blobs.url("landing", tmp_path.name), "sas": azurite.sas("landing", "cw")}
    access = {"sas": azurite.sas("marks", "rcwdl")}
    keys = {"landing": landing, "hwm": blobs.url("marks", tmp_path.name), "hwm_access": access}
    check_second_goes_on(twice(tmp_path, **keys))


def test_marks_that_may_not_be_read_are_an_error_that_says_so(
    aws: emulator.Emulator, blobs: azurite.Azurite, tmp_path: Path
) -> None:
    """Taking them for missing would make every run a full snapshot."""
    assert aws.url
    landing = {"url": blobs.url("landing", tmp_path.name), "sas": azurite.sas("landing", "cw")}
    with pytest.raises(LandingError, match=r"cannot read glue_hwm\.txt at az://"):
        twice(tmp_path, landing=landing, hwm=blobs.url("landing", f"{tmp_path.name}/marks"))


def test_a_bucket_that_is_missing_is_named(aws: emulator.Emulator) -> None:
    assert aws.url
    with pytest.raises(LandingError, match="s3://no-such-bucket/marks"):
        marks_of(from_mapping({"regions": [REGION], "hwm": "s3://no-such-bucket/marks"})).read("glue")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"hwm_access": {"key": "a", "secret": "b"}}, "hwm_access: opens URLs, while hwm and state are paths"),
        ({"hwm": "s3://b/m", "hwm_access": {"sas": "x"}}, "hwm_access.sas: belongs to Azure, while the url is s3"),
        ({"hwm": "az://c/m", "hwm_access": {"role": "x"}}, "hwm_access.role: belongs to S3, while the url is az"),
        ({"hwm": "s3://b/m", "hwm_access": {"key": "a"}}, "hwm_access.secret: is missing, while key is given"),
    ],
)
def test_an_access_that_fits_no_url_is_refused(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_mapping(keys)
    assert said in str(caught.value)
