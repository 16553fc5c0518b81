"""Exclude patterns: the cases of AWS's own page, and what a crawler never looks at."""

from __future__ import annotations

import pytest

from gluepot.crawler.patterns import expression, is_read

SOURCES = [
    ("*.csv", ["orders.csv"], ["2026/orders.csv", "orders.csvx"]),
    ("*.*", ["a.b"], ["ab", "x/a.b"]),
    ("*.{csv,avro}", ["a.csv", "a.avro"], ["a.json", "x/a.csv"]),
    ("foo.?", ["foo.x"], ["foo.xy", "foo."]),
    ("myfolder/*", ["myfolder/mysource"], ["myfolder/a/b", "myfolder"]),
    ("myfolder/*/*", ["myfolder/mysource/data"], ["myfolder/mysource", "myfolder/a/b/c"]),
    ("myfolder/**", ["myfolder/a", "myfolder/a/b/c"], ["myfolder", "my/a"]),
    ("myfolder**", ["myfolder", "myfolder/a", "myfolders/a/b"], ["my/folder"]),
    ("**/_tmp/**", ["a/_tmp/b", "a/b/_tmp/c/d"], ["_tmp/b", "a/tmp/b"]),
    ("**.tmp", ["a.tmp", "a/b.tmp"], ["a.tmpx"]),
    ("[a-c]x", ["ax", "cx"], ["dx", "x"]),
    ("[!a-c]x", ["dx"], ["ax"]),
    (r"a\*b", ["a*b"], ["axb"]),
    ("a+(b)", ["a+(b)"], ["aab"]),
]


@pytest.mark.parametrize(("pattern", "taken", "left"), SOURCES)
def test_a_pattern_takes_what_aws_says(pattern: str, taken: list[str], left: list[str]) -> None:
    """https://docs.aws.amazon.com/glue/latest/dg/define-crawler-choose-data-sources.html, the table of examples."""
    assert [key for key in taken if not expression(pattern).fullmatch(key)] == []
    assert [key for key in left if expression(pattern).fullmatch(key)] == []


@pytest.mark.parametrize("pattern", ["a[b", "a{b", "a{b{c}}", "[z-a]"])
def test_a_pattern_that_is_not_closed_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        expression(pattern)


@pytest.mark.parametrize("key", ["a/_SUCCESS", "_tmp/a.csv", "a/.hidden", "a/", "x_$folder$"])
def test_what_hive_does_not_see_is_not_read(key: str) -> None:
    assert not is_read(key, 10, ())


def test_empty_objects_and_excluded_ones_are_not_read() -> None:
    assert is_read("a/b.csv", 1, ())
    assert not is_read("a/b.csv", 0, ())
    assert not is_read("a/b.csv", 1, ("**.csv",))
