"""The table of what a credential looks like in plain text: the name of the kind, and where the secret stands.

The secret is the last group of a pattern, or all of it where it has no group; nothing else is replaced. Patterns know
plain text only: escaped, percent-encoded and base64 text is decoded first (`encodings`). Each is linear on hostile
text: a repetition is possessive, or bounded, or ends where its own pattern could start again.
"""

from __future__ import annotations

import re
from functools import cached_property

# Types of Hive, Spark, Trino and Iceberg: `struct<password:string>` and {"token": "varchar"} hold no secret.
_TYPES = (
    "string|tinyint|smallint|int|integer|bigint|long|short|byte|float|double|real|decimal|numeric|number|boolean|bool|"
    "char|varchar|text|binary|varbinary|bytes|date|time|timestamp|timestamptz|timestamp_ntz|timestamp_ltz|interval|uuid|"
    "json|array|map|struct|row|list|uniontype|void|fixed|object|variant|super|unknown"
)
# What may stand where a secret would, and is none: types, JSON's words, ARNs (they name a secret), and `***` itself.
_HARMLESS = rf"(?!(?:{_TYPES}|true|false|null|none)(?![\w!#$%*+./@^~-])|arn:aws[\w-]*:|\*++(?![^\s&;,\"'`<>)}}\]\\]))"
# A bare value ends at white space, a quote, `;`, at `&` or `,` before the next `name=`, and before closing brackets.
_BARE = (
    r"(?:[^\s&;,\"'`<>(){}\[\]]"
    r"|&(?![\w.%\-]{1,64}=|amp;)"
    r"|,(?![\w.\-]{1,64}\s{0,8}[=:]|[\s,)}\]>\"']|\Z)"
    r"|[<>(){}\[\]](?![\s,;&)}\]>\"']|\Z))"
)
# What a message says of a key, `source.password: is missing`: a bare value of such a word is a sentence, not a secret.
_SAID = r"(?!(?:is|must|holds|cannot)\s)"
_VALUE = (
    rf"(?:\"{_HARMLESS}((?:[^\"\\]|\\.)++)"
    rf"|'{_HARMLESS}((?:[^'\\]|\\.|'')++)"
    rf"|`{_HARMLESS}([^`]++)"
    rf"|(\{{[^{{}}\"':=]++\}})"
    rf"|{_HARMLESS}{_SAID}((?![<({{\[]){_BARE}++))"
)
# `password=`, `"password": `, `password => `; or a quote alone, as in SQL: `PASSWORD 'x'`, `OPTIONS(password "x")`.
_IS = r"(?:[\"'`]?\s*+(?:=>|:=|={1,2}|:(?!:))\s*+|\s++(?=[\"']))"
_SUFFIX = r"(?:[_\-.]?(?:value|text|plain|plaintext|b64|base64|\d{1,3}))?"
_GAP = r"[_\-. ]?"


