"""The question in front of the redactor errs on the safe side only: it says "maybe" of whatever would be changed."""

from __future__ import annotations

import json
import random
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tools import redaction

from gluepot.mask import credentials, longruns
from gluepot.mask.areas import areas_of_any
from gluepot.mask.credentials import Redactor, might_hold_credentials
from gluepot.mask.kinds import KINDS
from gluepot.mask.marks import CERTAIN, MARKS

if TYPE_CHECKING:
    from gluepot.mask.kinds import Kind
    from gluepot.mask.marks import Mark

ASCII = st.characters(codec="ascii", min_codepoint=9)
NAMES = """
    password passwd pass pwd pw bindpw passphrase passcode storepass passwort kennwort contraseña contrasena senha
    mot_de_passe mdp palavra-passe parola parolă contrasenya geslo lozinka zaporka lykilorð parool slaptažodis
    slaptazodis fjalëkalim pasahitza kata_sandi mật_khẩu mat_khau wachtwoord hasło haslo heslo jelszó jelszo şifre
    sifre lösenord losenord adgangskode passord salasana пароль ПАРОЛЬ лозинка κωδικός συνθηματικό סיסמה كلمة_المرور
    رمز_عبور گذرواژه पासवर्ड รหัสผ่าน 密码 密碼 口令 暗証番号 パスワード 비밀번호 암호 secret secret_key secretAccessKey
    secret-access-key token api_key apikey auth.key encryption_key private-key signing_key ssh_key access_key
    account_key client_key master_key security_key shared_key storage_key subscription_key access_key_id sig signature
    sas shared_access_signature SharedAccessSignature credential credentials connection_string connectionString conn_str
    fs.azure.account.key.a.b fs.azure.sas.c authorization bearer basic token_value password_b64 secret1
"""
SIGNS = (
    "=",
    ": ",
    " = ",
    ":",
    "=>",
    ":=",
    "==",
    '": "',
    "': '",
    ' "',
    " '",
    "('",
    "</name><value>",
    ">",
    " ",
    " is ",
    "\uff1a",
)
AROUND = (
    *(
        ("", ""),
        ("--", ""),
        ("-D", "&x=1"),
        ("?", "&x=1"),
        ("a.b.", "\n"),
        ("x db_", "; y=2"),
        ("set", "')"),
        ("<", "</x>"),
    ),
    *(('{"', '"}'), ("https://h/?a=b&", ""), ("jdbc:x://h;", ";"), ("<name>a.", "</value>"), ("X-", "."), ("[my", "]")),
)
LETTERS = string.ascii_letters + string.digits
# One of each kind, and of each name, costs as much as one example of other tests; what fails is short as it is.
FEW = settings(max_examples=settings().max_examples // 5, phases=(Phase.explicit, Phase.reuse, Phase.generate))
wrappings = st.sampled_from(sorted(redaction.WRAPPINGS))


def changed(text: str) -> bool:
    """Say whether the redactor would change a text if nobody asked in front of it."""
    found = Redactor()._find(text, credentials._DEPTH, areas_of_any(text))
    return any(text[start:end] != new for start, end, new, _ in credentials._disjoint(found))


def check(text: str) -> None:
    if not changed(text):
        return
    for raw in (json.dumps({"x": text}), json.dumps({"x": text}, ensure_ascii=False), json.dumps([text], indent=1)):
        assert might_hold_credentials(raw.encode("utf-8", "surrogatepass"))
    assert Redactor().redact(text) != text


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@FEW
@given(data=st.data(), wrapping=wrappings)
def test_whatever_the_pattern_of_a_kind_finds_passes(kind: Kind, data: st.DataObject, wrapping: str) -> None:
    text = data.draw(st.from_regex(kind.pattern, alphabet=ASCII))
    check(text)
    check(redaction.WRAPPINGS[wrapping](text))


@pytest.mark.parametrize("name", NAMES.split())
@FEW
@given(data=st.data(), wrapping=wrappings)
def test_whatever_a_name_gives_away_passes(name: str, data: st.DataObject, wrapping: str) -> None:
    before, after = data.draw(st.sampled_from(AROUND))
    value = data.draw(st.text(LETTERS, min_size=6, max_size=40))
    spelt = data.draw(st.sampled_from((name, name.upper(), name.capitalize())))
    text = before + spelt + data.draw(st.sampled_from(SIGNS)) + value + after
    check(text)
    check(redaction.WRAPPINGS[wrapping](text))


TOKENS = {
    "hf_": (34, string.ascii_letters),
    "glpat-": (20, LETTERS + "-_"),
    "GOCSPX-": (28, LETTERS + "-_"),
    "AIza": (35, LETTERS + "-_"),
    "sk_live_": (24, LETTERS),
    "rk_test_": (24, LETTERS),
    "xoxb-": (50, LETTERS + "-"),
    "xoxp-": (50, LETTERS + "-"),
    "ghp_": (36, LETTERS),
    "npm_": (36, LETTERS),
    "sk-": (48, LETTERS),
    "hvs.": (95, LETTERS + "-_"),
    "pypi-AgEIcHlwaS5vcmc": (60, LETTERS + "-_"),
    "shpat_": (32, "0123456789abcdef"),
    "AKIA": (16, string.ascii_uppercase + "234567"),
    "dckr_pat_": (27, LETTERS + "-_"),
    "dop_v1_": (64, "0123456789abcdef"),
}
"""Prefixes of services, with the lengths and letters that they document."""


@pytest.mark.parametrize("prefix", TOKENS)
def test_a_token_of_the_documented_length_is_found_whatever_letters_it_has(prefix: str) -> None:
    length, letters = TOKENS[prefix]
    invent = random.Random(prefix)
    for alphabet in (
        letters,
        "".join(filter(str.islower, letters)),
        "".join(filter(str.isalpha, letters)),
        letters[:1],
    ):
        if not alphabet:
            continue
        for _ in range(20):
            text = f"see {prefix}{''.join(invent.choices(alphabet, k=length))}."
            assert might_hold_credentials(f'{{"x": "{text}"}}'.encode()), text
            assert Redactor().redact(text) == "see ***.", text


@given(st.binary(min_size=12, max_size=30).map(lambda raw: raw.hex()), wrappings)
def test_a_key_id_in_base64_passes(seed: str, wrapping: str) -> None:
    invent = random.Random(seed)
    key = "AKIA" + "".join(invent.choices(string.ascii_uppercase + "234567", k=16))
    text = redaction.WRAPPINGS[wrapping](f"Basic {redaction.b64(f'u:{seed}')}, {redaction.b64(key)}")
    for raw in (json.dumps({"x": text}), json.dumps({"x": redaction.b64(key)})):
        assert might_hold_credentials(raw.encode())


@given(data=st.data(), mark=st.sampled_from([mark for mark in MARKS if mark.documented == CERTAIN]))
def test_behind_a_prefix_that_nothing_else_has_any_rest_is_a_secret(data: st.DataObject, mark: Mark) -> None:
    prefix = data.draw(st.sampled_from(mark.prefixes))
    rest = data.draw(st.from_regex(rf"\A{mark.rest}\Z", alphabet=ASCII))
    text = f"see {prefix}{rest} "
    assert might_hold_credentials(text.encode())
    assert Redactor().redact(text) != text


@pytest.mark.parametrize(
    "name", ["pk_test_results_by_customer", "sk-orders-daily-by-customer-region", "hf_lines_by_region"]
)
def test_a_name_with_the_beginning_of_a_token_stays(name: str) -> None:
    assert Redactor().redact(name) == name


def test_names_that_come_again_are_remembered_and_what_is_long_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    remembered: set[bytes] = set()
    monkeypatch.setattr(longruns, "_wordy", remembered)
    name = b"NumberOfDistinctValues"
    for run in (name, name * 6):
        assert not longruns.holds_secret_run(b'{"%s": 1}' % run)
    assert remembered == {name}
