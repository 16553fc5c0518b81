"""What is read of others has an end, which is told in words; nothing fills the memory or the disk before that."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gluepot.cassandra import bundle
from gluepot.collector.extract.manifest import read_manifest
from gluepot.collector.hwm import Marks
from gluepot.config import from_mapping, load
from gluepot.errors import ConfigError, LandingError, StateError
from gluepot.host import capped
from gluepot.landing import LandingOptions, from_url

if TYPE_CHECKING:
    from gluepot_sandbox.aws import Emulator

ENDLESS = Path("/dev/zero")
"""A file that never ends."""


def test_a_file_is_read_up_to_its_limit_and_one_that_never_ends_no_further(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 10)
    assert capped.read(file, 10) == b"x" * 10
    with pytest.raises(OSError, match="larger than 9 bytes"):
        capped.read(file, 9)
    with pytest.raises(OSError, match="larger than 1 MB"):
        capped.read(ENDLESS, capped.SECRET)


def test_what_is_unpacked_stops_at_its_limit() -> None:
    bomb = gzip.compress(bytes(5 * capped.CHUNK))
    to = io.BytesIO()
    with pytest.raises(OSError, match="larger than 2 MB"):
        capped.unpack(gzip.GzipFile(fileobj=io.BytesIO(bomb)), to, 2 * capped.CHUNK)
    assert len(to.getvalue()) == 2 * capped.CHUNK


def test_a_configuration_and_a_secret_that_never_end_are_refused(tmp_path: Path) -> None:
    (tmp_path / "c.json").symlink_to(ENDLESS)
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "c.json")
    assert "larger than 16 MB" in refused.value.why
    config = from_mapping({"key": f"file:{ENDLESS}", "secret": "x"})
    assert config.key is not None
    with pytest.raises(ConfigError) as hidden:
        config.key.reveal()
    assert "larger than 1 MB" in hidden.value.why


def test_ten_lines_that_stand_for_more_values_than_fit_are_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 10)]
    (tmp_path / "c.yaml").write_text("\n".join(lines))
    with pytest.raises(ConfigError, match="1,000,000 values"):
        load(tmp_path / "c.yaml")


@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_a_manifest_that_is_nested_beyond_all_is_refused(tmp_path: Path, opened: str) -> None:
    file = tmp_path / "MANIFEST_20260101000000.json"
    file.write_text('{"format": 1, "files": ' + opened * 100_000)
    with pytest.raises(StateError, match="is not a manifest"):
        read_manifest(file)


def test_a_manifest_that_is_larger_than_any_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "MANIFEST_20260101000000.json"
    with file.open("wb") as made:
        made.truncate(capped.RECORD + 1)  # of holes: it takes no space
    with pytest.raises(StateError, match="larger than 256 MB"):
        read_manifest(file)


def zipped(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return made.getvalue()


WHOLE: dict[str, bytes] = {
    "config.json": json.dumps({"host": "h", "port": 1}).encode(),
    "ca.crt": b"",
    "cert": b"",
    "key": b"",
}


@pytest.mark.parametrize(
    "more",
    [{"key": bytes(50 * capped.MEGABYTE)}, {"other": bytes(50 * capped.MEGABYTE)}, {f"{at}": b"" for at in range(200)}],
    ids=["a part", "another file", "many files"],
)
def test_a_bundle_that_unpacks_to_more_than_bundles_hold_is_refused(tmp_path: Path, more: dict[str, bytes]) -> None:
    file = tmp_path / "bundle.zip"
    file.write_bytes(zipped(WHOLE))
    bundle.check(file)
    file.write_bytes(zipped({**WHOLE, **more}))
    assert file.stat().st_size < capped.MEGABYTE
    with pytest.raises(ConfigError) as refused:
        bundle.check(file)
    assert "1,000,000 bytes unpacked" in refused.value.why


def test_a_mark_and_an_object_of_a_store_are_read_up_to_their_limits(aws: Emulator) -> None:
    s3: Any = aws.client("s3")
    s3.create_bucket(Bucket="zone")
    s3.put_object(Bucket="zone", Key="lz/glue_hwm.txt", Body=bytes(capped.MARK + 1))
    options = LandingOptions(key="AKIA", secret="x")
    with pytest.raises(LandingError) as refused:
        Marks.at("s3://zone/lz", options).read("glue")
    assert "larger than 100,000 bytes" in refused.value.why
    landing = from_url("s3://zone/lz", options)
    assert landing.get("glue_hwm.txt", capped.MARK + 1) == bytes(capped.MARK + 1)
    with pytest.raises(LandingError) as larger:
        landing.get("glue_hwm.txt", capped.MARK)
    assert "larger than 100,000 bytes" in larger.value.why
