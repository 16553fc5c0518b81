"""Whom Arrow's S3 client trusts: the authorities in AWS_CA_BUNDLE, as AWS's own clients do.

Arrow takes them from where Python's `ssl` has them, once, while its module is loaded, and has no option for them:
https://github.com/apache/arrow/blob/main/python/pyarrow/_fs.pyx. So it is loaded here, before anybody else does.
"""

from __future__ import annotations

import importlib
import os
from typing import Final

VARIABLE: Final = "SSL_CERT_FILE"
"""OpenSSL's name of it: https://docs.openssl.org/3.0/man3/SSL_CTX_load_verify_locations/"""


def load(bundle: str) -> None:
    """Load Arrow's file systems so that they trust a bundle; where they are loaded already, nothing is changed.

    Args:
        bundle: The file, PEM.
    """
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = os.path.expanduser(bundle)  # noqa: PTH111 - a variable holds text
    try:
        importlib.import_module("pyarrow.fs")
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


if os.environ.get("AWS_CA_BUNDLE"):
    load(os.environ["AWS_CA_BUNDLE"])
