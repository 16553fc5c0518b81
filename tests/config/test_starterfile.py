"""The language of a file to start from, and how its parts are spelt in each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from gluepot.config.starterfile import Section, StarterFile, style_of
from gluepot.errors import ConfigError


class Inner(msgspec.Struct):
    """Keys of a section."""

    path: Annotated[str, Meta(description="Where.")]
    size: Annotated[int, Meta(description="How much.")] = 1


class Outer(msgspec.Struct):
    """Keys of a file."""

    parts: Annotated[list[Inner], Meta(description="Several.")]
    named: Annotated[dict[str, Inner], Meta(description="By name.")]
    tags: Annotated[dict[str, str], Meta(description="Marks.")]


_INNER = {"path": "p", "size": 1}
FILE = StarterFile(
    head="A file.",
    top=Section(Outer, {"tags": {"a.b": "c"}}),
    sections={
        "parts": Section(Inner, _INNER, ("path",), is_list=True),
        "named": Section(Inner, _INNER, entry="one"),
    },
)

TOML = """# A file.

# Marks.
#tags = { "a.b" = "c" }

# Several.
[[parts]]
# Where.
path = "p"
# How much.
#size = 1

# By name.
#[named.one]
# Where.
#path = "p"
# How much.
#size = 1
"""

YAML = """# A file.

# Marks.
#tags: {"a.b": "c"}

# Several.
parts:
# Where.
  - path: "p"
# How much.
#    size: 1

# By name.
#named:
#  one:
# Where.
#    path: "p"
# How much.
#    size: 1
"""


def test_a_section_is_a_table_a_list_of_them_or_one_of_several_by_name() -> None:
    assert FILE.text("toml") == TOML
    assert FILE.text("yaml") == YAML
    assert msgspec.json.decode(FILE.text("json")) == {"parts": [{"path": "p"}]}


@pytest.mark.parametrize(("name", "style"), [("a.toml", "toml"), ("a.YML", "yaml"), ("a.json", "json"), ("-", "toml")])
def test_the_suffix_tells_the_language(name: str, style: str) -> None:
    assert style_of(Path(name)) == style


def test_a_name_that_could_not_be_read_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"cannot tell what plan\.txt is to be"):
        style_of(Path("plan.txt"))
