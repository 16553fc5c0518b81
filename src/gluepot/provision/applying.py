"""Doing what a plan says, in an order that holds, once and again; and removing it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gluepot.aws.faults import TakenError
from gluepot.errors import BusyError, ConfigError, GluepotError
from gluepot.provision.changes import raise_blocking
from gluepot.provision.resource import APPLIED, STACK, UNFINISHED, fingerprint, kind_of, ordered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gluepot.aws.clients import Clients
    from gluepot.provision.changes import Change
    from gluepot.provision.lease import Lease
    from gluepot.provision.resource import ExistingResource, Key, Resource

Outcome = Literal["created", "updated", "left", "drifted", "failed", "waiting", "removed", "kept", "absent"]
"""`waiting` was not reached, since what it needs failed, or somebody else is at work."""

AGAIN: Final = "wait until it has ended, then run gluepot aws apply again: what stands is used"

HELD_UP: Final = frozenset({"failed", "waiting"})


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
        self._busy: BusyError | None = None

    def run(self, changes: Sequence[Change]) -> tuple[Done, ...]:
        """Do what a plan says; one that fails holds up only what needs it, and all that failed is told at the end.

        Raises:
            ConfigError: Something is somebody else's; nothing has been touched.
            ScopeError: Something could not be read; nothing has been touched.
        """
        raise_blocking(changes)
        removed = [change for change in reversed(changes) if change.action == "remove"]
        try:
            for change in (*(change for change in changes if change.action != "remove"), *removed):
                done = self._safely(change)
                self._done[change.resource.key] = done
                self.watcher(done)
        finally:
            if self.lease is not None:
                self.lease.release()
        return tuple(self._done.values())

    def _safely(self, change: Change) -> Done:
        resource = change.resource
        missing = self._missing(resource)
        if self._busy is not None or missing:
            return Done(
                resource, "waiting", f"it needs {missing}" if missing else self._busy.what if self._busy else ""
            )
        try:
            self._hold(change)
            return self._apply(change)
        except BusyError as error:
            self._busy = error
            return Done(resource, "failed", error.what, error)
        except GluepotError as error:
            return Done(resource, "failed", error.what, error)

    def _hold(self, change: Change) -> None:
        """Keep the lease; buckets are made without one, since it lies in a bucket.

        Raises:
            BusyError: Somebody else has it.
        """
        if self.lease is None or (change.action == "leave" and not self.lease.is_held):
            return
        if self.lease.is_held:
            self.lease.beat()
        elif change.resource.kind != "bucket":
            self.lease.take()

    def _missing(self, resource: Resource) -> str:
        """Name what a resource needs and did not get."""
        done = (self._done[need] for need in resource.needs if need in self._done)
        return ", ".join(str(dependency.resource) for dependency in done if dependency.outcome in HELD_UP)

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
            case "remove":
                kind_of(resource).delete(self.clients, resource)
                return Done(resource, "removed", change.why)
            case _:
                self._update(change)
                return Done(resource, "updated", "finished" if change.action == "finish" else "")

    def _create(self, resource: Resource) -> None:
        tags = {**resource.tags, STACK: self.stack, APPLIED: f"{UNFINISHED}{self.id}"}
        try:
            kind_of(resource).create(self.clients, resource, tags)
        except TakenError:
            self._settle(resource)
        self._finish(resource)

    def _settle(self, resource: Resource) -> None:
        """Find out who made what appeared under the name: ourselves, where the answer to our own call was lost.

        Raises:
            BusyError: Another apply of the same plan did.
            ConfigError: Somebody else did.
        """
        kind = kind_of(resource)
        found = kind.read(self.clients, resource)
        if found is None or found.stack != self.stack:
            raise ConfigError(f"{resource} cannot be created", _owner(found), "name another in the plan file")
        if found.applied != f"{UNFINISHED}{self.id}":
            raise BusyError(f"{resource} was created meanwhile", "another apply of the same plan is at work", AGAIN)
        kind.update(self.clients, resource, found)

    def _update(self, change: Change) -> None:
        resource, kind = change.resource, kind_of(change.resource)
        if change.found is not None and any(not difference.path.startswith("tags.") for difference in change.diff):
            kind.tag(self.clients, resource, {APPLIED: f"{UNFINISHED}{self.id}"})
            kind.update(self.clients, resource, change.found)
        self._finish(resource)

    def _finish(self, resource: Resource) -> None:
        tags = {**resource.tags, STACK: self.stack, APPLIED: fingerprint(resource.wanted)}
        kind_of(resource).tag(self.clients, resource, tags)


def _owner(found: ExistingResource | None) -> str:
    if found is None:
        return "the name is taken, and nothing can be seen of who has it"
    if found.problems:
        return "; ".join(found.problems)
    return f"it is of gluepot's {found.stack}" if found.stack else "somebody else made it just now"


def destroy(
    resources: Iterable[Resource],
    clients: Clients,
    *,
    stack: str,
    data: bool = False,
    lease: Lease | None = None,
    watcher: Callable[[Done], None] = lambda _: None,
) -> tuple[Done, ...]:
    """Remove what the stack's tags own, in reverse order; what somebody else made is never touched.

    Args:
        resources: What a plan wants, and what an earlier one may have wanted.
        clients: The account.
        stack: Whose the resources have to be.
        data: Whether what holds data is removed too, with the data.
        lease: Keeps others out; held already, and given back before the buckets go.
        watcher: Is told of each resource when it is done.

    Raises:
        BusyError: The lease was lost; the watcher has been told what was removed.
        ScopeError: The lease could not be renewed; likewise.
    """
    done = []
    held_up: set[Key] = set()
    for resource in reversed(ordered(resources)):
        if lease is not None and lease.is_held:
            (lease.release if resource.kind == "bucket" else lease.beat)()
        is_held_up = resource.key in held_up
        ended = _held(resource) if is_held_up else _destroyed(resource, clients, stack, data=data)
        if ended.outcome in HELD_UP:
            held_up.update(resource.needs)
        if ended.outcome == "absent" and resource.is_left_over:
            continue
        watcher(ended)
        done.append(ended)
    return tuple(done)


def _held(resource: Resource) -> Done:
    return Done(resource, "waiting", "what needs it could not be removed")


def _destroyed(resource: Resource, clients: Clients, stack: str, *, data: bool) -> Done:
    try:
        found = kind_of(resource).read(clients, resource)
        if found is None or found.is_going:
            return Done(resource, "absent", "it is being deleted already" if found else "")
        why = reason_to_keep(resource, found, stack, data=data)
        if why:
            return Done(resource, "kept", why)
        kind_of(resource).delete(clients, resource)
    except GluepotError as error:
        return Done(resource, "failed", error.what, error)
    return Done(resource, "removed")


def reason_to_keep(resource: Resource, found: ExistingResource, stack: str, *, data: bool) -> str:
    """Say why a resource is not removed; empty where it is."""
    if found.stack != stack:
        return f"it is of gluepot's {found.stack}" if found.stack else "gluepot did not make it"
    return "it holds data: --data removes it" if resource.is_data and not data else ""