class Kind:
    """One kind of credential: its name in the manifest's counts, and its pattern.

    Patterns are compiled when they are first asked for: a clean catalog asks for none, and compiling all takes longer
    than reading a hundred tables.
    """

    def __init__(self, name: str, source: str, flags: re.RegexFlag) -> None:
        self.name, self._source, self._flags = name, source, flags

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled pattern."""
        return re.compile(self._source, self._flags)


def _kind(name: str, pattern: str) -> Kind:
    return Kind(name, pattern, re.IGNORECASE | re.ASCII | re.DOTALL)


def _exact(name: str, pattern: str) -> Kind:
    return Kind(name, pattern, re.ASCII | re.DOTALL)


def _assigned(name: str, words: str) -> Kind:
    return _kind(name, rf"(?:{words}){_SUFFIX}{_IS}{_VALUE}")


# Names that end like this carry a secret; `keys` asks the same of parameter names, the kinds below of text. An ARN
# (`:123456789012:secret:name`) assigns nothing.
PASSWORD = r"passw(?:or)?d|passphrase|passcode|pwd|(?<![a-z])pass"  # noqa: S105 - the words, not a password
SECRET = rf"(?<!\d:)secret(?:{_GAP}(?:access{_GAP})?key)?"
TOKEN = r"token"  # noqa: S105 - the word, not a token
KEY = (
    rf"(?:access|account|api|auth|client|encryption|master|private|security|shared|signing|ssh|storage|subscription)"
    rf"{_GAP}key"
)
KEY_ID = rf"access{_GAP}key{_GAP}id"
SAS = r"(?<![a-z])sig(?:nature)?|(?<![a-z])sas|shared_?access_?signature"
CREDENTIAL = rf"credentials?|connection{_GAP}string|conn{_GAP}str"
AZURE = r"fs\.azure\.(?:account\.key|sas|account\.oauth2\.client\.secret)[\w.\-]{0,256}"

KINDS: tuple[Kind, ...] = (
    _exact(
        "private_key",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r".*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    ),
    _exact("aws_access_key_id", r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _kind("astra_token", r"AstraCS:[\w.:\-]++"),
    _exact("jwt", r"(?<![\w-])eyJ[\w-]{8,}+\.[\w-]{8,}+(?:\.[\w-]*+){0,3}"),
    _exact("api_key", r"(?<![A-Za-z0-9])(?:gh[oprsu]_[A-Za-z0-9]{20,}+|github_pat_\w{20,}+|glpat-[\w-]{16,}+)"),
    _exact("api_key", r"(?<![A-Za-z0-9])(?:xox[a-z]-[\w-]{10,}+|xapp-[\w-]{10,}+)"),
    _exact("api_key", r"hooks\.slack\.com/services/([\w/]{16,}+)"),
    _exact("api_key", r"(?<![A-Za-z0-9])(?:[prs]k_(?:live|test)_\w{10,}+|whsec_\w{16,}+)"),
    _exact("api_key", r"(?<![A-Za-z0-9])(?:AIza[\w-]{30,}+|ya29\.[\w-]{16,}+|GOCSPX-[\w-]{16,}+)"),
    _exact("api_key", r"(?<![A-Za-z0-9])(?:npm_[A-Za-z0-9]{30,}+|pypi-[\w-]{40,}+|hf_[A-Za-z0-9]{30,}+)"),
    _exact("api_key", r"(?<![A-Za-z0-9])(?:dapi[0-9a-f]{32}|dop_v1_[0-9a-f]{40,}+|hvs\.[\w-]{20,}+|shpat_\w{20,}+)"),
    _exact("api_key", r"(?<![A-Za-z0-9])(?:SG\.[\w-]{16,}+\.[\w-]{16,}+|sk-(?:[a-z]{2,8}-){0,2}[\w-]{20,}+)"),
    # A URL's authority ends at `/`: `http://host:80/a@b` holds no password; `u:p@ss@host` ends at the last `@`.
    _kind("url_password", r":(?:\\*+/){2}[^\s/:@\"'<>]{0,256}:([^\s/\"'<>\\]{1,512})@"),
    _kind("url_password", r"s3[an]?://[^\s/:@\"'<>]{1,128}:([^\s@\"'<>]{1,512})@"),
    _kind("url_password", r"jdbc:oracle:\w{2,8}:[^\s/@\"']{1,128}/([^\s\"']{1,512})@"),
    _kind("authorization", r"(?<![a-z])(?:bearer|basic)\s++([\w.~+/-]{16,}+=*+)"),
    _kind(
        "authorization",
        r"authorization[\"'`]?\s*+[=:]\s*+[\"']?(?:(?:bearer|basic|token|digest|negotiate|apikey)\s++)?+"
        rf"{_HARMLESS}([^\s\"',;]++)",
    ),
    _assigned("access_key_id", KEY_ID),
    _assigned("account_key", AZURE),
    _assigned("password", PASSWORD),
    _assigned("secret", SECRET),
    _assigned("token", TOKEN),
    _assigned("key", KEY),
    _assigned("sas_signature", SAS),
    _assigned("credential", CREDENTIAL),
    _kind("password", rf"identified\s++by\s++(?:password\s++|values\s++)?{_VALUE}"),
    _kind("secret", rf"(?<![\w-])--?(?:[a-z]++-){{0,4}}(?:{PASSWORD}|{SECRET}|{TOKEN}|{KEY})\s++(?!-){_VALUE}"),
    _kind(
        "secret",
        rf"\(\s*+[\"'][\w.\-]{{0,128}}(?:{PASSWORD}|{SECRET}|{TOKEN}|{KEY})[\"']\s*+,\s*+(?=[\"']){_VALUE}[\"']\s*+\)",
    ),
)


def plain_spans(text: str) -> list[tuple[int, int, str]]:
    """Find the secrets in plain text.

    Returns:
        (start, end, kind) in characters, in the order of the table; they may overlap.
    """
    return [(*match.span(match.lastindex or 0), kind.name) for kind in KINDS for match in kind.pattern.finditer(text)]
