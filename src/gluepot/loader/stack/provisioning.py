"""`gluepot aws` as functions: what a plan file takes in AWS is planned, applied, and destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gluepot.aws.access import access_of
from gluepot.aws.clients import Clients
from gluepot.loader.jdbc.explain import jdbc_tables
from gluepot.loader.stack.credential import credential_of
from gluepot.loader.stack.names import names
from gluepot.loader.stack.prices import estimated, prices
from gluepot.loader.stack.stack import left_over, stack
from gluepot.provision import applying, changes
from gluepot.provision.lease import Lease
from gluepot.provision.resource import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.plan.estimate import Cost
    from gluepot.loader.stack.names import Names
    from gluepot.loader.stack.prices import Price
    from gluepot.provision.applying import Done
    from gluepot.provision.changes import Change


@dataclass(frozen=True, slots=True)
class PlannedStack:
    """What a plan file takes in AWS, against what stands there.

    Args:
        names: What its resources are called.
        account: The account's id.
        changes: What an apply would do.
        prices: What the resources and a run cost.
    """

    names: Names
    account: str
    changes: tuple[Change, ...]
    prices: tuple[Price, ...]


def open_account(
    file: PlanFile, *, ask: Callable[[str], str] | None = None, tell: Callable[[str], None] = lambda _: None
) -> Clients:
    """Open the account and region of a plan file's target; nothing is called yet.

    Args:
        file: The plan file.
        ask: Asks for the source's password or token, hidden, where its reference leads nowhere; it gets a prompt.
        tell: Is told what is waited for.
    """
    return Clients(access_of(file.target, file.target.role), names(file).region, credential_of(file.source, ask), tell)


def plan(file: PlanFile, clients: Clients, costs: Iterable[Cost] | None = None) -> PlannedStack:
    """Compare what a plan file takes with what stands; nothing is changed.

    Args:
        file: The plan file.
        clients: The account.
        costs: What loading each table takes, where the source was asked: the price of a load is then told too.

    Raises:
        ScopeError: The account cannot be reached.
    """
    called = names(file)
    wanted = (*stack(file, clients.account, jdbc_tables(file)), *left_over(file))
    planned = changes.plan(wanted, clients, stack=called.stack)
    listed = (*prices(file, called), *(() if costs is None else estimated(file, called, costs)))
    return PlannedStack(called, clients.account, planned, listed)


def apply(
    file: PlanFile, clients: Clients, *, force: bool = False, watcher: Callable[[Done], None] = lambda _: None
) -> tuple[Done, ...]:
    """Make the resources what the plan file says; again and again is as good as once.

    What fails holds up only what needs it, and is told in its `Done`; the next apply carries on.

    Args:
        file: The plan file.
        clients: The account.
        force: Whether what was changed by hand is changed back.
        watcher: Is told of each resource when it is done.

    Raises:
        ConfigError: A name is taken by somebody else; nothing has been touched.
        ScopeError: Something cannot be read; nothing has been touched, and what is missing is named.
    """
    planned = plan(file, clients)
    lease = Lease(clients, planned.names.assets)
    work = applying.Applying(clients, planned.names.stack, force=force, lease=lease, watcher=watcher)
    return work.run(planned.changes)


def owned(file: PlanFile, clients: Clients, *, data: bool = False) -> tuple[str, ...]:
    """Name what `destroy` would remove.

    Raises:
        ScopeError: Something cannot be read; what is missing is named.
    """
    called = names(file)
    found = []
    for resource in (*stack(file, clients.account), *left_over(file)):
        there = kind_of(resource).read(clients, resource)
        if there and not there.is_going and not applying.reason_to_keep(resource, there, called.stack, data=data):
            found.append(str(resource))
    return tuple(found)


def destroy(
    file: PlanFile, clients: Clients, *, data: bool = False, watcher: Callable[[Done], None] = lambda _: None
) -> tuple[Done, ...]:
    """Remove what gluepot's tags own of a plan file's resources.

    Args:
        file: The plan file.
        clients: The account.
        data: Whether buckets and database go too, with the data in them.
        watcher: Is told of each resource when it is done.

    Raises:
        BusyError: Another apply of the plan is at work.
        ScopeError: The account cannot be reached.
    """
    called = names(file)
    wanted = (*stack(file, clients.account), *left_over(file))
    lease = Lease(clients, called.assets)
    lease.take_if_possible()
    try:
        return applying.destroy(wanted, clients, stack=called.stack, data=data, lease=lease, watcher=watcher)
    finally:
        lease.release()
