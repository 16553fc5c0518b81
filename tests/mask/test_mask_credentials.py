"""What a credential looks like in each disguise, and that no other text is touched."""

from __future__ import annotations

import base64
import json
import logging
import string
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gluepot.mask.credentials import RedactingFilter, Redactor, might_hold_credentials
from gluepot.mask.encodings import base64_texts, views

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "hunter2Tr0ub4dor"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
HEX = "0123456789abcdef" * 4


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


PLAIN = [
    ("jdbc:postgresql://h/db?user=u&password=S3&ssl=true", "jdbc:postgresql://h/db?user=u&password=***&ssl=true"),
    ("jdbc:sqlserver://h;user=sa;password=a&b;encrypt=true", "jdbc:sqlserver://h;user=sa;password=***;encrypt=true"),
    ("jdbc:oracle:thin:scott/tiger@//h:1521/x", "jdbc:oracle:thin:scott/***@//h:1521/x"),
    ("postgresql://u:p@ss@h/db", "postgresql://u:***@h/db"),
    ("s3a://AKIA:abc/def@bucket/key", "s3a://AKIA:***@bucket/key"),
    ("redis://:pw@h:6379/0", "redis://:***@h:6379/0"),
    (
        "https://x.blob.core.windows.net/c?sv=1&sig=ab%2Fc%3D&se=3",
        "https://x.blob.core.windows.net/c?sv=1&sig=***&se=3",
    ),
    ("SharedAccessSignature sr=a&sig=abc&se=1", "SharedAccessSignature sr=a&sig=***&se=1"),
    ("AccountName=a;AccountKey=abc+/d==;EndpointSuffix=x", "AccountName=a;AccountKey=***;EndpointSuffix=x"),
    ("Driver=x;PWD={a;b};Database=d", "Driver=x;PWD=***;Database=d"),
    (f"key {KEY_ID}.", "key ***."),
    (f"token {JWT} end", "token *** end"),
    ("use AstraCS:abcDEF:0123 now", "use *** now"),
    ("ghp_" + "a1B2" * 9, "***"),
    ("AIza" + "SyA1" * 9, "***"),
    ("xoxb-123456789012-123456789012-AbCdEfGh1234IjKl5678MnOp", "***"),
    ("sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc", "***"),
    ("dapi" + HEX[:32], "***"),
    ("Authorization: Bearer abc", "Authorization: Bearer ***"),
    (f"curl -H 'Authorization: Basic {b64('user:pass')}'", "curl -H 'Authorization: Basic ***'"),
    (f"sent Bearer {HEX} to", "sent Bearer *** to"),
    ("a -----BEGIN RSA PRIVATE KEY-----\nMIIx\n-----END RSA PRIVATE KEY----- b", "a *** b"),
    (r"-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----", "***"),
    ("CREATE USER x IDENTIFIED BY 'it''s'", "CREATE USER x IDENTIFIED BY '***'"),
    ("CREATE USER x PASSWORD 'abc' CREATEDB", "CREATE USER x PASSWORD '***' CREATEDB"),
    ("USING jdbc OPTIONS (user 'u', password 'x')", "USING jdbc OPTIONS (user 'u', password '***')"),
    ("CREDENTIALS 'aws_access_key_id=a;aws_secret_access_key=b'", "CREDENTIALS '***'"),
    ('.option("password", "x").load()', '.option("password", "***").load()'),
    ("run --password abc --user x", "run --password *** --user x"),
    ("Config{password=abc, user=x}", "Config{password=***, user=x}"),
    ("fs.azure.account.key.a.dfs.core.windows.net=abc==", "fs.azure.account.key.a.dfs.core.windows.net=***"),
    ('{"clientSecret": "a\\"b", "x": 1}', '{"clientSecret": "***", "x": 1}'),
    ("api_key: 0f9e8d7c6b5a", "api_key: ***"),
    ("password%3Dabc%26user%3Du", "password%3D***%26user%3Du"),
    ("https%3A%2F%2Fu%3Apw%40h%2F", "https%3A%2F%2Fu%3A***%40h%2F"),
    ("source.password: island is it", "source.password: *** is it"),
    (r"\u0070assword=abc def", r"\u0070assword=*** def"),
]
HARMLESS = [
    "source.password: is missing, while user is given; landing.secret: must be text; token: cannot be",
    "struct<password:string,token:array<string>,secret:decimal(10,2)>",
    '{"name":"password","type":"string"}',
    '{"token": null, "password": "varchar"}',
    "primary_key=5 tokenizer=standard partition_key=dt kms_key_id=abc",
    "secret_arn=arn:aws:secretsmanager:eu-west-1:1:secret:x",
    "secret=arn:aws:secretsmanager:eu-west-1:1:secret:x",
    "the password of the customer, hashed; see the token table",
    "s3://acme-data-lake/warehouse/sales.db/orders",
    "owner data-eng@example.com, at 10:30 by ops@example.com",
    "http://host:8080/path@v2",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    b64("nothing to see here, move along please"),
    "passengers: 12, signal=5, assignment=3",
    "",
]


