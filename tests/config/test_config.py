"""A configuration is read whole, and everything wrong with it is said at once."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gluepot.config import (
    AccountEntry,
    Config,
    Globs,
    Landing,
    RoleStep,
    example,
    from_mapping,
    load,
    load_plain,
    masked,
    schema,
)
from gluepot.config.starter import SAMPLES, SECTIONS
from gluepot.errors import ConfigError
from gluepot.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

ROLE = "arn:aws:iam::123456789012:role/KadaGlueRole"

KADA = """{
    "key": "",
    "secret": "",
    "server": "43234234_glue",
    "regions": ["ap-southeast-2"],
    "catalogId": "43234234",
    "role": "",
    "output_path": "/tmp/output",
    "mask": true,
    "compress": true,
    "meta_only": true
}
"""


def refusal(mapping: dict[str, Any]) -> str:
    """Give the whole message of the refusal, hint included."""
    with pytest.raises(ConfigError) as caught:
        from_mapping(mapping)
    return f"{caught.value} {caught.value.hint}"


def file_refusal(path: Path, text: str | bytes) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load(path)
    return f"{caught.value} {caught.value.hint}"


def test_kadas_own_example_loads_unchanged(tmp_path: Path) -> None:
    """The page's file works, and its empty strings mean "not given"."""
    path = tmp_path / "kada_glue_extractor_config.json"
    path.write_text(KADA)
    assert load(path) == Config(
        server="43234234_glue", catalog_id="43234234", output_path="/tmp/output", mask=True, compress=True
    )


def test_nothing_said_is_kadas_defaults() -> None:
    config = from_mapping({})
    assert (config.regions, config.output_path, config.mask, config.compress, config.meta_only) == (
        ("ap-southeast-2",),
        "./output",
        False,
        False,
        True,
    )


@pytest.mark.parametrize("suffix", [".json", ".toml", ".yaml", ".yml", ".JSON"])
def test_the_three_languages_say_the_same(tmp_path: Path, suffix: str) -> None:
    texts = {
        ".json": '{"server": "a_glue", "landing": {"url": "s3://b/c"}, "accounts": []}',
        ".toml": 'server = "a_glue"\naccounts = []\n[landing]\nurl = "s3://b/c"\n',
        ".yaml": "server: a_glue\nlanding:\n  url: s3://b/c\naccounts: []\n",
    }
    path = tmp_path / f"config{suffix}"
    path.write_text(texts.get(suffix.lower(), texts[".yaml"]), encoding="utf-8-sig")
    assert load(path) == Config(server="a_glue", landing=Landing(url="s3://b/c"))


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.json", '{"mask": true,\n "mask": false}', 2),
        ("a.toml", "mask = true\n\nmask = false\n", 3),
        ("a.yaml", "mask: true\nserver: x\nmask: false\n", 3),
        ("a.toml", "[mask]\na = 1\n[b]\n[mask]\n", 4),
        ("a.yaml", "landing:\n  mask: 1\n  'mask': 1\n", 3),
    ],
)
def test_a_key_that_stands_twice_is_refused(tmp_path: Path, name: str, text: str, line: int) -> None:
    """No language keeps the last of two silently, and the second one's line is named."""
    message = file_refusal(tmp_path / name, text)
    assert f"{name}, line {line}" in message
    assert "mask: the key stands there twice" in message


