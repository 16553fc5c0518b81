"""What `gluepot aws` does once its options are known; heavy imports come when they are used."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from gluepot.cli import prompts, say
from gluepot.cli.aws import resources
from gluepot.cli.hiding import remember
from gluepot.cli.reporting import read_plan, told_end

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gluepot.aws.clients import Clients
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.plan.estimate import Cost
    from gluepot.loader.stack.provisioning import PlannedStack
    from gluepot.provision.applying import Done

INCOMPLETE = 3


def plan(path: Path, *, estimate: bool, as_json: bool) -> int:
    """Show a plan; the exit code is that of what stands in its way."""
    file, clients = _opened(path)
    from gluepot.loader.stack import provisioning  # noqa: PLC0415 - lazy: start-up

    planned = provisioning.plan(file, clients, _costs(file) if estimate else None)
    if as_json:
        say.data_json(_plan_answer(planned))
    else:
        _show(file, planned)
    code = resources.warned(planned.changes)
    if not code and any(change.action != "leave" for change in planned.changes):
        forced = " --force" if all(change.action in {"leave", "drift"} for change in planned.changes) else ""
        say.hint(f"gluepot aws apply -c {path}{forced}")
    return code


def apply(path: Path, *, force: bool, as_json: bool) -> int:
    """Apply; 3 where something failed or was left as somebody changed it."""
    file, clients = _opened(path)
    from gluepot.loader.stack import provisioning  # noqa: PLC0415 - lazy: start-up

    so_far: list[Done] = []
    try:
        done = provisioning.apply(file, clients, force=force, watcher=_watcher(so_far, as_json=as_json))
    except KeyboardInterrupt as signalled:
        return _interrupted(signalled, so_far, path, as_json=as_json)
    code = resources.answered(done, as_json=as_json)
    if code:
        say.hint(f"what stands is used: mend what is named above, then gluepot aws apply -c {path} goes on")
    if any(resource.outcome == "drifted" for resource in done):
        say.hint(f"gluepot aws plan -c {path} shows what was changed by hand; apply --force changes it back")
        code = code or INCOMPLETE
    if not code:
        say.hint(f"gluepot load plan -c {path}")
    return code


def destroy(path: Path, *, data: bool, yes: bool, as_json: bool) -> int:
    """Destroy, asking first; without a terminal only with `yes`."""
    file, clients = _opened(path)
    from gluepot.loader.stack import provisioning  # noqa: PLC0415 - lazy: start-up

    if not yes and not _agreed(provisioning.owned(file, clients, data=data), clients, data=data):
        say.tell("nothing was removed")
        return 0
    so_far: list[Done] = []
    try:
        done = provisioning.destroy(file, clients, data=data, watcher=_watcher(so_far, as_json=as_json))
    except KeyboardInterrupt as signalled:
        return _interrupted(signalled, so_far, path, as_json=as_json)
    return resources.answered(done, as_json=as_json)


def _opened(path: Path) -> tuple[PlanFile, Clients]:
    from gluepot.loader.stack import provisioning  # noqa: PLC0415 - lazy: start-up

    file = read_plan(path)
    ask = _ask if prompts.can_ask() else None
    return file, provisioning.open_account(file, ask=ask, tell=_waiting())


def _costs(file: PlanFile) -> list[Cost]:
    """Ask the source what loading it takes."""
    from gluepot.loader.jobs import plan_load  # noqa: PLC0415 - lazy: start-up

    planned = plan_load(file)
    for left_out in planned.unplanned:
        say.warn(f"{left_out.table.source} is not in the price: {left_out.error}")
    return list(planned.costs.values())


def _ask(what: str) -> str:
    """Ask for a secret, hidden."""
    from gluepot.secret import Secret  # noqa: PLC0415 - lazy: start-up

    given = prompts.answered(what, hidden=True)
    remember(Secret(given))
    return given


def _waiting() -> Callable[[str], None]:
    """Tell what is waited for once, not with every attempt."""
    mentioned: set[str] = set()

    def tell(text: str) -> None:
        if text not in mentioned:
            mentioned.add(text)
            say.tell(text)

    return tell


def _watcher(told: list[Done], *, as_json: bool) -> Callable[[Done], None]:
    def watch(done: Done) -> None:
        told.append(done)
        resources.tell_done(done, as_json=as_json)

    return watch


def _show(file: PlanFile, planned: PlannedStack) -> None:
    facts = [
        ("resources", f"{planned.names.name}, in account {planned.account}, region {planned.names.region}"),
        ("assets", planned.names.assets),
        ("results", planned.names.results),
    ]
    say.data(say.facts(facts))
    say.data("")
    resources.show_changes(planned.changes)
    say.data("")
    rows: list[Sequence[object]] = [("PRICE OF", "USD", "PER", "HOW")]
    rows += [(price.what, f"{price.dollars:.4f}", price.per, price.note) for price in planned.prices]
    say.data(say.table(rows, right=frozenset({1})))
    say.data(say.safe(f"at prices of {file.prices.date}, which are examples: check them against the vendors' pages"))


def _plan_answer(planned: PlannedStack) -> dict[str, Any]:
    return {
        "names": dataclasses.asdict(planned.names),
        "account": planned.account,
        "changes": resources.changes_answer(planned.changes),
        "prices": [dataclasses.asdict(price) for price in planned.prices],
    }


def _interrupted(signalled: KeyboardInterrupt, told: Sequence[Done], path: Path, *, as_json: bool) -> int:
    """Say what stands when somebody has pressed Ctrl-C."""
    code = told_end(signalled, "what was under way is marked unfinished in its tags, and the next apply finishes it")
    resources.answered(told, as_json=as_json)
    say.hint(f"gluepot aws plan -c {path}")
    return code


def _agreed(names: Sequence[str], clients: Clients, *, data: bool) -> bool:
    """Ask whether to remove.

    Raises:
        ConfigError: Nobody can be asked.
    """
    if not names:
        return True  # the answer says that there is nothing
    what = f"these {len(names)}{', WITH THE DATA IN THEM,' if data else ''}"
    return prompts.may_remove(f"{what} from account {clients.account}, region {clients.region}", names)
