"""The table of what a credential looks like in plain text: the name of the kind, and where the secret stands.

The secret is the last group of a pattern, or all of it where it has no group; nothing else is replaced. Whether what
was found is a secret, its kind's judge says. Patterns know plain text only: escaped, percent-encoded and base64 text is
decoded first (`encodings`). Each is linear on hostile text: a repetition is possessive, or bounded, or ends where its
own pattern could start again.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from gluepot.mask import assigned, judges
from gluepot.mask.assigned import Place, Strength
from gluepot.mask.marks import MARKS
from gluepot.mask.shapes import is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.mask.areas import Areas
    from gluepot.mask.assigned import Judge
    from gluepot.mask.marks import Mark

# A bare value ends at white space, a quote, `;`, at `&` or `,` before the next `name=`, and before closing brackets.
_BARE = (
    r"(?:[^\s&;,\"'`<>(){}\[\]]"
    r"|&(?![\w.%\-]{1,64}=|amp;)"
    r"|,(?![\w.\-]{1,64}\s{0,8}[=:]|[\s,)}\]>\"']|\Z)"
    r"|[<>(){}\[\]](?![\s,;&)}\]>\"']|\Z))"
)
# What a message says of a key, `source.password: is missing`: a bare value of such a word is a sentence, not a secret.
_VALUE = (
    r"(?:\"((?:[^\"\\]|\\.)++)"
    r"|'((?:[^'\\]|\\.|'')++)"
    r"|`([^`]++)"
    r"|(\$?\{++[^{}\"':=]++\}++)"
    rf"|((?![<({{\[]){_BARE}++))"
)
# Signs may be full-width.
# `password=`, `"password": `, `password => `; or a quote alone, as in SQL: `PASSWORD 'x'`, `OPTIONS(password "x")`.
_IS = r"(?P<is>[\"'`]?\s*+(?:=>|:=|={1,2}|:(?!:)|[\uff1a\uff1d])\s*+|\s++(?=[\"']))"
_SUFFIX = r"(?:[_\-.]?(?:value|text|plain|plaintext|b64|base64|\d{1,3}))?"
_GAP = r"[_\-. ]?"
_FLAGS = re.ASCII | re.DOTALL
_NAMING = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_CDATA, _END_OF_CDATA = r"(?:<!\[CDATA\[)?", r"(?:\]\]>)?"
_RESUMED = 256
"""How long a value may be that is searched again when it was no secret; longer ones would take quadratic time."""


class Kind:
    """One kind of credential.

    Patterns are compiled when they are first asked for: a clean catalog asks for none, and compiling all takes longer
    than reading a hundred tables.

    Args:
        name: Its name in the manifest's counts.
        source: Its pattern.
        judge: Says whether what the pattern found is a secret.
        needs: Lower-case texts of which one is in each text that holds this kind; none where nothing is known.
        exact: Case matters.
        anywhere: It is a secret wherever in SQL it stands.
    """

    def __init__(
        self,
        name: str,
        source: str,
        judge: Judge = judges.given_value,
        *,
        needs: str = "",
        exact: bool = False,
        anywhere: bool = False,
    ) -> None:
        self.name, self.judge, self.needs = name, judge, tuple(needs.split())
        self._source, self._exact, self._anywhere = source, exact, anywhere

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled pattern."""
        return re.compile(self._source, _FLAGS | (re.RegexFlag(0) if self._exact else re.IGNORECASE))

    def spans(self, text: str, areas: Areas | None) -> Iterator[tuple[int, int, str]]:
        """Yield where the text holds a secret of this kind."""
        match = self.pattern.search(text)
        while match is not None:
            start, end = match.span(match.lastindex or 0)
            place = Place.FREE if areas is None or self._anywhere else areas.place(match.start(), start)
            if place is not None and self.judge(text, match, place):
                yield start, end, self.name
            elif end - start <= _RESUMED and "is" in self.pattern.groupindex:
                end = match.end("is")
            match = self.pattern.search(text, max(end, match.start() + 1))