def test_yaml_merge_keys_are_no_repetition(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("accounts:\n- &base {server: a, regions: [eu-west-1]}\n- {<<: *base, server: b}\n")
    assert [target.server for target in load(path).targets()] == ["a", "b"]
    assert load(path).targets()[1].regions == ("eu-west-1",)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", '{\n  "mask": }', "a.json is not valid JSON: Expecting value at line 2, column 11"),
        ("a.json", '{"requests_per_second": NaN}', "NaN is not a JSON number"),
        ("a.json", '{"concurrency": ' + "9" * 5000 + "}", "a number of thousands of digits"),
        ("a.json", "[" * 100_000, "nested far too deeply"),
        ("a.json", "[]", "it holds a list, not an object"),
        ("a.json", "", "it is empty"),
        ("a.json", b'{"server": "\xff"}', "byte 12 is not UTF-8"),
        ("a.toml", "x = = 3", "a.toml is not valid TOML: Invalid value at line 1, column 5"),
        ("a.toml", "x = [1,", "at line 1"),
        ("a.yaml", "regions: [a\n", "a.yaml is not valid YAML"),
        ("a.yaml", "a: \x00", "a character that YAML does not allow"),
        ("a.yaml", "a: 2024-99-99", "looks like a date"),
        ("a.yaml", "&a [*a]", "it holds a list"),
        ("a.ini", "", "its suffix is '.ini'"),
        ("a", "", "has no suffix"),
    ],
)
def test_a_file_that_cannot_be_parsed_says_where(tmp_path: Path, name: str, text: str | bytes, said: str) -> None:
    assert said in file_refusal(tmp_path / name, text)


@pytest.mark.parametrize(
    "text", ["key: *s3kr3t-value", "key: !s3kr3t-value x", 'key: "s3kr3t-value\n', "key = s3kr3t-value"]
)
@pytest.mark.parametrize("suffix", [".json", ".toml", ".yaml"])
def test_no_parser_quotes_the_text_around_an_error(tmp_path: Path, suffix: str, text: str) -> None:
    assert "s3kr3t" not in file_refusal(tmp_path / f"a{suffix}", text)


