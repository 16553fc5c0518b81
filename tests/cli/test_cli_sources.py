"""A keyspace on a terminal of any width, and as JSON."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len
from tests.source.keyspaces import HOSTILE, SEEN

from gluepot.cli import say
from gluepot.cli.source import sources


@pytest.mark.parametrize("width", [80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(cell_len, sources.as_text(SEEN, width).split("\n"))) <= width


@pytest.mark.parametrize("width", [0, 80, 200])
def test_every_column_stands_with_its_key_its_type_and_what_it_becomes(width: int) -> None:
    lines = [" ".join(line.split()) for line in sources.as_text(SEEN, width).split("\n")]
    assert "show_id partition key text string" in lines
    assert "at clustering DESC timeuuid string" in lines
    assert "show_id clustering ASC text string" in lines
    assert "plan static text string" in lines
    assert "price decimal needs a choice" in lines
    assert 'price: a decimal needs a type: choose "decimal(p,s)" or "string"' in lines
    assert "userId partition key uuid userid string" in lines


def test_sizes_views_and_types_are_told() -> None:
    text = sources.as_text(SEEN, 200)
    assert "3 tables, 1 materialized view, 2 user-defined types" in text
    assert "titles  ~120 rows, ~12.0 kB; estimated from a sample" in text
    assert "by_title  view of titles; ~120 rows" in text
    assert "address  type, used by watches, person" in text


def test_nothing_that_a_terminal_would_act_on_is_printed() -> None:
    text = sources.as_text(SEEN, 200)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert HOSTILE in text
    assert "\\x1b[31m" in text


def test_sample_rows_stand_side_by_side_where_there_is_room() -> None:
    lines = sources.as_text(SEEN, 200).split("\n")
    heading = next(line for line in lines if line.split() == ["show_id", "title", "price"])
    at = lines.index(heading)
    assert lines[at + 3].split()[1:] == ["null", "null"]
    assert lines[at + 4].split()[1] == "''"
    assert lines[at + 6].strip() == "shortened: title"


def test_sample_rows_stand_below_each_other_where_there_is_none() -> None:
    from dataclasses import replace

    from gluepot.source.seen import Sample

    names = tuple(f"column_{number}" for number in range(12))
    sample = Sample(names, (False,) * 12, (tuple("v" * 60 for _ in names),))
    table = replace(SEEN.tables[0], sample=sample)
    lines = sources.as_text(replace(SEEN, tables=(table,), types=()), 80).split("\n")
    assert [line.split()[0] for line in lines[lines.index("  row 1") + 1 :][:12]] == list(names)


def test_json_has_everything_whole() -> None:
    plain = json.loads(json.dumps(sources.as_plain(SEEN), default=str))
    titles = plain["tables"][0]
    assert titles["partition_key"] == ["show_id"]
    assert titles["sample"][3]["title"] == "x" * 5000
    assert titles["sample"][1] == {"show_id": "s2", "title": None, "price": None}
    assert plain["tables"][1]["clustering"] == [
        {"name": "at", "order": "DESC"},
        {"name": "show_id", "order": "ASC"},
    ]
    assert plain["tables"][3]["base"] == "titles"
    assert plain["types"][1]["fields"][1] == {"name": "home", "type": "frozen<address>"}


def test_json_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    say.data_json(sources.as_plain(SEEN))
    assert json.loads(capsys.readouterr().out)["keyspace"] == "ks"
