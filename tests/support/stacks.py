"""What tests of provisioning stand on: a plan file, an account, and what becomes of resources, in few words."""

from __future__ import annotations

import copy
import functools
import os
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.support.emulated import leads_to

from gluepot.loader.plan import readfile
from gluepot.loader.stack import provisioning
from gluepot.loader.stack.credential import credential_of
from gluepot.secret import Secret
from gluepot_sandbox.aws import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gluepot.aws.clients import Clients
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.provision.applying import Done
    from gluepot.provision.changes import Change

TOKEN = "AstraCS:T0ken-of-nobody:0123456789abcdef"
OTHER_TOKEN = "AstraCS:An0ther-of-nobody:fedcba9876543210"
REGION = "us-east-1"
BUCKET = "our-lake"
NAME = "gluepot-lake"
STACK = f"{NAME}/{REGION}"
ROLE, JOB, SECRET, NETWORK = f"{NAME}-job", f"{NAME}-load", f"{NAME}-credentials", f"{NAME}-network"

NETWORK_SECTION = {"subnet": "subnet-0a1b2c3d", "security_groups": ["sg-0a1b2c3d"], "availability_zone": "us-east-1a"}

SOURCE = {"keyspace": "shop", "database": "astraglue_db", "token": "env:ASTRA_TOKEN"}


ALL = ["bucket", "secret", "database", "workgroup", "role", "connection", "job"]
"""The kinds of a plan file that names a VPC, in the order in which they are made."""


@pytest.fixture
def aws(server: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An account with nothing in it, which the environment leads to, and which made no invalid answer."""
    server.reset()
    leads_to(server, monkeypatch)
    yield server
    assert server.invalid() == []


def plan_file(
    *, token: str | None = TOKEN, engine: str = "glue", source: Mapping[str, Any] = SOURCE, **sections: Any
) -> PlanFile:
    """Build a plan file that runs as a Glue job, with the token in an environment of its own."""
    target = {"database": "lake", "location": f"s3://{BUCKET}/tables", "region": REGION, **sections.pop("target", {})}
    file = readfile.from_mapping({"source": source, "target": target, **sections})
    if source is SOURCE and token is not None:
        known = Secret("env:ASTRA_TOKEN", {"ASTRA_TOKEN": token})
        file = msgspec.structs.replace(file, source=msgspec.structs.replace(file.source, token=known))
    return msgspec.structs.replace(file, engine=engine)


def clients(file: PlanFile) -> Clients:
    """Open the account that the environment leads to: its clients, slow to make, are made once for many tests."""
    key = (os.environ["AWS_ENDPOINT_URL"], file.target.region)
    if key not in _OPEN:
        _OPEN[key] = provisioning.open_account(file)
    made = copy.copy(_OPEN[key])
    made.secret = credential_of(file.source)
    return made


def opened(token: str | None = TOKEN) -> Clients:
    """Open the account of a plan file with this token."""
    return clients(plan_file(token=token))


def boto(aws: Emulator, service: str, region: str = REGION) -> Any:
    """Give a client of somebody else, made once."""
    return _boto(aws.url, service, region)


_OPEN: dict[tuple[str, str], Clients] = {}


@functools.cache
def _boto(url: str, service: str, region: str) -> Any:
    return Emulator(None, url).client(service, region=region)


def planned(file: PlanFile) -> dict[str, Change]:
    """Plan, and give the changes by kind."""
    return {one.resource.kind: one for one in provisioning.plan(file, clients(file)).changes}


def actions(file: PlanFile) -> dict[str, str]:
    """Plan, and say what would be done to each kind."""
    return {kind: change.action for kind, change in planned(file).items()}


def applied(file: PlanFile, *, force: bool = False) -> dict[str, str]:
    """Apply, and say what became of each kind."""
    return outcomes(provisioning.apply(file, clients(file), force=force))


def destroyed(file: PlanFile, *, data: bool = False) -> dict[str, str]:
    """Destroy, and say what became of each kind."""
    return outcomes(provisioning.destroy(file, clients(file), data=data))


def outcomes(done: Iterable[Done]) -> dict[str, str]:
    """Say what became of each kind."""
    return {one.resource.kind: one.outcome for one in done}