def test_missing_files_and_directories_say_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no configuration file .*none\.json") as missing:
        load(tmp_path / "none.json")
    assert "gluepot init" in missing.value.hint
    with pytest.raises(ConfigError, match="is a directory"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"region": ["eu-west-1"]}, ("region: is not a key", "did you mean 'regions'")),
        ({"catalog_id": "1"}, ("catalog_id: is not a key", "did you mean 'catalogId'")),
        ({"OutputPath": "x"}, ("did you mean 'output_path'",)),
        ({"landing": {"url": "s3://b", "acount": "x"}}, ("landing.acount: is not a key", "'account'")),
        ({"role": [{"arn": ROLE, "externalId": "x"}]}, ("role[0].externalId", "'external_id'")),
        ({"zzz": 1}, ("zzz: is not a key", "the keys here are: key, secret")),
        ({1: 1}, ("a key must be text, not the number 1",)),
        ({"mask": "true"}, ("mask: must be true or false, not 'true'", "without quotes")),
        ({"mask": 1}, ("mask: must be true or false, not the number 1",)),
        ({"regions": "eu-west-1"}, ("regions: must be a list, not 'eu-west-1'", 'write it as a list: ["eu-west-1"]')),
        ({"regions": []}, ("regions: names no region",)),
        ({"regions": ["sydney"]}, ("regions[0]: 'sydney' is not a region", "ap-southeast-2")),
        ({"regions": ["eu-west-1", ""]}, ("regions[1]: '' is not a region",)),
        ({"regions": ["eu-west-1", "eu-west-1"]}, ("regions[1]: 'eu-west-1' stands there twice",)),
        ({"regions": ["eu-west-1", "cn-north-1"]}, ("different partitions (aws, aws-cn)",)),
        ({"regions": [5]}, ("regions[0]: must be text, not the number 5",)),
        ({"catalogId": 43234234}, ("catalogId: must be text, not the number 43234234", "put it in quotes")),
        ({"catalogId": 10**5000}, ("a number that is far too large",)),
        ({"catalogId": " "}, ("catalogId: is blank",)),
        ({"catalogId": "1234-5678-9012"}, ("catalogId: '1234-5678-9012' does not begin", "write it as 123456789012;")),
        ({"catalogId": "1234 5678 9012:a/b"}, ("digits only", "write it as 123456789012:a/b;")),
        ({"catalogId": "AwsDataCatalog"}, ("digits only", "write it as 123456789012;")),
        ({"accounts": [{"server": "a", "catalogId": "1234-5678-9012"}]}, ("accounts[0].catalogId: '1234-5678-9012'",)),
        ({"role": "KadaGlueRole"}, ("role: 'KadaGlueRole' is not the ARN of a role",)),
        ({"role": "arn:aws:iam::12345678901:role/x"}, ("role:",)),
        ({"role": [ROLE, "x"]}, ("role[1]: 'x' is not the ARN",)),
        ({"role": [{"external_id": "x"}]}, ("role[0].arn: is missing",)),
        ({"role": []}, ("role: is an empty list",)),
        ({"role": [ROLE, {"arn": ROLE, "session_duration": 7200}]}, ("3600 seconds at most, not 7200",)),
        ({"session_duration": 60}, ("session_duration: must be int >= 900, not the number 60",)),
        ({"key": "AKIA"}, ("secret: is missing, while key is given",)),
        ({"secret": "x"}, ("key: is missing, while secret is given",)),
        ({"key": "a", "secret": "b", "profile": "c"}, ("profile: is given beside key",)),
        ({"key": 5, "secret": "b"}, ("key: must be text, not a number",)),
        ({"server": "../etc"}, ("server: '../etc' holds characters of a path",)),
        ({"server": "a\\b"}, ("holds characters of a path",)),
        ({"server": "a\x00b"}, ("server: holds a character that does not print",)),
        ({"server": "a\ud800"}, ("server: holds a character that does not print",)),
        ({"output_path": "a\nb"}, ("output_path: holds a character that does not print",)),
        ({"key": "a\n", "secret": "b"}, ("key: holds a character that does not print",)),
        ({"delimiter": "||"}, ("delimiter: must be one character",)),
        ({"delimiter": '"'}, ("delimiter:",)),
        ({"delimiter": "\n"}, ("delimiter:",)),
        ({"concurrency": 0}, ("concurrency: must be int >= 1, not the number 0",)),
        ({"concurrency": 257}, ("concurrency: must be int <= 256, not the number 257",)),
        ({"concurrency": True}, ("concurrency: must be a whole number, not true",)),
        ({"requests_per_second": 0}, ("requests_per_second: must be float > 0",)),
        ({"requests_per_second": float("inf")}, ("must be finite",)),
        ({"requests_per_second": float("nan")}, ("requests_per_second:",)),
        ({"requests_per_second": 10**400}, ("requests_per_second: must be",)),
        ({"patience": -1}, ("patience: must be float >= 0",)),
        ({"patience": float("inf")}, ("patience: must be float <= 86400",)),
        ({"patience_first": float("nan")}, ("patience_first: must be",)),
        ({"formats": []}, ("formats: is an empty list",)),
        ({"formats": ["k", "k"]}, ("formats[1]: 'k' stands there twice",)),
        ({"formats": ["parket"]}, ("formats[0]: must be 'k' or 'parquet' or 'jsonl'", "did you mean 'parquet'")),
        ({"on_incomplete": "stop"}, ("on_incomplete: must be 'push' or 'fail'",)),
        ({"shared": "al"}, ("did you mean 'all'",)),
        ({"databases": {"include": []}}, ("databases.include: is an empty list",)),
        ({"tables": {"exclude": [""]}}, ("tables.exclude[0]: is blank",)),
        ({"databases": ["a"]}, ("databases: must be an object, not a list",)),
        ({"meta_only": False}, ("meta_only: must be true: metadata is the one thing that Glue supports",)),
        ({"landing": {"account": "x"}}, ("landing.url: is missing",)),
        ({"landing": {"url": "ftp://x"}}, ("landing.url: no landing can be opened at ftp://",)),
        ({"landing": {"url": "s3:///x"}}, ("landing.url: names no bucket",)),
        ({"landing": {"url": "http://example.org/c"}}, ("unencrypted", "https://")),
        ({"landing": {"url": "s3://[x"}}, ("landing.url: is not a URL",)),
        ({"landing": {"url": "az://c", "sas": "a=b", "account_key": "k"}}, ("landing.account_key: is given beside",)),
        ({"landing": {"url": "s3://c", "sas": "a=b"}}, ("landing.sas: belongs to Azure, while the url is s3",)),
        ({"landing": {"url": "out/x", "region": "x"}}, ("landing.region: belongs to S3, while the url is a path",)),
        ({"landing": {"url": "~no-such-user/x"}}, ("landing.url: '~no-such-user/x' begins with ~",)),
        ({"hwm": "ftp://x"}, ("hwm: no landing can be opened at ftp://",)),
        ({"state": "https://a.blob.core.windows.net/c?sig=x"}, ("state: ", "holds a query or a password")),
        ({"landing": {"url": "s3://c", "key": "k"}}, ("landing.secret: is missing",)),
        ({"landing": {"url": "s3://c", "role": "x"}}, ("landing.role: 'x' is not the ARN",)),
        ({"landing": "s3://c"}, ("landing: must be an object, not 's3://c'",)),
        ({"key": "vault:a", "secret": "b"}, ("key: is a reference of an unknown kind", "env:, file:, secretsmanager:")),
        ({"accounts": [{"server": "a"}, {"server": "A"}]}, ("accounts[1].server: 'A' is that of accounts[0] too",)),
        ({"accounts": [{}, {}]}, ("accounts[1]: the account is that of accounts[0] too",)),
        ({"accounts": [{"regions": ["x"]}]}, ("accounts[0].regions[0]: 'x' is not a region",)),
        ({"accounts": [{"role": "x"}]}, ("accounts[0].role: 'x' is not the ARN",)),
        ({"accounts": [{"key": "x"}]}, ("accounts[0].secret: is missing",)),
        ({"accounts": [{"landing": {"url": "x://y"}}]}, ("accounts[0].landing.url: no landing",)),
        ({"accounts": [{"server": "a"}], "server": "b"}, ("server: belongs to one account", "each of the accounts")),
        ({"accounts": "x"}, ("accounts: must be a list",)),
    ],
)
def test_each_mistake_is_named_with_its_key(mapping: dict[str, Any], said: tuple[str, ...]) -> None:
    message = refusal(mapping)
    for part in said:
        assert part in message


