"""pyiceberg's files through the landing: what is there, what is not, what S3 refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pyiceberg.io import load_file_io
from tests.support import lakes

from gluepot.aws.access import Access
from gluepot.errors import ConfigError, DeniedError
from gluepot.lake.commit.account import Account, attempts
from gluepot.landing import StoreError
from gluepot.landing.transfer import PART, SMALL
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from pyiceberg.io import FileIO

    from gluepot_sandbox.aws import Emulator


@pytest.fixture
def files(aws: Emulator) -> FileIO:
    """Files as pyiceberg has them, in a bucket."""
    aws.client("s3").create_bucket(Bucket="bucket")
    return load_file_io(Account(Access(), lakes.REGION).commit_properties(), "s3://bucket/table")


@pytest.mark.parametrize("size", [0, 1, SMALL + 1, PART + 1])
def test_what_is_written_is_read_again(files: FileIO, size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    with files.new_output("s3://bucket/table/metadata/a.avro").create() as written:
        written.write(body[: size // 2])
        written.write(body[size // 2 : size])
    there = files.new_input("s3://bucket/table/metadata/a.avro")
    assert (there.exists(), len(there)) == (True, size)
    for seekable in (True, False):
        with there.open(seekable=seekable) as read:
            assert read.read() == body[:size]
    files.delete("s3://bucket/table/metadata/a.avro")
    assert not there.exists()


def test_what_is_there_is_not_overwritten_unless_it_may_be(files: FileIO) -> None:
    output = files.new_output("s3://bucket/a")
    for overwrite in (False, True):
        with output.create(overwrite=overwrite) as written:
            written.write(b"body")
    with pytest.raises(FileExistsError):
        output.create()


def test_what_is_not_there_is_no_file(files: FileIO) -> None:
    with pytest.raises(FileNotFoundError, match="Path does not exist"):
        files.new_input("s3://bucket/nothing").open()


def test_what_s3_refuses_is_said_in_a_loads_words(files: FileIO, aws: Emulator) -> None:
    with pytest.raises(ConfigError, match="the bucket nowhere is not there"):
        files.new_input("s3://nowhere/a").open()
    aws.change(faults=[Fault(FaultKind.DENIED, service="s3")])
    with pytest.raises(DeniedError) as denied:
        files.new_input("s3://bucket/a").open()
    assert denied.value.action == "s3:GetObject"
    aws.change(faults=[Fault(FaultKind.EXPIRED, service="s3")])
    with pytest.raises(StoreError, match="ExpiredToken"):  # who holds the credentials renews them
        files.new_input("s3://bucket/a").open()


@pytest.mark.parametrize(("seconds", "tries"), [(0, 1), (5, 5), (60, 11), (300, 35)])
def test_arrow_tries_as_often_as_the_patience_is_likely_to_take(seconds: float, tries: int) -> None:
    assert attempts(seconds) == tries
