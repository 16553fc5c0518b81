r"""Whether bytes might hold a credential at all: the cheap question in front of the redactor.

The redactor asks it of each string before it looks for anything, and whatever is said of a string is also said of JSON
that holds it, so there is no false negative. It lies on the hot path, and CPython needs about half a nanosecond per
byte and question, hence few questions:

- Bytes that clean catalogs rarely hold (`%`, `&`, `@`, `~`, a backslash, the first bytes of a script) decide whether a
  question is asked; one byte is found with memchr, which costs nothing.
- Case is folded, and seven rare letters become one byte, in one pass. Words and prefixes that have such a letter are
  found by one pattern that begins with that byte; the others are asked for one by one. A pattern begins with letters,
  or CPython tries it at each byte.
- A word at the end of a string names something, and assigns nothing: `{"Name":"token"}`.
- All other tokens, and base64, have 16 letters and digits in a row (`longruns`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gluepot.mask.longruns import holds_secret_run
from gluepot.mask.marks import MARKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Beginnings = tuple[tuple[bytes, Callable[[bytes], object]], ...]

_RARE = b"jkqvwxz"
_UPPER, _LOWER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz"
_FOLD = bytes.maketrans(_UPPER + b"\1", _LOWER + b"\0").translate(bytes.maketrans(_RARE, b"\1" * len(_RARE)))
_SHORT = 3
# What follows a prefix that is short: names begin so as well.
_REST = "(?=[a-z0-9\1_=+/.\\-]{16})"

# Prefixes behind which no long run has to follow; `sk-ant-` is one of `sk-`.
_ALL = sorted({prefix.lower() for mark in MARKS if not mark.runs for prefix in mark.prefixes})
_PREFIXES = [prefix for prefix in _ALL if not any(prefix.startswith(other) for other in _ALL if other != prefix)]


def _folded(word: str) -> bytes:
    return word.encode().translate(_FOLD)


def _pattern(source: str) -> re.Pattern[bytes]:
    return re.compile(source.encode())


def _by_rare(words: Iterable[str]) -> str:
    """Make the pattern of words, of which each has a rare letter, as it is behind the first one of them."""
    found = []
    for word in words:
        folded = _folded(word).decode()
        before, _, behind = folded.partition("\1")
        short = _REST if word in _PREFIXES and len(word) <= _SHORT else ""
        found.append(re.escape(behind) + (f"(?<={re.escape(folded)})" if before else "") + short)
    return "|".join(found)


def _is_rare(word: str) -> bool:
    return b"\1" in _folded(word)


def _keys(owners: str) -> str:
    """Make the pattern of `ey` in `api_key` and the like."""
    names = (_folded(owner).decode() for owner in owners.split())
    return "|".join(f"(?<={name}\1ey)|(?<={name}[_\\-. ]\1ey)" for name in names)


_WORDS_BEHIND = "|".join(_folded(word).decode() for word in ("value", "text", "plain", "plaintext", "b64", "base64"))
_SUFFIX = f"(?:[_\\-.]?(?:{_WORDS_BEHIND}|[0-9]{{1,3}}))?"
# The name ends here (`token_count` is another one), and the JSON string does not; `"token":` goes on.
_ENDS = f'(?={_SUFFIX}(?![a-z0-9\1_\\-.]))(?!{_SUFFIX}"[,}}\\]])'
# What sentences say as well has to stand before a sign, a quote or an escape; letters before it may be an escape's.
_SIGNED = f'(?={_SUFFIX}\\s*+[=:\\\\"\'`<>(&\\xef])(?!{_SUFFIX}"[,}}\\]])'
_ALONE = r"(?:(?<![a-z\1])|(?<=\\[nrtbf])|(?<=\\u[0-9a-f]{4}))"

_KEYS = _keys(
    "access account api auth client encryption master private security shared signing ssh storage subscription"
)
_NAMES = ("pwd", "token", "authorization", "kennwort", "wachtwoord", "jelszo", "adgangskode")
_SANDI = tuple(f"kata{between}sandi" for between in ("", " ", "_", "-", "."))
_FOREIGN = ("zaporka", "lozinka", "pasahitza", "fjal", "lykilor", "slaptaz", "palavra", "khau", *_SANDI)
_HOSTS = ("private-lines", "jdbc:oracle:", "fs.azure", "hooks.slack.com")
_BY_RARE = _pattern(
    f"\1(?:(?:{_by_rare(_NAMES)}|(?<=p\1)|ey(?:{_KEYS})(?:[_\\-. ]?id)?){_ENDS}"
    f"|{_by_rare(filter(_is_rare, (*_FOREIGN, *_HOSTS, *_PREFIXES)))})"
)
_BY_GL = _pattern(f"gl(?:{'|'.join(re.escape(p[2:]) for p in _PREFIXES if p.startswith('gl') and not _is_rare(p))})")
_WORDS = tuple(map(_folded, ("astracs", "bearer", "basic", "identified", "salasana", "sifre", "paro", "slapta")))
_WORDS += (_folded("connect to "), *(_folded(p) for p in _PREFIXES if p.isalnum() and not _is_rare(p)))
# A text to begin with, and the pattern that decides.
_BY_BEGINNING = tuple(
    (_folded(begin), _pattern(pattern).search)
    for begin, pattern in (
        ("pass", f"pass(?:\1(?:or)?d|\1ort|phrase|code|ord|e)?{_ENDS}"),
        ("secret", f"secret(?:[_\\-. ]?\1ey)?{_ENDS}"),
        ("sig", f"sig(?:(?<={_ALONE}sig)(?:nature)?|(?<=accesssig)nature){_SIGNED}"),
        ("sas", f"sas{_SIGNED}"),
        ("conn", f"conn(?:ection)?[_\\-. ]?str(?:ing)?{_SIGNED}"),
        ("credential", f"credentials?{_SIGNED}"),
        ("mdp", f"mdp{_ENDS}"),
        ("sen", "sen(?:ha|ord(?<=losenord)|(?<=contrasen))"),
        ("slo", "slo(?<=haslo|heslo|geslo)"),
    )
)


def _beginning(prefix: str) -> tuple[bytes, Callable[[bytes], object]]:
    """Give a pattern for all prefixes that begin and end like this one, where they are many, or it is short."""
    family = prefix[:2] if prefix.startswith("gl") else prefix
    alike = (other for other in _PREFIXES if other.startswith(family) and other[-1] == prefix[-1])
    behind = [re.escape(other.removeprefix(family)) for other in alike]
    rest = f"(?:{'|'.join(behind)})" if family != prefix else _REST if len(prefix) <= _SHORT else ""
    return _folded(family), _pattern(re.escape(family) + rest).search


# Prefixes without a rare letter, and two words, by the sign that they have: no text without it holds one.
_BY_SIGN = {
    sign.encode(): tuple(dict(map(_beginning, signed)).items())
    for sign in "-_."
    for signed in [[p for p in (*_PREFIXES, "-begin ", ".logon") if not _is_rare(p) and sign in p]]
}
# Of short texts, as names and comments are, two patterns ask for all of that at once: thirty questions take longer.
_LONG = 300


def _any_of(beginnings: Iterable[bytes]) -> re.Pattern[bytes]:
    """Make a pattern of texts to begin with, those of one first byte together."""
    by_first: dict[bytes, list[bytes]] = {}
    for begin in beginnings:
        by_first.setdefault(begin[:1], []).append(begin[1:])
    parts = (re.escape(first) + b"(?:" + b"|".join(map(re.escape, rest)) + b")" for first, rest in by_first.items())
    return re.compile(b"|".join(parts))


_SIGNED_BEGINNINGS = [begin for beginnings in _BY_SIGN.values() for begin, _ in beginnings]
_ANY_WORD = _any_of(dict.fromkeys((*_WORDS, *(begin for begin, _ in _BY_BEGINNING), *_SIGNED_BEGINNINGS)))
_ANY_SIGN = re.compile(rb"[\\%&@~*?=:\x80-\xff-]")
# Words beyond ASCII, by the byte that their first letter of that kind begins with in UTF-8, each with its last byte.
_BEYOND_ASCII: dict[bytes, list[tuple[bytes, bytes]]] = {}
for _word in (
    *("contraseñ", "jelszó", "lösenord", "lÖsenord", "hasł", "hasŁ", "şifre", "Şifre", "mật", "mẬt", "khẩu", "khẨu"),
    *(
        "ароль",
        "АРОЛЬ",
        "лозинка",
        "κωδικ",
        "συνθηματικό",
        "סיסמ",
        "كلمة",
        "رمز",
        "گذرواژه",
        "पासवर्ड",
        "रहस्यशब्द",
        "รหัสผ่าน",
    ),
    *("密码", "密碼", "口令", "暗証番号", "パスワード", "비밀번호", "암호"),
):
    _beyond = [char.encode() for char in _word if not char.isascii()]
    _BEYOND_ASCII.setdefault(_beyond[0][:1], []).append((_beyond[-1][-1:], _folded(_word)))
# Escapes that hide what is asked for: letters, digits and signs, white space, one letter of each word beyond ASCII.
_ESCAPED = _pattern(
    r"\\u(?:00(?:[2-7]|0[9a-d]|1[c-f]|f1|f3|f6|d6)|014[12]|015[ef]|04[13]b|03b[48]|05e1|0643|0632|06af|0921|0936|0e2b"
    r"|1ea[89cd]|5bc6|53e3|6697|30d1|be44|c554)"
)
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
_ENTITY = re.compile(rb"&(?:#|[A-Za-z]{2,8};)")
# What a URL's query gives for a sign-in, and where a line of .pgpass has its port.
_QUERY = _pattern("[?&](?:code|\1ey|auth)=")
_PORT = re.compile(rb":543\d:")
_OPTION = _pattern("-(?:(?<=\\s-)|(?<=\\\\[nrtf]-))(?:[a-z\1]{0,8}[upa\1]|-user|-pro\1y-user|-auth)")
_COMMANDS = tuple(
    map(
        _folded,
        (
            *("curl", "http", "lftp", "smbclient", "mysql", "mariadb", "sqlcmd", "bcp", "tsql", "beeline", "cqlsh"),
            *("dsbulk", "nodetool", "ldap", "login", "mongo", "redis-cli"),
        ),
    )
)
# A URL's user and password are shorter than this, in bytes of escaped JSON.
_AUTHORITY = 8192


def might_hold_credentials(raw: bytes) -> bool:
    """Say whether the redactor could change any string in these bytes; False is always right.

    Args:
        raw: JSON in any escaping: one record, or a page of them.
    """
    text = raw.translate(_FOLD)
    is_long = len(text) > _LONG
    return (
        _BY_RARE.search(text) is not None
        or ((is_long or _ANY_WORD.search(text) is not None) and _holds_word(text))
        or ((is_long or _ANY_SIGN.search(raw) is not None) and _has_mark(raw, text))
        or holds_secret_run(raw)
    )


def _holds_word(text: bytes) -> bool:
    return _holds(text, _WORDS) or _begins(text, _BY_BEGINNING) or _is_signed(text)


# Loops: a generator costs as much as three words of a short text.
def _holds(text: bytes, words: tuple[bytes, ...]) -> bool:
    for word in words:  # noqa: SIM110 - see above
        if word in text:
            return True
    return False


def _begins(text: bytes, beginnings: Beginnings) -> bool:
    for begin, search in beginnings:  # noqa: SIM110 - see above
        if begin in text and search(text) is not None:
            return True
    return False


def _is_signed(text: bytes) -> bool:
    for sign, beginnings in _BY_SIGN.items():  # noqa: SIM110 - see above
        if sign in text and _begins(text, beginnings):
            return True
    return False


def _has_mark(raw: bytes, text: bytes) -> bool:
    """Ask what only bytes that are rare in catalogs can answer with yes."""
    return (
        (b"\\u" in raw and _ESCAPED.search(text) is not None)
        or (b"%" in raw and _PERCENT.search(raw) is not None)
        or (b"&" in raw and _ENTITY.search(raw) is not None)
        or (b"=" in raw and (b"?" in raw or b"&" in raw) and _QUERY.search(text) is not None)
        or (b"@" in raw and _has_authority(raw))
        or (b"~" in raw and (b"\1~" in text or b"sha256~" in text))
        or (b"*" in raw and b":*:" in raw)
        or (b":543" in raw and _PORT.search(raw) is not None)
        or (b"-" in raw and _OPTION.search(text) is not None and _holds(text, _COMMANDS))
        or (not raw.isascii() and _is_foreign(raw, text))
    )


def _is_foreign(raw: bytes, text: bytes) -> bool:
    for lead, words in _BEYOND_ASCII.items():
        if lead in raw:
            for last, word in words:
                if last in raw and word in text:
                    return True
    return False


def _has_authority(raw: bytes) -> bool:
    """Say whether an `@` stands behind a `:` or `/` with neither a quote nor a space between: no e-mail address."""
    at = raw.find(b"@")
    while at >= 0:
        begin = max(0, at - _AUTHORITY)
        begin = max(begin, raw.rfind(b'"', begin, at), raw.rfind(b" ", begin, at))
        if raw.find(b":", begin, at) >= 0 or raw.find(b"/", begin, at) >= 0:
            return True
        at = raw.find(b"@", at + 1)
    return False