def test_all_mistakes_are_named_at_once_with_their_lines(tmp_path: Path) -> None:
    message = file_refusal(
        tmp_path / "a.json",
        '{"mask": "yes",\n "region": ["x"],\n "concurrency": 0,\n "accounts": [{"regions": []},\n {"regions": []}]}',
    )
    assert "has 6 problems" in message
    assert "mask: must be true or false, not 'yes' (line 1)" in message
    assert "region: is not a key of the configuration (line 2); did you mean 'regions'?" in message
    assert "concurrency: must be int >= 1, not the number 0 (line 3)" in message
    assert "accounts[1].regions: names no region;" in message, "a key that stands twice has no one line"


def test_no_message_quotes_a_secret() -> None:
    """Neither a secret of the wrong type, nor one under a misspelt key, nor a signature in a URL."""
    message = refusal(
        {
            "secrt": "s3kr3t",
            "secret": ["s3kr3t"],
            "key": "s3kr3t\n",
            "external_id": {"a": "s3kr3t"},
            "landing": {"url": "https://a.blob.core.windows.net/c?sig=s3kr3t", "sas": 4711, "account_key": "x:s3kr3t"},
        }
    )
    assert "s3kr3t" not in message
    assert "4711" not in message


def test_a_configuration_prints_and_encodes_without_its_secrets() -> None:
    config = from_mapping(
        {
            "key": "s3kr3t",
            "secret": "s3kr3t",
            "external_id": "s3kr3t",
            "landing": {"url": "az://c", "account": "a", "sas": "s3kr3t"},
            "role": [{"arn": ROLE, "external_id": "s3kr3t"}],
            "accounts": [{"server": "a", "key": "s3kr3t", "secret": "s3kr3t"}],
        }
    )
    assert "s3kr3t" not in f"{config} {config!r} {config.targets()} {masked(config)}"
    assert masked(config)["landing"]["sas"] == "***"
    assert masked(config)["catalogId"] is None


def test_environment_references_use_the_given_environment(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"key": "env:K", "secret": "env:S", "landing": {"url": "az://c", "sas": "env:SAS"}}')
    config = load(path, environ={"K": "one", "S": "two", "SAS": "three"})
    assert config.key
    assert config.landing
    assert config.landing.sas
    assert (config.key.reveal(), config.landing.sas.reveal()) == ("one", "three")


