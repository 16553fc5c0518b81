"""The emulator's own calls, at a path that no AWS client uses: settings, calls, revocation, reset."""

from __future__ import annotations

import os
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import TYPE_CHECKING, Any

import msgspec

from gluepot_sandbox.aws import seeds, sts, validation
from gluepot_sandbox.aws.answers import Answer, json_answer
from gluepot_sandbox.aws.jobs import carrier
from gluepot_sandbox.aws.listing import read_page
from gluepot_sandbox.aws.settings import Settings
from gluepot_sandbox.aws.tokens import Cursor

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot_sandbox.aws.front import Front
    from gluepot_sandbox.aws.settings import Seed

PREFIX = "/_front/"
RECORDS = ("seeds", "databases", "tables", "raw_databases", "raw_tables")
LISTS = ("roles", "shares", "grants", "lake_formation", "faults", "throttles", *RECORDS)


async def control(front: Front, action: str, body: bytes) -> Answer:
    """Answer one of the control calls.

    Args:
        front: Whose settings and records are concerned.
        action: `settings` (all of them), `change` (some fields), `add` (to lists and tables), `calls`, `forget`
            (the calls), `struck`, `invalid`, `revoke`, `reset`, `process`.
        body: JSON; may be empty.
    """
    try:
        return json_answer(await _do(front, action, body))
    except (msgspec.MsgspecError, ValueError) as error:
        return Answer(msgspec.json.encode({"error": str(error)}), status=400)


async def _do(front: Front, action: str, body: bytes) -> object:
    state = front.state
    if action == "reset":
        carrier.kill_all(state)
        await state.settle()
        await front.moto.reset()
        state.begin(Settings())
        return None
    actions: dict[str, Callable[[], object]] = {
        "settings": lambda: _configure(front, msgspec.json.decode(body, type=Settings) if body else state.settings),
        "change": lambda: _configure(front, _merged(state.settings, msgspec.json.decode(body), add=False)),
        "add": lambda: _configure(front, _merged(state.settings, msgspec.json.decode(body), add=True)),
        "calls": lambda: list(state.calls),
        "forget": state.calls.clear,
        "struck": lambda: [state.struck[number] for number in range(len(state.settings.faults))],
        "invalid": lambda: state.invalid,
        "revoke": lambda: sts.revoke(state, str(msgspec.json.decode(body))),
        "process": lambda: {"pid": os.getpid(), "peak_bytes": _peak_bytes()},
    }
    if action not in actions:
        raise ValueError(f"no control call named {action}")
    return actions[action]()


def _peak_bytes() -> int:
    # on Linux ru_maxrss begins with the memory of the process that started this one: the kernel's own count does not
    status = Path("/proc/self/status")
    if status.exists():
        return 1024 * int(status.read_text().partition("VmHWM:")[2].split()[0])
    return getrusage(RUSAGE_SELF).ru_maxrss  # bytes on macOS


def _merged(settings: Settings, changes: dict[str, Any], *, add: bool) -> Settings:
    """Replace some fields, or add to those that are lists or tables."""
    known = msgspec.to_builtins(settings)
    for name, value in changes.items():
        if add and name in LISTS:
            known[name] = [*known[name], *value]
        elif add and isinstance(known.get(name), dict):
            known[name] = {**known[name], **value}
        else:
            known[name] = value
    return msgspec.convert(known, Settings, strict=True, str_keys=True)


def _configure(front: Front, settings: Settings) -> Settings:
    """Take settings; templates of new seeds are checked here, once, since their pages are not."""
    if settings.validate:
        for seed in set(settings.seeds) - set(front.state.settings.seeds):
            _check_seed(seed)
    front.state.configure(settings)
    return settings


def _check_seed(seed: Seed) -> None:
    """Check one record of each template.

    Raises:
        ValueError: A template makes an invalid record.
    """
    for group in seed.databases:
        tables = seeds.SeedTables(group, f"{group.prefix}000000", seeds.catalog_of(seed))
        records, _ = read_page([tables], Cursor(), seeds.VARIANTS, None)
        found = [p for r in records for p in validation.record_problems("Table", msgspec.json.decode(r.body))]
        if found:
            raise ValueError(f"invalid template: {'; '.join(found)}")