@pytest.mark.parametrize(("text", "expected"), PLAIN)
def test_the_secret_goes_and_the_rest_stays_to_the_letter(text: str, expected: str) -> None:
    redactor = Redactor()
    assert redactor.redact(text) == expected
    assert redactor.counts.total() >= 1
    counted = redactor.counts.total()
    assert redactor.redact(expected) == expected
    assert redactor.counts.total() == counted


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_is_not_touched(text: str) -> None:
    redactor = Redactor()
    assert redactor.redact(text) == text
    assert not redactor.counts


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "dbPassword",
        "DB-PASSWORD",
        "passWord",
        "userpwd",
        "aws.secretAccessKey",
        "fs.s3a.access.key",
        "AccessKeyId",
        "apiKey",
        "API KEY",
        "client_secret",
        "sessionToken",
        "fs.azure.account.key.a.b.c",
        "db_pass",
    ],
)
def test_a_parameter_with_a_secret_name_loses_its_whole_value(name: str) -> None:
    redactor = Redactor()
    assert redactor.redact_value(name, "a b c") == "***"
    assert redactor.redact_value(name, "") == ""
    assert redactor.counts.total() == 1


@pytest.mark.parametrize("name", ["sas", "connection_string", "ConnectionString", "sig"])
def test_signatures_and_connection_strings_go_whole(name: str) -> None:
    assert Redactor().redact_value(name, "sv=1;b=2 c") == "***"


@pytest.mark.parametrize(
    "name",
    [
        "tokenizer",
        "primary_key",
        "partition_key",
        "secret_arn",
        "secretArn",
        "kms_key_id",
        "password_policy",
        "sizeKey",
    ],
)
def test_a_parameter_that_only_sounds_secret_keeps_its_value(name: str) -> None:
    assert Redactor().redact_value(name, "abc") == "abc"


def test_an_arn_under_a_secret_name_stays() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:1:secret:x"
    assert Redactor().redact_value("secret", arn) == arn


def test_json_is_walked_by_the_names_of_its_members() -> None:
    value = {
        "Parameters": {"password": "x", "list": ["token=abc", 5]},
        "Name": "password",
        "apiKey": ["0f9e8d7c", None],
    }
    expected = {
        "Parameters": {"password": "***", "list": ["token=***", 5]},
        "Name": "password",
        "apiKey": ["***", None],
    }
    assert Redactor().redact_json(value) == expected


def test_members_whose_names_are_secrets_are_all_kept() -> None:
    value = {f"password={name}": name for name in ("hunter2", "hunter3")}
    assert Redactor().redact_json(value) == {"password=***": "hunter2", "password=****": "hunter3"}


def test_sql_is_judged_by_the_name_that_it_is_for() -> None:
    redact = Redactor().redact_expression
    assert redact("api_key", "'0f9e8d7c6b5a'") == "'***'"
    assert redact("password", "md5(password)") == "md5(password)"
    assert redact("note", "'ftp://u:hunter2@h/' || path") == "'ftp://u:***@h/' || path"