def test_loading_resolves_no_secret(tmp_path: Path) -> None:
    """A security team writes policies from a configuration whose secrets it does not have."""
    path = tmp_path / "a.json"
    path.write_text('{"key": "env:NOT_SET", "secret": "file:/not/there"}')
    assert load(path, environ={}).key == Secret("env:NOT_SET")
    assert load_plain(path) == {"key": "env:NOT_SET", "secret": "file:/not/there"}


def test_one_account_comes_from_the_top_level() -> None:
    config = from_mapping({"server": "1_glue", "catalogId": "1", "role": ROLE, "external_id": "tenant:7"})
    (target,) = config.targets()
    assert (target.server, target.catalog_id) == ("1_glue", "1")
    assert target.roles == (RoleStep(arn=ROLE, external_id=Secret("tenant:7")),)


def test_accounts_inherit_what_they_do_not_say() -> None:
    landing = {"url": "s3://b/c"}
    config = from_mapping(
        {
            "key": "k",
            "secret": "s",
            "role": ROLE,
            "external_id": "top",
            "regions": ["eu-west-1"],
            "landing": landing,
            "accounts": [
                {"server": "a", "catalogId": "1"},
                {"server": "b", "profile": "p", "regions": ["us-east-1"], "external_id": "own"},
            ],
        }
    )
    first, second = config.targets()
    assert (first.server, first.catalog_id, first.key, first.regions) == ("a", "1", Secret("k"), ("eu-west-1",))
    assert first.landing == Landing(url="s3://b/c")
    assert (second.profile, second.key, second.secret) == ("p", None, None), "credentials are inherited whole or not"
    assert (second.regions, second.roles[0].external_id) == (("us-east-1",), Secret("own"))


def test_a_chain_keeps_what_its_steps_say_and_caps_what_they_inherit() -> None:
    """AWS refuses more than an hour for a role assumed by a role."""
    chain = [ROLE, {"arn": ROLE, "external_id": "own"}, {"arn": ROLE, "session_duration": 900}]
    config = from_mapping({"role": chain, "external_id": "top", "session_duration": 43200})
    assert config.targets()[0].roles == (
        RoleStep(arn=ROLE, external_id=Secret("top"), session_duration=43200),
        RoleStep(arn=ROLE, external_id=Secret("own"), session_duration=3600),
        RoleStep(arn=ROLE, external_id=Secret("top"), session_duration=900),
    )


@pytest.mark.parametrize(
    "region",
    ["us-gov-west-1", "cn-northwest-1", "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1", "ap-southeast-2"],
)
def test_regions_of_every_partition_are_regions(region: str) -> None:
    assert from_mapping({"regions": [region]}).regions == (region,)


@pytest.mark.parametrize(
    "landing",
    [
        {"url": "az://container/p", "account": "a", "sas": "sv=2024-01-01&se=2030-01-01T00:00:00Z&sig=x%3D"},
        {"url": "abfss://c@a.dfs.core.windows.net/p"},
        {"url": "https://a.blob.core.windows.net/c/p", "account_key": "k"},
        {"url": "http://127.0.0.1:10000/devstoreaccount1/c", "account_key": "k"},
        {"url": "file:///tmp/x"},
        {"url": "./somewhere/else"},
        {"url": "s3://b/p", "region": "eu-west-1", "key": "k", "secret": "s", "role": ROLE},
    ],
)
def test_every_kind_of_landing_is_accepted(landing: dict[str, Any]) -> None:
    read = from_mapping({"landing": landing}).landing
    assert read
    assert read.url == landing["url"]


def test_an_all_empty_landing_is_not_given() -> None:
    assert from_mapping({"landing": {"url": "", "sas": ""}}).landing is None


def test_globs_include_then_exclude_without_regard_to_case() -> None:
    globs = Globs(include=("Sales_*", "hr"), exclude=("*_tmp",))
    assert [name for name in ("sales_eu", "SALES_X", "sales_tmp", "hr", "hrx") if globs.matches(name)] == [
        "sales_eu",
        "SALES_X",
        "hr",
    ]
    assert globs.names("HR")
    assert not globs.names("sales_eu")


