"""What the sandbox's catalog holds and no file may: secrets and values that open nothing and belong to nobody."""

from __future__ import annotations

import base64
import gzip
import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD: Final = "Kestrel-47-gannet"  # noqa: S105 - planted: it opens nothing
URL_PASSWORD: Final = "osprey.Dune.1893"  # noqa: S105 - planted: it opens nothing
READER: Final = "odile.vale@example.com"
COUNTRY: Final = "Zubrowka-Hinterland"

PLANTED: Final = (PASSWORD, URL_PASSWORD, READER, COUNTRY)
"""A password in a parameter, one in a JDBC URL, and two literals of a view."""

_ALIGNMENTS: Final = 3


def holders(folder: Path) -> list[Path]:
    """List the files below a folder that hold something planted, as it is, gzipped or in base64."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and holds_planted(path.read_bytes())]


def holds_planted(body: bytes) -> bool:
    """Tell whether some bytes hold something planted, as it is, gzipped or in base64."""
    return len(missing(body)) < len(PLANTED)


def missing(body: bytes) -> list[str]:
    """List what is planted and not in some bytes."""
    plain = _unzipped(body)
    return [secret for secret in PLANTED if not any(form in plain for form in _forms(secret))]


def _unzipped(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return body


def _forms(secret: str) -> list[bytes]:
    """Give the text, and what stays the same of its base64 wherever in a longer text it stands."""
    raw = secret.encode()
    encoded = [base64.b64encode(b"\0" * skip + raw) for skip in range(_ALIGNMENTS)]
    # the first and the last group mix with what stands around
    return [raw, *(one[4:-4] for one in encoded)]
