"""Offered lines are added to a plan file where they belong, and nothing else of it changes."""

from __future__ import annotations

import copy
import json
import stat
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gluepot.config.tomledit import bare, text
from gluepot.errors import ConfigError
from gluepot.loader.plan.offers import add
from gluepot.loader.plan.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REASON = "from 10,000 sampled rows: at most 10 digits, 2 after the point"
LINE = f'types.price = "decimal(12,2)"  # {REASON}'


def offer(table: str = "orders", column: str = "price", value: str = "decimal(12,2)") -> Refusal:
    return Refusal(table, "is a decimal", key="types", name=column, value=value, reason=REASON)


def added(path: Path, before: str, *offers: Refusal) -> str:
    path.write_bytes(before.encode())
    add(path, offers or [offer()])
    return path.read_bytes().decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = 1\n", f"a = 1\n\n[table.orders]\n{LINE}\n"),
        ("a = 1", f"a = 1\n\n[table.orders]\n{LINE}\n"),
        ("a = 1\n\n", f"a = 1\n\n[table.orders]\n{LINE}\n"),
        ("[table.orders]\n", f"[table.orders]\n{LINE}\n"),
        ("[table.orders]", f"[table.orders]\n{LINE}\n"),
        ('[table.orders]  # ours\nname = "o"\n\n# limits\n[limits]\n',
         f'[table.orders]  # ours\nname = "o"\n{LINE}\n\n# limits\n[limits]\n'),
        ('[ table . "orders" ]\nname = "o"\n', f'[ table . "orders" ]\nname = "o"\n{LINE}\n'),
        ("[table.'orders']\nname = \"o\"\n", f"[table.'orders']\nname = \"o\"\n{LINE}\n"),
        ('  [table.orders]\n  name = "o"\n', f'  [table.orders]\n  name = "o"\n  {LINE}\n'),
        ('[table.orders]\ntypes.a = "string"\n', f'[table.orders]\ntypes.a = "string"\n{LINE}\n'),
        ('[table.orders.types]\na = "string"  # b\n[limits]\n',
         f'[table.orders.types]\na = "string"  # b\n{LINE.removeprefix("types.")}\n[limits]\n'),
        ('[table.orders]\ntypes = { a = "string" }\n',
         '[table.orders]\ntypes = { price = "decimal(12,2)", a = "string" }\n'),
        ("[table.orders]\ntypes = {}\n", '[table.orders]\ntypes = {price = "decimal(12,2)"}\n'),
        ('[table.orders]\nfilter = """\n[limits]\n"""\n', f'[table.orders]\n{LINE}\nfilter = """\n[limits]\n"""\n'),
        ('[table.orders.derive]\nb = "a"\n', f'[table.orders.derive]\nb = "a"\n\n[table.orders]\n{LINE}\n'),
        ('[table.other]\nname = "x"\n', f'[table.other]\nname = "x"\n\n[table.orders]\n{LINE}\n'),
        ('a = 1\r\n[table.orders]\r\nname = "o"\r\n', f'a = 1\r\n[table.orders]\r\nname = "o"\r\n{LINE}\r\n'),
        ('table.orders.name = "o"\n[limits]\n', None),
        ('table = { orders = { name = "o" } }\n', None),
        ('[table.orders]\ntypes.price = "string"\n', None),
    ],
)  # fmt: skip
def test_a_line_goes_below_its_heading_in_toml(tmp_path: Path, before: str, after: str | None) -> None:
    """None: no edit is known to be safe, so the lines are told and the file stays."""
    path = tmp_path / "plan.toml"
    if after is not None:
        assert added(path, before) == after
        return
    with pytest.raises(ConfigError) as caught:
        added(path, before)
    assert f"[table.orders]\n  {LINE}" in caught.value.why
    assert path.read_text() == before


def test_several_lines_go_below_several_headings(tmp_path: Path) -> None:
    before = "# shop\n[table.a]\nname = 'x'\n\n[table.b.types]\nc = 'string'\n"
    after = added(tmp_path / "plan.toml", before, offer("a", "p"), offer("a", "q"), offer("b", "p"), offer("c d", "é"))
    assert after == (
        f"# shop\n[table.a]\nname = 'x'\n{LINE.replace('price', 'p')}\n{LINE.replace('price', 'q')}\n\n"
        f"[table.b.types]\nc = 'string'\n{LINE.removeprefix('types.').replace('price', 'p')}\n\n"
        f'[table."c d"]\n{LINE.replace("price", chr(34) + "é" + chr(34))}\n'
    )