def test_a_table_pattern_with_a_dot_means_the_database_too() -> None:
    globs = Globs(include=("sales.*", "log"))
    assert globs.matches("orders", database="sales")
    assert globs.matches("log", database="other")
    assert not globs.matches("orders", database="other")
    assert not Globs(include=("a*",)).matches("orders", database="abc")


@pytest.mark.parametrize("style", ["toml", "yaml", "json"])
def test_the_example_loads_and_fits_the_schema(tmp_path: Path, style: Any) -> None:
    import jsonschema

    path = tmp_path / f"gluepot.{style}"
    path.write_text(example(style))
    assert load(path).mask is True
    jsonschema.Draft202012Validator(schema()).validate(load_plain(path))


@pytest.mark.parametrize(("style", "parser"), [("toml", tomllib.loads), ("yaml", yaml.safe_load)])
def test_every_key_of_the_example_can_be_put_in_force(style: Any, parser: Any) -> None:
    """Taking the marks away gives every key there is, and each sample is one the loader takes."""
    pattern = re.compile(r"^#(?=\S|  )", re.MULTILINE)
    everything = parser(pattern.sub("", example(style)))
    known = {info.encode_name for info in msgspec.structs.fields(Config)}
    assert set(everything) == known
    assert set(everything["hwm_access"]) == set(SAMPLES["hwm_access"])
    for name in known - {"key", "secret", "accounts", "hwm_access"}:  # these make sense only with, or without, others
        from_mapping({name: everything[name]} if name != "landing" else {"landing": {"url": everything[name]["url"]}})


def test_the_samples_forget_no_key() -> None:
    """But for `landing` within `accounts`, which would be the third section of that name."""
    assert {info.encode_name for info in msgspec.structs.fields(Config)} == {*SAMPLES[""], *SECTIONS}
    for name, kind in SECTIONS.items():
        left_out = {"landing"} if name == "accounts" else set()
        assert {info.encode_name for info in msgspec.structs.fields(kind)} - left_out == set(SAMPLES[name])


def test_an_unknown_style_of_example_is_refused() -> None:
    with pytest.raises(ConfigError, match="no example in 'xml'"):
        example("xml")  # type: ignore[arg-type]  # that is the point


def test_the_schema_is_a_2020_12_schema_that_knows_every_key() -> None:
    import jsonschema

    described = schema()
    jsonschema.Draft202012Validator.check_schema(described)
    jsonschema.Draft202012Validator(described).validate(json.loads(KADA))
    assert set(described["properties"]) == {info.encode_name for info in msgspec.structs.fields(Config)}
    objects = [described, *described["$defs"].values()]
    assert all(part["additionalProperties"] is False for part in objects)
    assert [key for part in objects for key, value in part["properties"].items() if not value.get("description")] == []
    assert not jsonschema.Draft202012Validator(described).is_valid({"region": []})


KEYS = st.sampled_from([info.encode_name for info in msgspec.structs.fields(Config)])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS | st.text(), inner), max_leaves=8)
ACCOUNT_KEYS = st.sampled_from([info.encode_name for info in msgspec.structs.fields(AccountEntry)])


@given(
    st.dictionaries(KEYS | st.text(), VALUES)
    | st.builds(lambda entries: {"accounts": entries}, st.lists(st.dictionaries(ACCOUNT_KEYS, VALUES)))
    | st.builds(lambda url: {"landing": {"url": url}}, st.text() | st.from_regex(r"(s3|az|https|file)://.*"))
)
def test_any_mapping_is_a_configuration_or_a_configuration_error(mapping: dict[str, Any]) -> None:
    try:
        config = from_mapping(mapping)
    except ConfigError as error:
        assert error.why  # noqa: PT017 - either outcome is fine; this one has to say why
    else:
        assert config.targets()


@given(st.text(), st.sampled_from([".json", ".toml", ".yaml"]))
def test_any_text_is_a_configuration_or_a_configuration_error(
    tmp_path_factory: pytest.TempPathFactory, text: str, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(text.encode("utf-8", "replace"))
    try:
        load(path)
    except ConfigError as error:
        assert error.what  # noqa: PT017 - either outcome is fine; this one has to say what