def test_a_presto_view_is_decoded_redacted_and_encoded_again() -> None:
    view = {"originalSql": "select * from t where password = 'abc'", "catalog": "c"}
    redacted = Redactor().redact(f"/* Presto View: {b64(json.dumps(view))} */")
    encoded = redacted.removeprefix("/* Presto View: ").removesuffix(" */")
    assert json.loads(base64.b64decode(encoded)) == view | {"originalSql": "select * from t where password = '***'"}


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "percent": lambda text: quote(text, safe=""),
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "json": json.dumps,
    "json twice": lambda text: json.dumps(json.dumps(text)),
    "unicode": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "base64": b64,
    "base64 url": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 of percent": lambda text: b64(quote(text, safe="")),
    "percent of base64": lambda text: quote(b64(text), safe=""),
    "base64 of json": lambda text: b64(json.dumps({"note": text})),
}
CARRIERS = [
    "password={}",
    "jdbc:mysql://h/db?user=u&password={}&x=1",
    "postgresql://user:{}@host/db",
    '{{"token": "{}", "x": 1}}',
    "AccountKey={};x=1",
    "CREATE USER u PASSWORD '{}'",
]
secrets = st.text(string.ascii_letters + string.digits, min_size=12, max_size=40)
noise = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20)


def decodings(text: str) -> list[str]:
    """Undo every encoding the tests use, as an attacker would."""
    found, fresh = [text], [text]
    for _ in range(4):
        fresh = [v.text for t in fresh for v in views(t)] + [e.text for t in fresh for e in base64_texts(t)]
        found += fresh
    return found


@given(secrets, st.sampled_from(CARRIERS), st.sampled_from(sorted(ENCODINGS)), noise)
def test_no_decoding_of_the_output_holds_the_secret(secret: str, carrier: str, encoding: str, around: str) -> None:
    assume(secret not in around)
    text = f"{around} {ENCODINGS[encoding](carrier.format(secret))} {around}"
    redacted = Redactor().redact(text)
    assert not any(secret in decoded for decoded in decodings(redacted))
    assert Redactor().redact(redacted) == redacted


pieces = st.one_of(
    noise,
    secrets,
    st.sampled_from(
        ["password", "token=", "'", '"', "\\", "%3D", "=", ":", "://", "@", "/", " ", "\n", "sig=", "AKIA", "***"]
    ),
    st.sampled_from(
        [KEY_ID, JWT, "api_key", "Bearer ", b64("password=abc"), "-----BEGIN PRIVATE KEY-----", "\\u0070", "sas"]
    ),
)
texts = st.lists(pieces, max_size=8).map("".join)


@given(texts)
def test_redacting_again_changes_nothing(text: str) -> None:
    redacted = Redactor().redact(text)
    assert Redactor().redact(redacted) == redacted


