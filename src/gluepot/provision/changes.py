"""From what is wanted and what stands to what changes.

Every resource carries two tags: whose it is, and the fingerprint of what was applied last. What AWS has is compared
with what is wanted; where they differ, the fingerprint tells whether the plan has changed since, or somebody has
changed the resource by hand. While a resource is being changed its tag says `unfinished`, so that an apply that ended
in the middle is known and carried on by the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gluepot.errors import ConfigError, DeniedError, GluepotError
from gluepot.provision.differences import differences
from gluepot.provision.resource import fingerprint, kind_of, ordered

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gluepot.aws.clients import Clients
    from gluepot.provision.differences import Difference
    from gluepot.provision.resource import ExistingResource, Resource

Action = Literal["create", "update", "finish", "leave", "remove", "drift", "conflict", "unknown"]
"""`finish` carries on what an apply left unfinished; `remove` takes away what the plan wants no more; `drift` was
changed by hand; `conflict` is somebody else's; `unknown` could not be read."""

BLOCKING: Final = frozenset({"conflict", "unknown"})
"""With one of these nothing at all is applied."""

MISSING: Final = "create it, or let gluepot: see the keys create_buckets and secret of section [aws]"


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one resource.

    Args:
        resource: The resource as it is wanted.
        action: What an apply does with it.
        diff: What is there, and what is wanted.
        why: Why it is so, where that says more than the action.
        found: The resource as it is.
        error: Why it could not be read, or what keeps it from being used.
    """

    resource: Resource
    action: Action
    diff: tuple[Difference, ...] = ()
    why: str = ""
    found: ExistingResource | None = None
    error: GluepotError | None = None


def plan(resources: Iterable[Resource], clients: Clients, *, stack: str) -> tuple[Change, ...]:
    """Compare what is wanted with what stands; nothing is changed.

    Args:
        resources: What is wanted.
        clients: The account.
        stack: Whose the resources are: the value of the tag `gluepot:stack`.
    """
    changes = (_change(resource, clients, stack) for resource in ordered(resources))
    return tuple(change for change in changes if change is not None)


def _change(resource: Resource, clients: Clients, stack: str) -> Change | None:
    try:
        found = kind_of(resource).read(clients, resource)
    except DeniedError as error:
        if resource.is_left_over:  # most likely it never was; who may not look at it did not make it either
            return None
        return Change(resource, "unknown", why=error.what, error=error)
    except GluepotError as error:
        return Change(resource, "unknown", why=error.what, error=error)
    return _left_over(resource, found, stack) if resource.is_left_over else compared(resource, found, stack)


def _left_over(resource: Resource, found: ExistingResource | None, stack: str) -> Change | None:
    """Remove what is the stack's; what is not there, or somebody else's, is no matter of the plan."""
    if found is None or found.stack != stack:
        return None
    return Change(resource, "remove", why="the plan wants it no more", found=found)


def compared(resource: Resource, found: ExistingResource | None, stack: str) -> Change:
    """Say what becomes of a resource that was read."""
    if found is None and resource.must_exist:
        error = ConfigError(f"there is no {resource}", "the plan file says that it is there", MISSING)
        return Change(resource, "conflict", why="it is missing", error=error)
    if found is None:
        return Change(resource, "create", tuple(differences({}, resource.wanted)))
    diff = tuple(differences(found.state, resource.wanted))
    if found.problems:
        why = "; ".join(found.problems)
        error = ConfigError(f"{resource} cannot be used", why, "name another in the plan file, or mend that one")
        return Change(resource, "conflict", diff, why, found, error)
    return _own(resource, found, diff) if found.stack == stack else _foreign(resource, found, diff)


def _own(resource: Resource, found: ExistingResource, diff: tuple[Difference, ...]) -> Change:
    if found.is_unfinished:
        return Change(resource, "finish", diff, "an apply ended in the middle of it, or is at work", found)
    if diff and not found.is_untouched:
        return Change(resource, "drift", diff, "changed by hand since it was applied", found)
    if diff or found.applied != fingerprint(resource.wanted) or not resource.tags.items() <= found.tags.items():
        return Change(resource, "update", (*diff, *_tags(resource, found)), found=found)
    return Change(resource, "leave", found=found)


def _tags(resource: Resource, found: ExistingResource) -> Iterable[Difference]:
    now = {name: found.tags.get(name) for name in resource.tags}
    return differences({"tags": now}, {"tags": dict(resource.tags)})


def _foreign(resource: Resource, found: ExistingResource, diff: tuple[Difference, ...]) -> Change:
    owner = f"it is of gluepot's {found.stack}" if found.stack else "gluepot did not make it"
    if resource.shared:
        return Change(resource, "leave", diff, f"{owner}: used as it is", found)
    error = ConfigError(f"{resource} is there already", owner, "name another in the plan file's section [aws]")
    return Change(resource, "conflict", diff, owner, found, error)


def raise_blocking(changes: Sequence[Change]) -> None:
    """Raise one error for all that keeps a plan from being applied."""
    wrong = [change for change in changes if change.action in BLOCKING and change.error is not None]
    errors = [change.error for change in wrong if change.error is not None]
    if len(errors) == 1:
        errors[0].hint = f"nothing was changed; {errors[0].hint}"
        raise errors[0]
    if errors:
        lines = "".join(f"\n  - {change.resource}: {change.error}" for change in wrong)
        hints = list(dict.fromkeys(error.hint for error in errors if error.hint))
        worst = max(errors, key=lambda error: error.exit_code)
        kind = ConfigError if worst.exit_code == ConfigError.exit_code else type(worst)
        raise kind(f"nothing was changed: {len(errors)} things stand in the way", lines, "; ".join(hints))
