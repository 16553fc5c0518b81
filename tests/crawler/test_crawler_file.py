"""The crawler's file: what is read, what is refused, what is written to begin with."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest
import yaml

from gluepot.crawler.crawlerfile import CrawlerFile
from gluepot.crawler.readfile import from_mapping, read, schema
from gluepot.crawler.starter import IN_FORCE, SAMPLES, SECTIONS, example
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READERS: dict[str, Callable[[str], Any]] = {"toml": tomllib.loads, "yaml": yaml.safe_load, "json": json.loads}
FILE: dict[str, Any] = {"name": "landing", "database": "raw", "targets": [{"path": "s3://our-lake/raw"}]}


def test_a_short_file_has_defaults_for_the_rest() -> None:
    file = from_mapping(FILE)
    assert (file.role_name, file.recrawl, file.schedule) == ("landing-crawler", "everything", "")
    assert (file.update_behaviour, file.delete_behaviour) == ("update", "deprecate")


def test_new_folders_only_log_changes_unless_told() -> None:
    file = from_mapping({**FILE, "recrawl": "new_folders"})
    assert (file.update_behaviour, file.delete_behaviour) == ("log", "log")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"name": "a b"}, "name: must be 1 to 200"),
        ({"database": "Raw"}, "database: must be lower-case"),
        ({"targets": []}, "targets: names no prefix"),
        ({"targets": [{"path": "our-lake/raw"}]}, "targets[0].path: is no place in S3"),
        ({"targets": [{"path": "s3://our-lake/*"}]}, "targets[0].path: is no place in S3"),
        (
            {"targets": [{"path": "s3://our-lake/raw"}, {"path": "s3://our-lake/raw/orders"}]},
            "targets[1].path: holds, or lies in, targets[0]",
        ),
        ({"targets": [{"path": "s3://our-lake/raw", "sample_size": 250}]}, "targets[0].sample_size: must be"),
        ({"targets": [{"path": "s3://our-lake/raw", "exclude": ["a{b"]}]}, "targets[0].exclude[0]: cannot be read"),
        ({"targets": [{"path": "s3://our-lake/raw", "exclude": ["/a"]}]}, "begins at the top"),
        ({"schedule": "rate(1 day)"}, "schedule: must be cron"),
        ({"recrawl": "new_folders", "schema_change": {"update": "update"}}, "schema_change.update: cannot be 'update'"),
        ({"recrawl": "new_folders", "schema_change": {"delete": "delete"}}, "schema_change.delete: cannot be 'delete'"),
        ({"recrawl": "new"}, "recrawl: must be 'everything' or 'new_folders'"),
        ({"role": "arn:aws:iam::123456789012:role/x"}, "role: must be a role's name"),
        ({"tabels": {}}, "tabels: is not a key"),
    ],
)
def test_each_mistake_is_named_with_its_key(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_mapping({**FILE, **keys})
    assert said in f"{caught.value}"


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(ConfigError, match="has 3 problems"):
        from_mapping({"name": "a b", "database": "Raw", "targets": [{"path": "x"}]})


def test_neighbours_whose_names_begin_alike_are_two_targets() -> None:
    targets = [{"path": "s3://our-lake/raw"}, {"path": "s3://our-lake/raw2"}]
    assert len(from_mapping({**FILE, "targets": targets}).targets) == 2


@pytest.mark.parametrize("style", ["toml", "yaml", "json"])
def test_what_is_written_to_begin_with_is_a_file(style: Any, tmp_path: Path) -> None:
    path = tmp_path / f"crawler.{style}"
    path.write_text(example(style))
    file = read(path)
    assert (file.name, file.targets[0].path) == ("landing", "s3://your-bucket/landing")


@pytest.mark.parametrize("style", ["toml", "yaml"])
def test_every_key_stands_in_it_and_reads_where_its_mark_is_taken_away(style: Any) -> None:
    whole = READERS[style](re.sub(r"^#(?! )|^#(?=  )", "", example(style), flags=re.MULTILINE))
    sections = {name: whole.pop(name) for name in SECTIONS}
    assert whole == SAMPLES[""]
    assert sections == {**{name: SAMPLES[name] for name in SECTIONS}, "targets": [SAMPLES["targets"]]}


def test_no_key_is_forgotten() -> None:
    top = {info.encode_name for info in msgspec.structs.fields(CrawlerFile)}
    assert top == {*SAMPLES[""], *SECTIONS}
    for name, kind in SECTIONS.items():
        assert {info.encode_name for info in msgspec.structs.fields(kind)} == set(SAMPLES[name])
    assert set(IN_FORCE[""]) <= top


def test_the_schema_takes_what_is_read() -> None:
    described = schema()
    jsonschema.Draft202012Validator.check_schema(described)
    validator = jsonschema.Draft202012Validator(described)
    validator.validate(FILE)
    validator.validate(json.loads(example("json")))
    assert not validator.is_valid({**FILE, "tabels": {}})
