"""Whether a parameter's name says that its value is a secret."""

from __future__ import annotations

import re
from functools import lru_cache

from gluepot.mask import kinds

# The last words of a name decide: `db_password` and `apiKey` are secrets; `secret_arn`, `tokenizer`, `primary_key`,
# `kms_key_id` and `password_policy` are not.
_SECRET_NAMES = tuple(
    (name, re.compile(rf"(?:{words}|{extra})(?:[_\-. ]?(?:value|text|plain|plaintext|b64|base64|\d{{1,3}}))?\Z"))
    for name, words, extra in (
        ("access_key_id", kinds.KEY_ID, "accesskeyid"),
        ("account_key", kinds.AZURE, "accountkey"),
        ("password", kinds.PASSWORD, "password"),
        ("secret", kinds.SECRET, "secret"),
        ("token", kinds.TOKEN, "token"),
        ("key", kinds.KEY, "apikey"),
        ("sas_signature", kinds.SAS, "sas"),
        ("credential", kinds.CREDENTIAL, "authorization"),
    )
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@lru_cache(maxsize=4096)
def secret_kind(name: str) -> str | None:
    """Return the kind of secret that a parameter of this name holds, or None.

    Args:
        name: A parameter's name, in any case and with any separators, camel case included.
    """
    forms = (name.lower(), _CAMEL.sub("_", name).lower())
    return next((kind for kind, pattern in _SECRET_NAMES if any(map(pattern.search, forms))), None)
