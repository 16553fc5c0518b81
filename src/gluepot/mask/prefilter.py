r"""Whether bytes might hold a credential at all: the cheap question in front of the redactor.

The redactor asks it of each string before it looks for anything, and whatever is said of a string is also said of JSON
that holds it, so there is no false negative. It lies on the hot path, and CPython needs about half a nanosecond per
byte and question, hence few questions:

- Bytes that clean catalogs rarely hold (`%`, `=`, `@`, a backslash) decide whether a question is asked; one byte is
  found with memchr, which costs nothing.
- Words are found by their rarest letter. Case is folded, and seven rare letters become one byte, in one pass; then one
  pattern that begins with that byte finds pwd, token, api_key, authorization, and the prefixes of services that have
  such a letter. A word at the end of a string names something, and assigns nothing: `{"Name":"token"}`.
- Prefixes without such a letter are asked for one by one, as long as `-` or `_` may stand anywhere behind them.
- All other tokens, and base64, have 16 letters and digits in a row (`longruns`).
"""

from __future__ import annotations

import re

from gluepot.mask.longruns import holds_secret_run
from gluepot.mask.marks import MARKS

_KEYS = "access account api auth client encryption master private security shared signing ssh storage subscription"
_RARE = b"jkqvwxz"
# Prefixes behind which no long run has to follow.
_PREFIXES = sorted(prefix.lower() for mark in MARKS if not mark.runs for prefix in mark.prefixes)
_UPPER, _LOWER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz"
_FOLD = bytes.maketrans(_UPPER + b"\1", _LOWER + b"\0").translate(bytes.maketrans(_RARE, b"\1" * len(_RARE)))


def _folded(word: str) -> bytes:
    return word.encode().translate(_FOLD)


def _pattern(source: str) -> re.Pattern[bytes]:
    return re.compile(source.encode())


def _key_after(owner: str) -> str:
    folded = _folded(owner).decode()
    return f"(?<={folded}\1ey)|(?<={folded}[_\\-. ]\1ey)"


def _suffix() -> str:
    words = "|".join(_folded(word).decode() for word in ("value", "text", "plain", "plaintext", "b64", "base64"))
    return f"(?:[_\\-.]?(?:{words}|[0-9]{{1,3}}))?"


def _behind(end: str) -> str:
    """Make the pattern of what stands before the last byte of each prefix that ends so."""
    prefixes = (_folded(prefix).decode() for prefix in _PREFIXES if prefix.endswith(end))
    return "|".join(f"(?<={re.escape(prefix)})" for prefix in prefixes)


# The name ends here (`token_count` is another one), and the JSON string does not; `"token":` goes on.
_ENDS = f'(?={_suffix()}(?![a-z0-9\1_\\-.]))(?!{_suffix()}"[,}}\\]])'
# A pattern must begin with one literal byte, or CPython tries it at each.
_BY_RARE = _pattern(
    f"\1(?:(?:d(?<=p\1d)|(?<=p\1)|en(?<=to\1en)|ation(?<=authori\1ation)"
    f"|ey(?:{'|'.join(map(_key_after, _KEYS.split()))})(?:[_\\-. ]?id)?"
    # kennwort, wachtwoord, jelszo, adgangskode
    f"|enn\1ort|acht\1oord|o(?<=jels\1o)|ode(?<=adgangs\1ode)){_ENDS}"
    # AIza, whsec_, ABSK, dckr_pat_, Q~, Private-Lines, jdbc:oracle:, fs.azure
    f"|a(?<=ai\1a)|hsec_|(?<=abs\1)|r_pat_|~|ate-lines|dbc:oracle:|ure(?<=fs\\.a\1ure))"
)
_BY_DASH = _pattern(f"-(?:begin |{_behind('-')})")
# `.logon`, hooks.slack.com
_BY_DOT = _pattern(f"\\.(?:logon|slac\1|{_behind('.')})")
_PASS = _pattern(f"pass(?:\1(?:or)?d|\1ort|phrase|code|ord|e)?{_ENDS}")
_SECRET = _pattern(f"secret(?:[_\\-. ]?\1ey)?{_ENDS}")
_BY_H = _pattern(f"h(?:a(?<=senha)|[ae]slo){_ENDS}")
_WORDS = tuple(map(_folded, ("astracs", "bearer", "basic", "contrasena", "salasana", "identified by")))
_BEYOND_ASCII = tuple(
    map(
        _folded,
        [
            "contraseña",
            "hasł",
            "jelszó",
            "şifre",
            "Şifre",
            "lösenord",
            "lÖsenord",
            "ароль",
            "АРОЛЬ",
            "密码",
            "密碼",
            "パスワード",
            "비밀번호",
        ],
    )
)
# One letter of each, as JSON in ASCII has it.
_BEYOND_ESCAPED = (
    b"u00f1",
    b"u0142",
    b"u00f3",
    b"u015f",
    b"u015e",
    b"u00f6",
    b"u00d6",
    b"u043b",
    b"u041b",
    b"u5bc6",
    b"u30d1",
    b"ube44",
)
_ESCAPED = re.compile(rb"\\u00[2-7]")
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
# What hides a secret only together with `=`: signatures, connection strings, codes.
_BESIDE_EQUALS = _pattern("sig|sas|conn(?:ection)?[_\\-. ]?str|code=")
_OPTION = re.compile(rb"-(?:(?<=\s-)|(?<=\\[nrt]-))(?:[a-zA-Z]{0,8}[uUpPaA]|-user)")
_COMMANDS = tuple(map(_folded, ("curl", "mysql", "mariadb", "sqlcmd", "bcp", "login", "mongo", "redis-cli")))
# A URL's user and password are shorter than this, in bytes of escaped JSON.
_AUTHORITY = 8192


def might_hold_credentials(raw: bytes) -> bool:
    """Say whether the redactor could change any string in these bytes; False is always right.

    Args:
        raw: JSON in any escaping: one record, or a page of them.
    """
    text = raw.translate(_FOLD)
    return (
        _BY_RARE.search(text) is not None
        or any(word in text for word in _WORDS)
        or any(pattern.search(text) is not None for pattern in (_BY_DASH, _BY_DOT, _PASS, _SECRET, _BY_H))
        or _has_mark(raw, text)
        or holds_secret_run(raw)
    )


def _has_mark(raw: bytes, text: bytes) -> bool:
    """Ask what only bytes that are rare in catalogs can answer with yes."""
    return (
        (b"\\" in raw and _has_escape(raw, text))
        or (b"%" in raw and _PERCENT.search(raw) is not None)
        or (b"=" in raw and _BESIDE_EQUALS.search(text) is not None)
        or (b"@" in raw and _has_authority(raw))
        or (b"-" in raw and _OPTION.search(raw) is not None and any(word in text for word in _COMMANDS))
        or (not raw.isascii() and any(word in text for word in _BEYOND_ASCII))
    )


def _has_escape(raw: bytes, text: bytes) -> bool:
    return b"\\u" in raw and (_ESCAPED.search(raw) is not None or any(word in text for word in _BEYOND_ESCAPED))


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