YAML_LINE = f'price: "decimal(12,2)"  # {REASON}'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1\n", f"a: 1\n\ntable:\n  orders:\n    types:\n      {YAML_LINE}\n"),
        ("a: 1  # b", f"a: 1  # b\n\ntable:\n  orders:\n    types:\n      {YAML_LINE}\n"),
        ("table:\n    # ours\n    other: {}\nb: 1\n",
         f"table:\n    # ours\n    orders:\n      types:\n        {YAML_LINE}\n    other: {{}}\nb: 1\n"),
        ("table:\n  orders:\n    name: o\n", f"table:\n  orders:\n    types:\n      {YAML_LINE}\n    name: o\n"),
        ("table:\n  orders:\n    types:\n      a: string\n",
         f"table:\n  orders:\n    types:\n      {YAML_LINE}\n      a: string\n"),
        ("table: {orders: {name: o}}\n", None),
        ("table:\n  orders:\n    types: {a: string}\n", None),
        ("table:\n  orders:\n", None),
    ],
)  # fmt: skip
def test_a_line_goes_among_its_keys_in_yaml(tmp_path: Path, before: str, after: str | None) -> None:
    path = tmp_path / "plan.yml"
    if after is not None:
        assert added(path, before) == after
        return
    with pytest.raises(ConfigError) as caught:
        added(path, before)
    assert YAML_LINE in caught.value.why
    assert path.read_text() == before


@pytest.mark.parametrize("indent", [None, 2, 4, "\t"])
def test_json_keeps_its_indentation_and_its_order(tmp_path: Path, indent: int | str | None) -> None:
    before = {"z": "é", "table": {"orders": {"name": "o"}}, "a": [1, 2.5]}
    after = copy.deepcopy(before)
    after["table"]["orders"]["types"] = {"price": "decimal(12,2)"}  # type: ignore[index] # JSON
    written = added(tmp_path / "plan.json", json.dumps(before, indent=indent, ensure_ascii=False) + "\n")
    assert written == json.dumps(after, indent=indent, ensure_ascii=False) + "\n"


READERS: dict[str, Callable[[str], Any]] = {"toml": tomllib.loads, "json": json.loads, "yaml": yaml.safe_load}
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@given(
    st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=4, unique=True), st.sampled_from(["toml", "json", "yaml"])
)
def test_any_name_is_written_so_that_it_reads_back(
    tmp_path_factory: pytest.TempPathFactory, names: list[tuple[str, str]], suffix: str
) -> None:
    """Quotes, dots, brackets, line ends, DEL, emoji: CQL's quoted names hold anything."""
    path = tmp_path_factory.mktemp("offers") / f"plan.{suffix}"
    before: dict[str, Any] = {"engine": "local", "table": {"first": {"name": "f"}}}
    texts = {"toml": 'engine = "local"\n[table.first]\nname = "f"\n', "json": json.dumps(before)}
    path.write_text(texts.get(suffix, "engine: local\ntable:\n  first:\n    name: f\n"), encoding="utf-8")
    wanted = copy.deepcopy(before)
    for table, column in names:
        wanted["table"].setdefault(table, {}).setdefault("types", {})[column] = "string"
    try:
        add(path, [offer(table, column, "string") for table, column in names])
    except ConfigError:
        assert suffix == "yaml", "YAML allows fewer characters"
        return
    assert READERS[suffix](path.read_bytes().decode()) == wanted


@given(NAMES)
def test_keys_and_texts_of_toml_read_back(name: str) -> None:
    assert tomllib.loads(f"{bare(name)} = {text(name)}") == {name: name}


def test_a_private_file_stays_private_and_a_link_stays_a_link(tmp_path: Path) -> None:
    """A plan file may hold a password."""
    real = tmp_path / "real.toml"
    real.write_text('[source]\npassword = "s3kr3t"\n')
    real.chmod(0o600)
    link = tmp_path / "plan.toml"
    link.symlink_to(real)
    add(link, [offer()])
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert 'password = "s3kr3t"' in real.read_text()
    assert LINE in real.read_text()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["plan.toml", "real.toml"]


def test_the_error_tells_the_lines_and_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    with pytest.raises(ConfigError) as caught:
        added(path, 'table = { orders = { name = "s3kr3t" } }\n', offer(), offer("other", "rate"))
    message = f"{caught.value} {caught.value.hint}"
    assert "types.rate" in message
    assert "s3kr3t" not in message
