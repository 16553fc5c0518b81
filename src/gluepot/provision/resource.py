"""What stands in AWS, as data: a resource as a plan wants it, the same resource as it is found, and what to call.

To add a kind of resource, add a module with the functions of `Kind`, and its row in `KINDS`.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gluepot.aws.clients import Clients

Plain = Mapping[str, Any]
"""Plain JSON data: no secret is ever in it."""

Key = tuple[str, str]
"""Kind and name of a resource."""

STACK: Final = "gluepot:stack"
"""The tag that says whose a resource is: the name of the plan's resources, and the region of the plan."""

APPLIED: Final = "gluepot:applied"
"""The tag with the fingerprint of what was applied last, or `unfinished/ID` while an apply is at work."""

UNFINISHED: Final = "unfinished/"

KINDS: Final[dict[str, str]] = {
    "bucket": "gluepot.provision.kinds.bucket",
    "connection": "gluepot.provision.kinds.connection",
    "crawler": "gluepot.provision.kinds.crawler",
    "database": "gluepot.provision.kinds.database",
    "job": "gluepot.provision.kinds.job",
    "object": "gluepot.provision.kinds.object",
    "role": "gluepot.provision.kinds.role",
    "secret": "gluepot.provision.kinds.secret",
    "workgroup": "gluepot.provision.kinds.workgroup",
}
"""Where the functions of each kind are."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as a plan wants it.

    Args:
        kind: A key of `KINDS`.
        name: Its name in AWS.
        wanted: What it should be, in the shape in which its kind reads it; plain JSON, no secrets.
        needs: Resources that have to stand before this one.
        is_data: Whether it holds data: it is destroyed only with `--data`.
        shared: Whether one that somebody else made will do: it is then used as it is and never changed.
        must_exist: Whether it is not ours to create: it has to be there.
        is_left_over: Whether the plan no longer wants it: where it still is, and is the stack's, it is removed.
        tags: Tags beside gluepot's own.
    """

    kind: str
    name: str
    wanted: Plain
    needs: tuple[Key, ...] = ()
    is_data: bool = False
    shared: bool = False
    must_exist: bool = False
    is_left_over: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """Kind and name."""
        return self.kind, self.name

    def __str__(self) -> str:
        """Name it for people."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class ExistingResource:
    """A resource as AWS has it.

    Args:
        state: What it is, in the shape of `Resource.wanted`.
        tags: All of its tags.
        touched: Whether somebody changed it since it was applied, where its kind knows better than the fingerprint of
            `state` does: a secret's value changes at its source, without a hand.
        problems: Why it cannot be used at all, whoever made it.
        is_going: Whether it is being deleted already, though it can be restored still.
    """

    state: Plain
    tags: Mapping[str, str] = field(default_factory=dict)
    touched: bool | None = None
    problems: tuple[str, ...] = ()
    is_going: bool = False

    @property
    def stack(self) -> str:
        """Whose it is; empty where gluepot did not make it."""
        return self.tags.get(STACK, "")

    @property
    def applied(self) -> str:
        """The fingerprint of what was applied last."""
        return self.tags.get(APPLIED, "")

    @property
    def is_unfinished(self) -> bool:
        """Whether an apply ended, or still is, in the middle of it."""
        return self.applied.startswith(UNFINISHED)

    @property
    def is_untouched(self) -> bool:
        """Whether it is as the last apply left it."""
        return self.applied == fingerprint(self.state) if self.touched is None else not self.touched


class Kind(Protocol):
    """The functions of a module that knows one kind of resource."""

    def read(self, clients: Clients, resource: Resource) -> ExistingResource | None:
        """Find it; None where there is none."""

    def create(self, clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
        """Make it, its tags with the first call; raises `TakenError` where there is one of the name."""

    def update(self, clients: Clients, resource: Resource, found: ExistingResource) -> None:
        """Make it what is wanted."""

    def delete(self, clients: Clients, resource: Resource) -> None:
        """Remove it; one that is gone is as good."""

    def tag(self, clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
        """Add tags, or give them other values."""


def kind_of(resource: Resource) -> Kind:
    """Load the functions for a resource's kind."""
    return cast("Kind", importlib.import_module(KINDS[resource.kind]))


def fingerprint(state: Plain) -> str:
    """Digest plain data, whatever the order of its keys."""
    text = json.dumps(state, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def ordered(resources: Iterable[Resource]) -> tuple[Resource, ...]:
    """Order resources so that each comes behind what it needs; otherwise as they came."""
    known = {resource.key: resource for resource in resources}
    done: dict[Key, Resource] = {}

    def add(resource: Resource) -> None:
        for need in resource.needs:
            if need in known and need not in done:
                add(known[need])
        done.setdefault(resource.key, resource)

    for resource in known.values():
        add(resource)
    return tuple(done.values())


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not plain data")
