"""An apply dies before each of its writes in turn: the next one finishes it, and takes nothing for somebody else's."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.kills import NEVER, Killed, Writes
from tests.support.stacks import (
    ALL,
    BUCKET,
    NETWORK_SECTION,
    OTHER_TOKEN,
    REGION,
    actions,
    applied,
    aws,
    boto,
    clients,
    plan_file,
)

from gluepot.loader.stack import provisioning
from gluepot.provision.kinds import object as objects
from gluepot.provision.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gluepot.aws.clients import Clients
    from gluepot.loader.core.planfile import PlanFile
    from gluepot_sandbox.aws import Emulator

__all__ = ["aws"]

READS = ("Get", "List", "Head", "Describe")
SERVICES = ("s3", "iam", "glue", "secretsmanager", "athena")
FILE = plan_file(aws={"network": NETWORK_SECTION})
RENEWED = plan_file(token=OTHER_TOKEN, aws={"network": NETWORK_SECTION})
CHANGED = plan_file(
    token=OTHER_TOKEN, aws={"network": {**NETWORK_SECTION, "subnet": "subnet-1"}}, glue={"timeout_minutes": 7}
)
"""Another secret, connection and job."""


@contextlib.contextmanager
def counted(made: Clients, writes: Writes) -> Iterator[None]:
    """Have all that an account is asked to write counted."""

    def before(model: Any, **_: object) -> None:
        if not model.name.startswith(READS):
            writes.write(model.name)

    events = [made.client(service).meta.events for service in SERVICES]
    for one in events:
        one.register_first("before-call", before)
    try:
        yield
    finally:
        for one in events:
            one.unregister("before-call", before)


def dies(file: PlanFile, left: int = NEVER, after: str = "") -> list[str]:
    """Have an apply die before the write of this number; gives what it wrote, which is all where it came to its end."""
    made, writes = clients(file), Writes(left, after)
    with counted(made, writes), contextlib.suppress(Killed):
        provisioning.apply(file, made)
    return writes.done


def check_finished(aws: Emulator, file: PlanFile) -> None:
    """The next apply makes everything what it is to be, once the lease of the dead one has run out."""
    if boto(aws, "s3").list_buckets()["Buckets"]:
        boto(aws, "s3").delete_object(Bucket=BUCKET, Key="tables/_gluepot/aws.lease")
    told = applied(file)
    assert set(told.values()) <= {"created", "updated", "left"}, told
    assert actions(file) == dict.fromkeys(ALL, "leave")


@pytest.mark.long
def test_an_apply_that_dies_before_any_of_its_writes_is_finished_by_the_next(aws: Emulator) -> None:
    number = 0
    while len(dies(FILE, number)) == number:
        check_finished(aws, FILE)
        aws.reset()
        number += 1
    assert number > 20


@pytest.mark.long
def test_a_change_that_dies_before_any_of_its_writes_is_finished_and_is_nobodys_hand(aws: Emulator) -> None:
    number = 0
    while True:
        applied(FILE)
        if len(dies(CHANGED, number)) < number:
            break
        check_finished(aws, CHANGED)
        assert set(actions(FILE).values()) <= {"leave", "update"}  # and what comes after it is told as the plan's
        aws.reset()
        number += 1
    assert number > 10


def test_a_secret_whose_renewal_died_is_renewed_the_next_time_and_after_that(aws: Emulator) -> None:
    """Its value is there, and the tag that says that gluepot has put it there: no hand has changed it."""
    applied(FILE)
    assert dies(RENEWED, after="PutSecretValue")[-1] == "PutSecretValue"
    check_finished(aws, RENEWED)
    assert actions(FILE)["secret"] == "update"


def test_an_object_is_there_with_its_tags_or_not_at_all(aws: Emulator, tmp_path: Path) -> None:
    boto(aws, "s3").create_bucket(Bucket=BUCKET)
    path = tmp_path / "driver.jar"
    path.write_bytes(b"jar")
    made = clients(FILE)
    digest = hashlib.sha256(b"jar").hexdigest()
    wanted = Resource("object", f"s3://{BUCKET}/driver.jar", {"sha256": digest, "file": str(path)})
    tags = {"gluepot:stack": f"ours/{REGION}", "of": "a b+c=d"}
    writes = Writes(1)
    with counted(made, writes):
        objects.create(made, wanted, tags)
        assert writes.done == ["PutObject"]
        found = objects.read(made, wanted)
        assert found is not None
        assert found.tags == tags
    with counted(made, Writes(1)):
        objects.update(made, wanted, found)
    again = objects.read(made, wanted)
    assert again is not None
    assert again.tags == tags
