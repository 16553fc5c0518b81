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

_KEYS = "access account api auth client encryption master private security shared signing ssh storage subscription"
_RARE = b"jkqvwxz"
_UPPER, _LOWER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz"
_FOLD = bytes.maketrans(_UPPER + b"\1", _LOWER + b"\0").translate(bytes.maketrans(_RARE, b"\1" * len(_RARE)))


def _folded(word: str) -> bytes:
    return word.encode().translate(_FOLD)


def _pattern(source: str) -> re.Pattern[bytes]:
    return re.compile(source.encode())


def _key_after(owner: str) -> str:
    folded = _folded(owner).decode()
    return f"(?<={folded}\1ey)|(?<={folded}[_\\-. ]\1ey)"


# A JSON string that ends behind the word; `"token":` goes on.
_GOES_ON = r"(?!\"[,}\]])"
_LETTER = "[a-z\1]"
# A pattern must begin with one literal byte, or CPython tries it at each.
_BY_RARE = _pattern(
    f"\1(?:(?:d(?<=p\1d)|(?<=p\1)(?!{_LETTER})|en(?<=to\1en)|ation(?<=authori\1ation)"
    f"|ey(?:{'|'.join(map(_key_after, _KEYS.split()))})"
    # kennwort, wachtwoord, jelszo, adgangskode
    f"|enn\1ort|acht\1oord|o(?<=jels\1o)|ode(?<=adgangs\1ode)){_GOES_ON}"
    # AIza, GOCSPX-, xoxb-, xapp-, sk-, whsec_, ABSK, dckr_pat_, hvs., sq0atp-, Q~
    f"|a(?<=ai\1a)|-(?<=gocsp\1-)|o\1[a-z\1]-|app-|-(?<=s\1-)|hsec_|(?<=abs\1)|r_pat_|[sb]\\.(?<=h\1[sb]\\.)"
    f"|0(?:at|cs)p-|~"
    # hooks.slack.com, Private-Lines, jdbc:oracle
    f"|s\\.slac(?<=hoo\1s\\.slac)|ate-lines|dbc:oracle:)"
)
_PASS = _pattern(f"pass(?:\1|phrase|code|ord|e(?!{_LETTER})|(?!{_LETTER})){_GOES_ON}")
_SECRET = _pattern(f"secret{_GOES_ON}")
_BY_H = _pattern(f"h(?:a(?<=senha)|[ae]slo){_GOES_ON}")
_GITLAB = _pattern("gl(?:pat|dt|rt|ft|agent|oas|ptt|soat)-")
_WORDS = tuple(
    map(
        _folded,
        (
            "astracs",
            "bearer",
            "basic",
            "contrasena",
            "losenord",
            "salasana",
            "sifre",
            "pypi-",
            "ya29.",
            "sg.",
            ".logon",
        ),
    )
)
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
# What hides a secret only together with `=`: signatures, connection strings.
_BESIDE_EQUALS = _pattern("sig|sas|conn(?:ection)?[_\\-. ]?str|fs\\.a\1ure|code=")
_OPTION = re.compile(rb"-(?:[upP]|-user)")
_COMMANDS = tuple(map(_folded, ("curl", "mysql", "mariadb", "sqlcmd", "bcp")))
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
        or any(pattern.search(text) is not None for pattern in (_PASS, _SECRET, _BY_H, _GITLAB))
        or _has_mark(raw, text)
        or holds_secret_run(raw)
    )


def _has_mark(raw: bytes, text: bytes) -> bool:
    """Ask what only bytes that are rare in catalogs can answer with yes."""
    return (
        (b"\\" in raw and _has_escape(raw, text))
        or (b"%" in raw and _PERCENT.search(raw) is not None)
        or (b"=" in raw and _BESIDE_EQUALS.search(text) is not None)
        or ((b"'" in raw or b"\\" in raw) and b"identified" in text)
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
