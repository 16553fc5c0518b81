"""Whether a parameter's name says that its value is a secret."""

from __future__ import annotations

import re
from functools import lru_cache

from gluepot.mask import kinds
from gluepot.mask.assigned import Strength

# The last words of a name decide: `db_password` and `apiKey` are secrets; `secret_arn`, `tokenizer`, `primary_key`,
# `kms_key_id` and `password_policy` are not.
_SECRET_NAMES = tuple(
    (name, strength, re.compile(rf"(?:{words})(?:[_\-. ]?(?:value|text|plain|plaintext|b64|base64|\d{{1,3}}))?\Z"))
    for name, strength, words in (
        ("access_key_id", Strength.WEAK, f"{kinds.KEY_ID}|accesskeyid"),
        ("account_key", Strength.STRONG, kinds.AZURE),
        ("account_key", Strength.DIMENSION, "accountkey"),
        ("password", Strength.STRONG, kinds.PASSWORD),
        ("password", Strength.FOREIGN, kinds.FOREIGN),
        ("secret", Strength.STRONG, kinds.SECRET),
        ("token", Strength.WEAK, kinds.TOKEN),
        ("key", Strength.WEAK, kinds.OWN_KEY),
        ("key", Strength.DIMENSION, kinds.DIMENSION),
        ("sas_signature", Strength.SIGNATURE, kinds.SAS),
        ("credential", Strength.WEAK, f"{kinds.CREDENTIAL}|authorization"),
    )
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@lru_cache(maxsize=4096)
def secret_kind(name: str) -> tuple[str, Strength] | None:
    """Return the kind of secret that a parameter of this name holds and what the name says of it, or None.

    Args:
        name: A parameter's name, in any case and with any separators, camel case included.
    """
    forms = (name.lower(), _CAMEL.sub("_", name).lower())
    return next(
        ((kind, strength) for kind, strength, pattern in _SECRET_NAMES if any(map(pattern.search, forms))), None
    )
