"""Doing what a plan says, in an order that holds, once and again; and removing it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gluepot.errors import BusyError, ConfigError, GluepotError
from gluepot.provision.changes import raise_blocking
from gluepot.provision.resource import APPLIED, STACK, UNFINISHED, TakenError, fingerprint, kind_of, ordered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gluepot.provision.changes import Change
    from gluepot.provision.clients import Clients
    from gluepot.provision.lease import Lease
    from gluepot.provision.resource import Found, Key, Resource

Outcome = Literal["created", "updated", "left", "drifted", "failed", "waiting", "removed", "kept", "absent"]

AGAIN: Final = "wait until it has ended, then run gluepot aws apply again: what stands is used"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one resource.

    Args:
        resource: The resource.
        outcome: What became of it.
        why: Why, where that says more.
        error: What failed.
    """

    resource: Resource
    outcome: Outcome
    why: str = ""
    error: GluepotError | None = None


class Applying:
    """One apply under way.

    Args:
        clients: The account.
        stack: Whose the resources are.
        force: Whether what was changed by hand is changed back.
        lease: Keeps other applies of the stack out; taken once the buckets stand.
        watcher: Is told of each resource when it is done.
    """

    def __init__(
        self,
        clients: Clients,
        stack: str,
        *,
        force: bool = False,
        lease: Lease | None = None,
        watcher: Callable[[Done], None] = lambda _: None,
    ) -> None:
        self.clients = clients
        self.stack = stack
        self.force = force
        self.lease = lease
        self.watcher = watcher
        self.id = uuid.uuid4().hex[:12]
        self._done: dict[Key, Done] = {}

    def run(self, changes: Sequence[Change]) -> tuple[Done, ...]:
        """Do what a plan says; one that fails holds up only what needs it, and all that failed is told at the end.

        Raises:
            ConfigError: Something is somebody else's; nothing has been touched.
            ScopeError: Something could not be read; nothing has been touched.
            BusyError: Another apply is at work.
        """
        raise_blocking(changes)
        try:
            for change in changes:
                self._hold(change)
                done = self._safely(change)
                self._done[change.resource.key] = done
                self.watcher(done)
        finally:
            if self.lease is not None:
                self.lease.release()
        return tuple(self._done.values())

    def _hold(self, change: Change) -> None:
        """Keep the lease: the first bucket is made without, since the lease lies in it."""
        if self.lease is None:
            return
        if self.lease.is_held:
            self.lease.beat()
        elif change.resource.kind != "bucket" and not self._missing(change.resource):
            self.lease.take()

    def _safely(self, change: Change) -> Done:
        resource = change.resource
        missing = self._missing(resource)
        if missing:
            return Done(resource, "waiting", f"it needs {missing}")
        try:
            return self._apply(change)
        except BusyError:
            raise
        except GluepotError as error:
            return Done(resource, "failed", error.what, error)

    def _missing(self, resource: Resource) -> str:
        """Name what a resource needs and did not get."""
        held_up = (self._done[need] for need in resource.needs if need in self._done)
        return ", ".join(str(one.resource) for one in held_up if one.outcome in {"failed", "waiting"})

    def _apply(self, change: Change) -> Done:
        resource = change.resource
        match change.action:
            case "leave":
                return Done(resource, "left", change.why)
            case "drift" if not self.force:
                return Done(resource, "drifted", change.why)
            case "create":
                self._create(resource)
                return Done(resource, "created")
            case _:
                self._update(change)
                return Done(resource, "updated", "finished" if change.action == "finish" else "")

    def _create(self, resource: Resource) -> None:
        kind = kind_of(resource)
        tags = {**resource.tags, STACK: self.stack, APPLIED: f"{UNFINISHED}{self.id}"}
        try:
            kind.create(self.clients, resource, tags)
        except TakenError:
            self._settle(resource)
        self._finish(resource)

    def _settle(self, resource: Resource) -> None:
        """Find out who made what appeared under the name: ourselves, where the answer to our own call was lost."""
        kind = kind_of(resource)
        found = kind.read(self.clients, resource)
        if found is None or found.stack != self.stack:
            who = f"gluepot's {found.stack} made it" if found and found.stack else "somebody else has the name"
            raise ConfigError(f"{resource} cannot be created", who, "name another in the plan file")
        if found.applied != f"{UNFINISHED}{self.id}":
            raise BusyError(f"{resource} was created meanwhile", "another apply of the same plan is at work", AGAIN)
        kind.update(self.clients, resource, found)

    def _update(self, change: Change) -> None:
        resource, kind = change.resource, kind_of(change.resource)
        if change.found is not None and any(not one.path.startswith("tags.") for one in change.diff):
            kind.tag(self.clients, resource, {APPLIED: f"{UNFINISHED}{self.id}"})
            kind.update(self.clients, resource, change.found)
        self._finish(resource)

    def _finish(self, resource: Resource) -> None:
        tags = {**resource.tags, STACK: self.stack, APPLIED: fingerprint(resource.wanted)}
        kind_of(resource).tag(self.clients, resource, tags)


def destroy(
    resources: Iterable[Resource],
    clients: Clients,
    *,
    stack: str,
    data: bool = False,
    watcher: Callable[[Done], None] = lambda _: None,
) -> tuple[Done, ...]:
    """Remove what the stack's tags own, in reverse order; what somebody else made is never touched.

    Args:
        resources: What a plan wants.
        clients: The account.
        stack: Whose the resources have to be.
        data: Whether what holds data is removed too, with the data.
        watcher: Is told of each resource when it is done.
    """
    done = []
    held_up: set[Key] = set()
    for resource in reversed(ordered(resources)):
        one = _destroyed(resource, clients, stack, data=data) if resource.key not in held_up else _held(resource)
        if one.outcome in {"failed", "waiting"}:
            held_up.update(resource.needs)
        watcher(one)
        done.append(one)
    return tuple(done)


def _held(resource: Resource) -> Done:
    return Done(resource, "waiting", "what needs it could not be removed")


def _destroyed(resource: Resource, clients: Clients, stack: str, *, data: bool) -> Done:
    try:
        found = kind_of(resource).read(clients, resource)
        why = reason_to_keep(resource, found, stack, data=data)
        if found is None:
            return Done(resource, "absent")
        if why:
            return Done(resource, "kept", why)
        kind_of(resource).delete(clients, resource)
    except GluepotError as error:
        return Done(resource, "failed", error.what, error)
    return Done(resource, "removed")


def reason_to_keep(resource: Resource, found: Found | None, stack: str, *, data: bool) -> str:
    """Say why a resource is not removed; empty where it is."""
    if found is None:
        return ""
    if found.stack != stack:
        return f"it is of gluepot's {found.stack}" if found.stack else "gluepot did not make it"
    return "it holds data: --data removes it" if resource.is_data and not data else ""