def _assigned(name: str, words: str, strength: Strength, needs: str) -> Kind:
    return Kind(name, rf"(?:{words}){_SUFFIX}{_IS}{_VALUE}", assigned.value_after(strength), needs=needs)


# Names that end like this carry a secret; `keys` asks the same of parameter names, the kinds below of text. An ARN
# (`:123456789012:secret:name`) assigns nothing.
PASSWORD = r"passw(?:or)?d|passphrase|passcode|pwd|bind_?pw|(?:store|key)pass|(?<![a-z])pass"  # noqa: S105 - words
# German, Spanish, Catalan, Portuguese, French, Italian, Romanian, Dutch, Polish, Czech, Slovenian, Croatian, Hungarian,
# Turkish, Swedish, Danish, Norwegian, Icelandic, Finnish, Estonian, Lithuanian, Albanian, Basque, Russian, Ukrainian,
# Greek, Hebrew, Arabic, Persian, Hindi, Thai, Vietnamese, Indonesian, Chinese, Japanese and Korean; and the short form.
FOREIGN = (
    r"(?<![a-z])mdp|palavra[_\-. ]?(?:passe|chave)|parola[_\-. ]d['\u2019]ordine|parol[aă]|contrasenya|geslo|"
    r"lozinka|zaporka|lykilor[dð]|(?<![a-z])parool|slapta[zž]odis|fjal[eë]kalim|pasahitza|"
    r"kata[_\-. ]?sandi|m[aậẬ]t[_\-. ]?kh[aẩẨ]u|"
    r"лозинка|κωδικ[όο]ς|συνθηματικό|סיסמ[הא]|كلمة[_ ](?:المرور|السر)|رمز[_ ]عبور|گذرواژه|पासवर्ड|रहस्यशब्द|รหัสผ่าน|"
    r"口令|暗証番号|암호|"
    r"passwort|kennwort|contrase(?:ñ|n)a|(?<![a-z])senha|mot[_\-. ]?de[_\-. ]?passe|wachtwoord|"
    r"(?<![a-z])has[lłŁ]o|(?<![a-z])heslo|jelsz[oó]|(?<![a-z])[sşŞ]ifre|l[oöÖ]senord|adgangskode|passord|salasana|"
    r"[пП]ароль|ПАРОЛЬ|密码|密碼|パスワード|비밀번호|(?<![a-z0-9])pw"
)
SECRET = rf"(?<!\d:)secret(?:{_GAP}(?:access{_GAP})?key)?"
TOKEN = "token"  # noqa: S105 - the word, not a token
OWN_KEY = rf"(?:api|auth|encryption|private|signing|ssh){_GAP}key"
# In a warehouse `account_key` and `client_key` are columns.
DIMENSION = rf"(?:access|account|client|master|security|shared|storage|subscription){_GAP}key"
KEY = rf"(?:{OWN_KEY}|{DIMENSION})"
KEY_ID = rf"access{_GAP}key{_GAP}id"
SAS = r"(?<![a-z])sig(?:nature)?|(?<![a-z])sas|shared_?access_?signature"
CREDENTIAL = rf"credentials?|connection{_GAP}string|conn{_GAP}str"
AZURE = r"fs\.azure\.(?:account\.key|sas|account\.oauth2\.client\.secret)[\w.\-]{0,256}"

_OF_PASSWORDS = "pass pwd pw"
_OF_FOREIGN = (
    "passwort kennwort contrase senha mot wachtwoord has heslo jelsz ifre senord adgangskode passord salasana mdp "
    "palavra paro geslo lozinka zaporka lykilor slapta fjal pasahitza sandi kh лозинка κωδικ συνθηματικό סיסמ كلمة رمز "
    "گذرواژه पासवर्ड रहस्यशब्द รหัสผ่าน 口令 暗証番号 암호 пароль 密 パスワード 비밀번호 pw"
)
_NAMED = rf"(?:{PASSWORD}|{FOREIGN}|{SECRET}|{TOKEN}|{KEY})"
_OF_NAMED = f"{_OF_PASSWORDS} {_OF_FOREIGN} secret token key"