def escape_all(text: str) -> str:
    return "".join(f"\\u{unit:04x}" for unit in memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H"))


@given(texts, texts, st.sampled_from(["password", "sas", "apiKey", "connection string", "x"]))
def test_the_prefilter_sees_whatever_the_redactor_changes_in_any_escaping(text: str, other: str, name: str) -> None:
    document = {name: text, "o": [other, {text: name}]}
    if Redactor().redact_json(document) == document:
        return
    for raw in (json.dumps(document), json.dumps(document, ensure_ascii=False), json.dumps(document, indent=1)):
        assert might_hold_credentials(raw.encode("utf-8", "surrogatepass"))
        assert might_hold_credentials(raw.replace("/", "\\/").encode("utf-8", "surrogatepass"))
    escaped = (
        f'{{"{escape_all(name)}": "{escape_all(text)}", "o": ["{escape_all(other)}", {{"{escape_all(text)}": ""}}]}}'
    )
    assert might_hold_credentials(escaped.encode())


def test_the_prefilter_lets_a_clean_record_pass() -> None:
    columns = [
        {"Name": f"customer_key_{i}", "Type": "string", "Comment": "The customer's primary key"} for i in range(30)
    ]
    record = {
        "Name": "orders",
        "Owner": "data-eng@example.com",
        "StorageDescriptor": {
            "Columns": columns,
            "Location": "s3://acme-data-lake/sales.db/orders",
            "InputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        },
        "Parameters": {
            "EXTERNAL": "TRUE",
            "transient_lastDdlTime": "1700000000",
            "field.delim": "\u0001",
            "sizeKey": "5",
        },
        "IsRegisteredWithLakeFormation": False,
        "CatalogId": "123456789012",
    }
    assert not might_hold_credentials(json.dumps(record).encode())


HOSTILE = [
    "password=",
    "password ",
    "token '",
    'secret="',
    "://a:",
    "eyJ",
    "jdbc:oracle:thin:a/",
    "s3://a:b",
    "%70",
    "\\u0070",
]
HOSTILE += [
    "-----BEGIN PRIVATE KEY-----",
    "bearer ",
    "AAAA/",
    "a@",
    ":@",
    "password=a,",
    "--token-",
    "\\",
    "('password',",
    "sig=&",
    "SELECT a FROM t WHERE password='a' ",
    "password = a.b and ",
    "mysql -u a ",
    "<password>",
    "password is a ",
    '{"a":"',
    "''",
    "/*",
]


@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.timeout(120)
def test_hostile_text_takes_linear_time(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    Redactor().redact(text)
    Redactor().redact(text + "\\")


@pytest.mark.parametrize(
    ("dialect", "sql", "expected"),
    [
        ("trino", "SELECT a.x FROM a, b WHERE a.token = b.token AND a.pwd = 'Gr8Horse9x'", "b.token AND a.pwd = '***'"),
        ("trino", 'SELECT x FROM t WHERE "password" = "again"', None),
        ("spark", 'SELECT x FROM t WHERE password = "Gr8Horse9x"', 'password = "***"'),
        ("trino", "SELECT x -- password: Gr8Horse9x\nFROM t", "SELECT x -- password: ***\nFROM t"),
        ("spark", "SET fs.s3a.secret.key=Gr8Horse9x; SELECT secret FROM t", "SET fs.s3a.secret.key=***; SELECT"),
        ("trino", "SELECT 'ALTER USER u PASSWORD ''Gr8Horse9x''' AS x FROM t", "PASSWORD ''***''' AS x"),
        # the dialect that a record names need not be that of its text
        ("hive", "SELECT x FROM t WHERE a LIKE '\\' AND b LIKE '\\' AND pwd = 'Gr8Horse9x'", "pwd = '***'"),
        ("trino", "SELECT 'it\\'s' FROM t WHERE pwd = 'Gr8Horse9x' AND token = b.token", "'***' AND token = b.token"),
        ("trino", "SELECT x FROM t WHERE password = hunter2hunter2 AND token = md5(x)", None),
    ],
)
def test_in_sql_only_literals_comments_and_settings_hold_secrets(dialect: str, sql: str, expected: str | None) -> None:
    redacted = Redactor().redact_sql(sql, dialect)
    assert (redacted == sql) if expected is None else (expected in redacted and "Gr8Horse9x" not in redacted)


def test_known_secrets_never_leave_in_any_form() -> None:
    known = "my/own p@ss"
    redactor = Redactor(known=[known, "", "abc"])
    for form in (known, quote(known), quote(known, safe=""), b64(known), b64(f"x {known} y"), json.dumps(known)[1:-1]):
        assert redactor.redact(f"a {form} b") == f"a {redactor.redact(form)} b"
        assert not any(known in decoded for decoded in decodings(redactor.redact(f"a {form} b")))
    assert redactor.might_hold(f"x {known}".encode())
    assert known not in repr(redactor)
    assert redactor.redact("abc") == "abc"


def test_log_messages_and_exceptions_are_redacted(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("tests.mask")
    redacting = RedactingFilter(Redactor(known=["s3cret-known"]))
    logger.addFilter(redacting)
    try:
        int("password=abc")
    except ValueError:
        logger.exception("sent %s with %d", "token=abc", 5)
    logger.warning("it is s3cret-known")
    logger.warning("%d arguments that do not fit", "token=xyzzy")
    logger.removeFilter(redacting)
    assert "sent token=*** with 5" in caplog.text
    assert "'password=***'" in caplog.text
    assert "abc" not in caplog.text
    assert "s3cret-known" not in caplog.text
    assert "xyzzy" not in caplog.text
