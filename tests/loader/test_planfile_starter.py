"""The plan file that `gluepot load init` writes, and the schema: both made of the keys' own descriptions."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest
import yaml

from gluepot.loader.core.planfile import PlanFile
from gluepot.loader.plan.readfile import from_mapping, schema
from gluepot.loader.plan.starter import IN_FORCE, SAMPLES, SECTIONS, example

if TYPE_CHECKING:
    from collections.abc import Callable

READERS: dict[str, Callable[[str], Any]] = {"toml": tomllib.loads, "yaml": yaml.safe_load, "json": json.loads}


@pytest.mark.parametrize("style", ["toml", "yaml", "json"])
def test_what_is_written_is_a_plan_file(style: Any) -> None:
    read = READERS[style](example(style))
    assert read == {name: {key: SAMPLES[name][key] for key in keys} for name, keys in IN_FORCE.items()}
    assert from_mapping(read).target.create_database


@pytest.mark.parametrize("style", ["toml", "yaml"])
def test_every_key_stands_in_it_with_its_description_and_reads_where_its_mark_is_taken_away(style: Any) -> None:
    text = example(style)
    whole = READERS[style](re.sub(r"^#(?! )|^#(?=  )", "", text, flags=re.MULTILINE))
    assert {name: {"orders": keys} if name == "table" else keys for name, keys in SAMPLES.items()} == {
        name: keys for name, keys in whole.items() if name not in {"engine", "route"}
    }
    told = " ".join(line.removeprefix("# ") for line in text.split("\n") if line.startswith("# "))
    kinds: list[type[msgspec.Struct]] = [PlanFile, *SECTIONS.values()]
    for kind in kinds:
        for info in msgspec.structs.fields(kind):
            (description,) = [note.description for note in info.type.__metadata__ if getattr(note, "description", "")]
            assert description in told


def test_no_key_is_forgotten() -> None:
    assert {name: set(keys) for name, keys in SAMPLES.items()} == {
        name: {info.encode_name for info in msgspec.structs.fields(kind)} for name, kind in SECTIONS.items()
    }
    assert {*SECTIONS, "engine", "route"} == {info.encode_name for info in msgspec.structs.fields(PlanFile)}


def test_the_schema_takes_what_is_read_and_describes_every_key() -> None:
    described = schema()
    jsonschema.Draft202012Validator.check_schema(described)
    validator = jsonschema.Draft202012Validator(described)
    validator.validate(READERS["json"](example("json")))
    wrong: list[dict[str, Any]] = [{}, {"source": {}, "target": {}}, {**json.loads(example("json")), "tabel": {}}]
    for one in wrong:
        assert not validator.is_valid(one)
    for part in (described, *described["$defs"].values()):
        for name, key in part.get("properties", {}).items():
            assert "description" in json.dumps(key) or "$ref" in json.dumps(key), name