def _marked(mark: Mark) -> Kind:
    prefixes = "|".join(map(re.escape, mark.prefixes))
    name = "aws_access_key_id" if "AKIA" in mark.prefixes else "api_key"
    pattern = rf"(?<![A-Za-z0-9])(?:{prefixes}){mark.rest}"
    needs = " ".join(mark.prefixes).lower()
    documented = rf"(?:{prefixes})(?:{mark.documented})"

    def is_made(text: str, match: re.Match[str], place: Place) -> bool:  # noqa: ARG001 - judges have one form
        """Tell a token from a name with the same beginning: `pk_test_results`, `sk-orders-daily`."""
        goes_on = text[match.end() : match.end() + 1] in _NAMING
        return not is_plain(match[0]) or (not goes_on and re.fullmatch(documented, match[0], _FLAGS) is not None)

    return Kind(name, pattern, is_made, needs=needs, exact=True, anywhere=True)


def _anywhere(name: str, pattern: str, needs: str) -> Kind:
    return Kind(name, pattern, needs=needs, exact=True, anywhere=True)


def _placed(name: str, pattern: str, needs: str, judge: Judge = judges.given_value) -> Kind:
    return Kind(name, pattern, judge, needs=needs)


KINDS: tuple[Kind, ...] = (
    _anywhere(
        "private_key",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r".*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
        "-----begin",
    ),
    _anywhere("private_key", r"Private-Lines: \d{1,4}\s++([A-Za-z0-9+/=\r\n]++)", "private-lines"),
    Kind("astra_token", r"AstraCS:\w[\w.:\-]++", needs="astracs:", anywhere=True),
    _anywhere("jwt", r"(?<![\w-])eyJ[A-Za-z0-9]{13,}+[\w-]*+\.[\w-]{8,}+(?:\.[\w-]*+){0,3}", "eyj"),
    _anywhere("api_key", r"hooks\.slack\.com/(?:services|workflows|triggers)/([\w/]{16,}+)", "hooks.slack.com"),
    _anywhere("api_key", r"(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}", "q~"),
    *map(_marked, MARKS),
    # A URL's authority ends at `/`: `http://host:80/a@b` holds no password; `u:p@ss@host` ends at the last `@`.
    _placed("url_password", r":(?:\\*+/){2}[^\s/:@\"'<>]{0,256}:([^\s/\"'<>\\]{1,512})@", "@"),
    _placed("url_password", r"s3[an]?://[^\s/:@\"'<>]{1,128}:([^\s@\"'<>]{1,512})@", "@"),
    _placed("url_password", r"jdbc:oracle:\w{2,8}:[^\s/@\"']{1,128}/([^\s\"']{1,512})@", "jdbc:oracle:"),
    _placed("url_password", r"jdbc:oracle:\w{2,8}:[^\s/@\"']{1,128}/\"([^\"]{1,512})\"@", "jdbc:oracle:"),
    _placed("url_password", r"jdbc:oracle:\w{2,8}:\"[^\"]{1,128}\"/\"([^\"]{1,512})\"@", "jdbc:oracle:"),
    _placed("url_password", r"jdbc:oracle:\w{2,8}:@[^\s/@\"':]{1,128}/([^\s/@\"':]{1,512})@", "jdbc:oracle:"),
    _placed(
        "url_password",
        r"\b(?:sqlplus|sqlldr|expdp|impdp|rman)\s[^\n@]{0,128}?[\w$#]{1,128}/([^\s@\"']{1,512})@",
        "sqlplus sqlldr expdp impdp rman",
    ),
    _placed(
        "authorization", r"(?<![a-z])(?:bearer|basic)\s++([\w.~+/-]{16,}+=*+)", "bearer basic", judges.scheme_value
    ),
    _placed(
        "authorization",
        r"authorization[\"'`]?\s*+[=:]\s*+[\"']?(?P<scheme>(?:bearer|basic|token|digest|negotiate|apikey)\s++)?+"
        r"([^\s\"',;]++)",
        "authorization",
        judges.header_value,
    ),
    _assigned("access_key_id", KEY_ID, Strength.WEAK, "key"),
    _assigned("account_key", AZURE, Strength.STRONG, "fs.azure."),
    _assigned("password", PASSWORD, Strength.STRONG, _OF_PASSWORDS),
    _assigned("password", FOREIGN, Strength.FOREIGN, _OF_FOREIGN),
    _assigned("secret", SECRET, Strength.STRONG, "secret"),
    _assigned("token", TOKEN, Strength.WEAK, "token"),
    _assigned("key", OWN_KEY, Strength.WEAK, "key"),
    _assigned("key", DIMENSION, Strength.DIMENSION, "key"),
    _assigned("sas_signature", SAS, Strength.SIGNATURE, "sig sas signature"),
    _assigned("credential", CREDENTIAL, Strength.WEAK, "credential conn"),
    _placed(
        "password",
        rf"(?P<is>identified\s++by\s++(?:password\s++|values\s++)?){_VALUE}",
        "identified",
        judges.identified_by,
    ),
    # `setPassword("x")` and `PASSWORD('x')`; Spark's defaults, `name value`; a sentence, `password for x: y`
    _placed(
        "secret",
        rf"(?:(?:set|with)_?{_NAMED}|{PASSWORD})\(\s*+[\"']([^\"']{{1,512}})[\"']\s*+\)",
        _OF_NAMED,
        judges.unsaid_value,
    ),
    _placed(
        "secret",
        rf"(?:(?<=[\w\-]\.){_NAMED}|{AZURE})\s++([^\s=:\"'][^\s\"']*+)",
        f"{_OF_NAMED} fs.azure.",
        judges.property_value,
    ),
    _placed(
        "password",
        rf"(?:{PASSWORD})(?:\s(?:is|was|for|of)\s(?:[\w.@-]{{1,64}}+:?\s)?|\s->\s|\s)[(`]?([^\s\"'`()<>,;=]{{8,64}}+)",
        _OF_PASSWORDS,
        judges.property_value,
    ),
    _placed("password", r"basic\.auth\.user\.info\s*+[=:\s]\s*+[^\s:]{1,128}+:(\S++)", "basic.auth.user.info"),
    _placed("password", r"(?<![\w-])bindpw\s++([^\s=:\"'][^\s\"']*+)", "bindpw"),
    _placed("password", r"\blogin\s++\S{1,128}+\s++password\s++(\S++)", "login", judges.unsaid_value),
    _placed("password", r"\.logon\s++[\w.]{1,128}+/[\w$.]{1,128}+,([^\s;]++)", ".logon"),
    _placed(
        "secret",
        rf"(?<![\w-])--?(?:[a-z]++-){{0,4}}{_NAMED}(?P<is>\s++)(?!-){_VALUE}",
        _OF_NAMED,
        judges.option_value,
    ),
    _placed(
        "secret",
        rf"\(\s*+[\"'][\w.\-]{{0,128}}{_NAMED}[\"'](?P<is>\s*+,\s*+)(?=[\"']){_VALUE}[\"']\s*+\)",
        _OF_NAMED,
        judges.pair_value,
    ),
    # `<password>x</password>`, `<entry key="password">x<`
    _placed(
        "secret",
        rf"<[\w.:\-]{{0,128}}?(?:{_NAMED}|\s(?:name|key|id)=[\"'][\w.\-]{{0,128}}{_NAMED}[\"'])"
        rf"(?:\s[^<>]{{0,256}})?>{_CDATA}([^<>\]]{{1,4096}}){_END_OF_CDATA}</",
        _OF_NAMED,
        judges.unsaid_value,
    ),
    # `<password value="x"/>`, `<add name="password" value="x"/>`
    _placed(
        "secret",
        rf"<[\w.:\-]{{0,128}}?(?:{_NAMED}|\s[^<>]{{0,256}}?\b(?:name|key|id)=[\"'][\w.\-]{{0,128}}{_NAMED}[\"'])"
        rf"\s[^<>]{{0,256}}?\bvalue=[\"']([^\"'<>]{{1,4096}})[\"']",
        _OF_NAMED,
        judges.unsaid_value,
    ),
    # a property of Hadoop's: its name, perhaps more, its value; or the value first
    _placed(
        "secret",
        rf"<name>\s*+[\w.\-]{{0,256}}{_NAMED}\s*+</name>(?:\s*+<(?!value|name)[^<>]{{1,128}}>[^<>]{{0,1024}}</[^<>]{{1,128}}>){{0,4}}"
        rf"\s*+<value>\s*+{_CDATA}([^<>\]]{{1,4096}}){_END_OF_CDATA}</value>",
        "</name>",
        judges.unsaid_value,
    ),
    _placed(
        "secret",
        rf"<value>\s*+{_CDATA}([^<>\]]{{1,4096}}){_END_OF_CDATA}</value>\s*+<name>\s*+[\w.\-]{{0,256}}{_NAMED}\s*+</name>",
        "</name>",
        judges.unsaid_value,
    ),
    _placed(
        "password",
        r"\b(?:curl|https?|httpie|lftp|smbclient)\s(?:[^\n]{0,512}?\s)?(?:-[a-z]{0,8}[ua]|--user|--proxy-user|--auth)"
        r"[\s=]?[\"']?[^\s:%,\"']{1,128}[:%,]([^\s\"']{1,512})",
        "curl http lftp smbclient",
    ),
    _placed("token", r"--oauth2-bearer[\s=][\"']?([^\s\"']{1,4096})", "--oauth2-bearer"),
    _placed(
        "password",
        r"\b(?:mysql|mariadb)[\w-]{0,16}\s(?:[^\n|;]{0,512}?\s)?-p[\"']?([^\s\"',}\])-][^\s\"']{0,511})",
        "mysql mariadb",
    ),
    _placed(
        "password",
        r"\b(?:sshpass\s|(?:sqlcmd|bcp|tsql|freebcp|beeline|cqlsh|dsbulk)\s(?:[^\n|;]{0,512}?\s)?)"
        r"-[p]\s?[\"']?([^\s\"'-][^\s\"']{0,511})",
        "sshpass sqlcmd bcp tsql beeline cqlsh dsbulk",
    ),
    _placed(
        "password",
        r"\b(?:nodetool\s(?:[^\n|;]{0,512}?\s)?-pw|ldap\w{2,12}\s(?:[^\n|;]{0,512}?\s)?-w)\s?[\"']?([^\s\"'-][^\s\"']{0,511})",
        "nodetool ldap",
    ),
    _placed("password", r"\bconnect to \w{1,64} user \w{1,64} using [\"']?([^\s\"';]{1,512})", "connect"),
    # a line of .pgpass: host:port:database:user:password
    _placed(
        "password",
        r"(?<![\w.:*\-])(?:[\w.\-]{1,253}|\*):(?:\*|543\d):[^\s:\"'/]{1,64}:[^\s:\"'/]{1,64}:"
        r"((?:[^\s:\"'\\]|\\.)++)(?![:\w])",
        ":543 :*:",
        judges.kept_password,
    ),
    _placed(
        "password",
        r"\b(?:(?:docker|podman|helm|az|skopeo)\s(?:registry\s)?login|mongo\w{0,8})\s(?:[^\n|;]{0,512}?\s)?"
        r"(?:-p|--password)\s[\"']?([^\s\"']{1,512})",
        "login mongo",
    ),
    _placed("password", r"\bredis-cli\s(?:[^\n|;]{0,512}?\s)?-a\s[\"']?([^\s\"']{1,512})", "redis-cli"),
    _placed("token", r"[?&](?:code|key|auth)=([\w.~%/+-]{16,512})", "code= key= auth=", judges.random_value),
)


def plain_spans(text: str, areas: Areas | None = None) -> list[tuple[int, int, str]]:
    """Find the secrets in plain text.

    Args:
        text: The text.
        areas: Where it can hold a secret, if it is SQL.

    Returns:
        (start, end, kind) in characters, in the order of the table; they may overlap.
    """
    low = text.lower()
    asked = (kind for kind in KINDS if not kind.needs or any(need in low for need in kind.needs))
    return [span for kind in asked for span in kind.spans(text, areas)]
