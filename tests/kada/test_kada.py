"""The facade says what KADA's page says, and raises where its wrapper must not publish."""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING

import pytest

from gluepot import kada
from gluepot.collector.extract.manifest import DatabaseEntry, Manifest, Problem, RegionEntry
from gluepot.errors import ConfigError, ScopeError, UnreachableError

if TYPE_CHECKING:
    from pathlib import Path


def manifest(*, complete: bool = True) -> Manifest:
    mark = "2026-01-02 03:04:05"
    return Manifest(version="0", name="glue", server="s", start="", end=mark, full=True, complete=complete, files=[])


def database(name: str, *, complete: bool = False) -> DatabaseEntry:
    return DatabaseEntry(account="1", region="eu-west-1", catalog="1", database=name, complete=complete)


def region() -> RegionEntry:
    return RegionEntry(account="1", region="eu-west-1", catalog="1", complete=True)


def test_the_signature_is_the_documented_one() -> None:
    """The page: class Extractor(key=None, secret=None, ..., meta_only=True)."""
    parameters = inspect.signature(kada.Extractor).parameters
    assert {name: parameter.default for name, parameter in parameters.items() if name != "further"} == {
        "key": None,
        "secret": None,
        "server": None,
        "catalogId": None,
        "regions": ["ap-southeast-2"],
        "role": None,
        "output_path": "./output",
        "mask": False,
        "compress": False,
        "meta_only": True,
    }
    assert list(inspect.signature(kada.get_hwm).parameters) == ["prefix", "file_path"]
    assert list(inspect.signature(kada.publish_hwm).parameters) == ["prefix", "date", "file_path"]


def test_an_extractor_without_arguments_is_one_with_the_defaults() -> None:
    assert kada.Extractor().config == kada.Extractor(role="", key="", secret="").config


def test_further_keys_are_taken_and_unknown_ones_named() -> None:
    assert kada.Extractor(on_incomplete="fail", concurrency=2).config.concurrency == 2
    with pytest.raises(ConfigError, match=r"^Extractor\(\.\.\.\): region: is not a key"):
        kada.Extractor(region=["eu-west-1"])
    with pytest.raises(ConfigError, match="meta_only: must be true"):
        kada.Extractor(meta_only=False)


def test_an_extractor_shows_no_secret() -> None:
    extractor = kada.Extractor(key="s3kr3t", secret="s3kr3t")
    assert "s3kr3t" not in f"{extractor.config} {vars(extractor)}"


def test_the_configuration_is_spread_as_it_stands_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"key": "env:NOT_SET", "secret": "env:NOT_SET", "regions": ["eu-west-1"], "shared": "none"}')
    assert kada.load_config(path)["key"] == "env:NOT_SET"
    assert kada.Extractor(**kada.load_config(str(path))).config.shared == "none"


def test_there_is_no_sql() -> None:
    extractor = kada.Extractor()
    assert extractor.list_sql() == []
    with pytest.raises(ConfigError, match="Glue is read through its API"):
        extractor.get_sql("DATABASE_LOG_SQL")
    with pytest.raises(ConfigError, match="'DATABASE_LOG_SQL'"):
        extractor.overwrite_sql("DATABASE_LOG_SQL", "SELECT 1")


def test_a_logger_is_set_up_once() -> None:
    logger = kada.get_generic_logger("gluepot.test.kada")
    assert (logger.level, len(logger.handlers)) == (logging.INFO, 1)
    logger.setLevel(logging.ERROR)
    assert kada.get_generic_logger("gluepot.test.kada").level == logging.ERROR
    assert len(logger.handlers) == 1
    assert kada.get_generic_logger("root") is logging.getLogger()


def partly() -> Manifest:
    found = manifest(complete=False)
    found.databases = [database("a", complete=True), database("b")]
    found.problems = [Problem(where="b", reason="denied", message="b may not be read")]
    return found


def nothing() -> Manifest:
    found = manifest(complete=False)
    found.regions = [region()]
    found.databases = [database("b")]
    return found


def everything(databases: int) -> Manifest:
    found = manifest()
    found.regions = [region()]
    found.databases = [database(f"{index}", complete=True) for index in range(databases)]
    return found


@pytest.mark.parametrize("on_incomplete", ["push", "fail"])
def test_a_complete_run_never_raises(on_incomplete: str) -> None:
    kada.judge([everything(2), everything(0)], on_incomplete)


def test_a_failed_scope_raises_only_with_fail() -> None:
    kada.judge([partly()], "push")
    with pytest.raises(ScopeError, match="incomplete") as caught:
        kada.judge([everything(1), partly()], "fail")
    assert caught.value.why == "b may not be read"
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("on_incomplete", ["push", "fail"])
def test_no_complete_scope_raises_always(on_incomplete: str) -> None:
    """A listing of databases of which none could be read is no extract."""
    with pytest.raises(UnreachableError):
        kada.judge([nothing()], on_incomplete)
