"""How resources in AWS are shown: what a plan would do to each, with what differs, and what became of it."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from gluepot.cli import say
from gluepot.cli.reporting import as_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gluepot.errors import GluepotError
    from gluepot.provision.applying import Done
    from gluepot.provision.changes import Action, Change

MARKS: dict[Action, str] = {
    "create": "+",
    "update": "~",
    "finish": "~",
    "remove": "-",
    "drift": "!",
    "conflict": "x",
    "unknown": "?",
    "leave": "=",
}

WORDS: dict[Action, str] = {
    "create": "to create",
    "update": "to change",
    "finish": "to finish",
    "remove": "to remove",
    "drift": "changed by hand",
    "conflict": "in conflict",
    "unknown": "not readable",
    "leave": "as wanted",
}


def show_changes(changes: Sequence[Change]) -> None:
    """Print what a plan would do: a line for each resource, below it what differs; at last the counts."""
    for change in changes:
        say.data("\n".join(_change(change)))
    say.data(counted(changes))


def counted(changes: Iterable[Change]) -> str:
    """Count a plan's actions."""
    counts = Counter(change.action for change in changes)
    return ", ".join(f"{counts[action]} {word}" for action, word in WORDS.items() if counts[action])


def _change(change: Change) -> Iterator[str]:
    why = f" ({change.why})" if change.why else ""
    yield say.safe(f"{MARKS[change.action]} {change.action:8} {change.resource}{why}")
    for difference in change.diff:
        if change.action == "create":
            yield from _leaves(difference.path, difference.after)
        else:
            yield _line(f"{difference.path}: {_value_text(difference.before)} -> {_value_text(difference.after)}")


def _leaves(path: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - plain data
    """Write what is created, a line for each value; statements of a policy by their `Sid`."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(f"{path}.{key}", inner)
    elif isinstance(value, list | tuple) and value and all(isinstance(item, dict) and "Sid" in item for item in value):
        for item in value:
            yield from _leaves(f"{path}.{item['Sid']}", {key: inner for key, inner in item.items() if key != "Sid"})
    elif value not in ("", [], {}, None):
        yield _line(f"{path}: {_value_text(value)}")


def _line(text: str) -> str:
    return say.wrapped(say.safe(text), sys.stdout, "        ", "    ")


def _value_text(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list | tuple) and value and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value if isinstance(value, str) and value else json.dumps(value, default=dict)


def changes_answer(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Give a plan's changes as JSON holds them."""
    return [
        {
            "action": change.action,
            "kind": change.resource.kind,
            "name": change.resource.name,
            "why": change.why,
            "wanted": change.resource.wanted,
            "diff": [dataclasses.asdict(difference) for difference in change.diff],
            "error": as_record(change.error),
        }
        for change in changes
    ]


def tell_done(done: Done, *, as_json: bool = False) -> None:
    """Say what became of a resource as soon as it is done: on stdout, where that is not JSON."""
    why = f" ({done.why})" if done.why else ""
    (say.tell if as_json else say.data)(say.safe(f"{done.outcome:8} {done.resource}{why}"))
    if done.error is not None:
        _warn(done.error)


def warned(changes: Iterable[Change]) -> int:
    """Warn of what stands in a plan's way; gives the worst exit code."""
    wrong = [change.error for change in changes if change.error is not None]
    for error in wrong:
        _warn(error)
    return max((error.exit_code for error in wrong), default=0)


def answered(done: Sequence[Done], *, as_json: bool) -> int:
    """Answer for an apply or a destroy; gives the worst exit code."""
    if as_json:
        say.data_json({"resources": done_answer(done)})
    else:
        show_counts(done)
    return max((resource.error.exit_code for resource in done if resource.error is not None), default=0)


def _warn(error: GluepotError) -> None:
    say.warn(str(error))
    if error.hint:
        say.hint(error.hint)


def show_counts(done: Iterable[Done]) -> None:
    """Print how many resources became what."""
    counts = Counter(resource.outcome for resource in done)
    say.data(", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "nothing to do")


def done_answer(done: Iterable[Done]) -> list[dict[str, Any]]:
    """Give what became of resources as JSON holds it."""
    return [
        {
            "outcome": result.outcome,
            "kind": result.resource.kind,
            "name": result.resource.name,
            "why": result.why,
            "error": as_record(result.error),
        }
        for result in done
    ]
