"""What a value looks like: made up by a machine, or one of the many things that stand behind `=` and are no secret.

Types, JSON's words, ARNs and other names of where a secret is, placeholders, calls, casts, numbers and paths are
harmless whatever the name before them says. Words are not random: names of columns, codes of errors, sentences.
"""

from __future__ import annotations

import re

from gluepot.mask.words import SAYING

# Types of Hive, Spark, Trino and Iceberg: `struct<password:string>` and {"token": "varchar"} hold no secret.
_TYPES = (
    "string|tinyint|smallint|int|integer|bigint|long|short|byte|float|double|real|decimal|numeric|number|boolean|bool|"
    "char|varchar|text|binary|varbinary|bytes|date|time|timestamp|timestamptz|timestamp_ntz|timestamp_ltz|interval|uuid|"
    "json|array|map|struct|row|list|uniontype|void|fixed|object|variant|super|unknown|str|secretstr"
)
_NOUN = "pass|pwd|secret|token|key|cred|param"
_HARMLESS = re.compile(
    rf"(?:{_TYPES})(?:[(<][^;=\"']*)?"
    r"|true|false|null|none|nil|undefined|yes|no|on|off|default|n/a|current_\w+|[yntf01]"
    r"|[|*#?._%\\\-\s\u2022\u2026]*|x{3,}|\[?(?:redacted|removed|masked|hidden|filtered|sensitive)\]?"
    # where a secret is, not what it is
    r"|alias/[\w/-]+|(?:aws_iam_role=)?arn:aws[\w-]*:.*|(?:env|file|secretsmanager|ssm|vault|op|awssm|gcpsm):(?:/{2})?[\w./#@:-]+"
    r"|\$?\{\{.*\}\}|\$?\{[\w.:/#\- ()'\"]+\}|\$\(.*"
    r"|\$(?-i:[A-Z_][A-Z0-9_]*|\d+)|%\(\w+\)[sd]|%[sdr]|%(?-i:[A-Z_]+)%|:\w+"
    rf"|[$@]\w*(?:{_NOUN})\w*|(?-i:[A-Z_]*(?:{_NOUN.upper()})[A-Z_]*)|your[_-]?\w*(?:{_NOUN})[\w-]*|<[\w .:/-]+>"
    r"|(?:var|local|data|module|each|self|path|process\.env|os\.environ|sys\.argv|env|secrets)[.\[][\w.\[\]\"'*-]+",
    re.IGNORECASE | re.DOTALL,
)
_CODE = re.compile(
    r"[A-Za-z_][A-Za-z_.]*\d{0,3}\(.*"  # a call
    r"|.*[\w)\"'\]]::[A-Za-z_]\w*.*"  # a cast
    r"|[\w.\"`]+\|\|.*",  # strings put together
    re.DOTALL,
)
_PATH = re.compile(
    r"(?:~|\.{1,2})?/[\w.@=+-]+(?:/[\w.@=+*-]*)*|[A-Za-z][\w+.-]*:/{2,3}[^\s:@]*|[\w.-]+(?:/[\w.-]+){2,}/?"
)
_OF_PATHS = re.compile(r"[=+*@~$]")
_JOINT = re.compile(r"[_-]")
_NUMBER = re.compile(r"[+-]?(?:\d[\d_,]*(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?[%LDF]?", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d(?:-\d\d(?:[T ]?[\d:.+]*Z?)?)?")
_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:\.[\"`]?[A-Za-z_$][\w$]*[\"`]?)*")
_SECRET = re.compile(r"(?:.*[.\-\s])?secret(?:_?(?:id|name))?", re.IGNORECASE | re.DOTALL)
_NAME_OF_SECRET = re.compile(
    r"(?:[a-z][a-z0-9]{0,30}[-_/.]){1,8}(?:credentials?|creds|secrets?|passwords?|tokens?|keys?|logins?)", re.IGNORECASE
)
_CHUNK = re.compile(r"[A-Za-z0-9]+")
# `orders`, `ORDERS2`, `AccessDenied`, `dimCustomerV2`, `2024`
_WORDS = re.compile(
    r"\d{1,14}(?:st|nd|rd|th|[a-zA-Z])?|[A-Z]+s?\d{0,4}|[A-Z]{0,4}[a-z]++(?:[A-Z]{1,4}[a-z]++)*+[A-Z]{0,4}\d{0,4}"
)
_LETTER = re.compile(r"[^\W\d_a-zA-Z]")
_HUMP = re.compile(r"[A-Z]+")
_VOWEL = re.compile(r"[aeiouyAEIOUY]")
_NOT_IN_WORDS = re.compile(r"[^\w\s.,:;/()\[\]'\"\-]|[^\x00-\x7f]")
# Letters of a chunk, the least letters of a hump (`Access` in `AccessDenied`) and the most capitals among ten letters:
# what is made of words has long humps, what a machine made up has not. The longer a chunk, the less is left to chance.
_MADE_OF_WORDS = ((20, 4.0, 3), (12, 3.2, 4), (6, 2.6, 4))
_SHORT_WORD = 5
_PLAIN = re.compile(r"[a-z]++\d{0,4}(?:[_.-]+(?:[a-z]++\d{0,4}|\d{1,8}))*+")


def is_harmless(value: str) -> bool:
    """Say whether a value is no secret whatever its name says: a type, a placeholder, the name of a secret."""
    return _HARMLESS.fullmatch(value.strip()) is not None


def is_all_harmless(value: str) -> bool:
    """Say whether a value is settings and none a secret: `aws_access_key_id=<id>;aws_secret_access_key=<key>`."""
    settings = [setting.partition("=") for setting in value.split(";") if setting.strip()]
    return all(told.strip() and is_name(name.strip()) and is_harmless(told) for name, _, told in settings)


def is_code(value: str) -> bool:
    """Say whether a bare value is an expression: a call, a cast, strings put together."""
    return _CODE.fullmatch(value) is not None


def is_path(value: str) -> bool:
    """Say whether a value is a path of words, or a URL without a password."""
    return _PATH.fullmatch(value) is not None and is_wordy(_OF_PATHS.sub("/", value))


def is_number(value: str) -> bool:
    """Say whether a value is a number or a date."""
    return _NUMBER.fullmatch(value) is not None or _MOMENT.fullmatch(value) is not None


def is_name(value: str) -> bool:
    """Say whether a value is an identifier, dotted or not."""
    return _NAME.fullmatch(value) is not None


def is_dotted(value: str) -> bool:
    """Say whether a value is a dotted identifier: `b.account_key`."""
    return "." in value and is_name(value)


def is_said(value: str) -> bool:
    """Say whether a word is one of those that describe a secret, or the value is a sentence."""
    words = value.strip().lower().split()
    if len(words) == 1:
        return SAYING.issuperset(_JOINT.split(words[0].strip(".,;:()")))
    return len(words) > 1 and is_wordy(value) and any(len(word) > 1 and word in SAYING for word in words)


def is_short_word(value: str) -> bool:
    """Say whether a value is a word that is too short for a token or a key."""
    return len(value) <= _SHORT_WORD and value.isalpha()


def is_wordy(value: str) -> bool:
    """Say whether a value is made of words and numbers, as names, sentences, codes of errors and paths are."""
    if not value.isascii():
        value = _LETTER.sub("e", value)
    return _NOT_IN_WORDS.search(value) is None and all(map(_is_word, _CHUNK.findall(value)))


def _is_word(chunk: str) -> bool:
    if _WORDS.fullmatch(chunk) is None:
        return False
    letters = chunk.rstrip("0123456789")
    rule = next((rule for rule in _MADE_OF_WORDS if len(letters) >= rule[0]), None)
    if rule is None or letters.isupper():
        return True
    humps = len(_HUMP.findall(letters[1:])) + 1
    capitals, vowels = sum(map(str.isupper, letters)), len(_VOWEL.findall(letters))
    return len(letters) >= humps * rule[1] and capitals * 10 <= len(letters) * rule[2] and vowels * 7 >= len(letters)


def is_plain(value: str) -> bool:
    """Say whether a value is lower-case words and numbers, as names in a catalog are."""
    return _PLAIN.fullmatch(value) is not None


def is_random(value: str, least: int) -> bool:
    """Say whether a value looks made up by a machine, and is long enough to be a secret.

    Args:
        value: The value, without its quotes.
        least: How many characters it has at the least.
    """
    return len(value) >= least and not (is_wordy(value) or is_number(value) or is_harmless(value) or is_path(value))


def names_secret(value: str) -> bool:
    """Say whether an identifier is called like a secret: `b.account_key`, `pwd_hash`."""
    return re.search(_NOUN, value, re.IGNORECASE) is not None


def names_one(name: str, value: str) -> bool:
    """Say whether `secret` is the name of one that lies elsewhere: `secret = "sales-credentials"`."""
    return _SECRET.fullmatch(name) is not None and _NAME_OF_SECRET.fullmatch(value) is not None


def names_key(value: str) -> bool:
    """Say whether a name is that of a token or a key, which columns are called as well."""
    return re.search("token|key", value, re.IGNORECASE) is not None
