"""Files of others are read up to a size: what is larger is not what it is taken for, and would only fill the memory."""

from __future__ import annotations

import errno
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gzip import GzipFile
    from pathlib import Path

MEGABYTE: Final = 1_000_000

MARK: Final = 100_000
"""Bytes of a mark or a lease: they have a line, or a few."""

SECRET: Final = MEGABYTE
"""Bytes of a secret, or of a certificate: Secrets Manager takes 65,536."""

SETTINGS: Final = 16 * MEGABYTE
"""Bytes of a configuration or a plan file: a plan that says something of each of 10,000 tables has 5 MB."""

VALUES: Final = 1_000_000
"""Values in such a file, with all that YAML's aliases repeat: ten lines of them can stand for thousands of millions."""

RECORD: Final = 256 * MEGABYTE
"""Bytes of a manifest, or of a record at a store: a manifest that names 100,000 databases has 60 MB."""

GENERATION: Final = 16_000 * MEGABYTE
"""Bytes of a generation once it is unpacked: a million tables of thirty columns have about 6 GB."""

CHUNK: Final = MEGABYTE


def read(path: Path, most: int) -> bytes:
    """Read a file.

    Args:
        path: The file, or something that gives bytes for ever.
        most: Bytes that it has at the most.

    Raises:
        OSError: It cannot be read; with `EFBIG`, and words, where it is larger.
    """
    with path.open("rb") as file:
        return rest(file, most)


def rest(file: IO[bytes], most: int) -> bytes:
    """Read what is left of a file; see `read`."""
    body = file.read(most + 1)
    if len(body) > most:
        raise too_large(most)
    return body


def unpack(packed: IO[bytes] | GzipFile, to: IO[bytes], most: int) -> None:
    """Copy what a compressed file holds, piece by piece; see `read`."""
    left = most
    while piece := packed.read(CHUNK):
        left -= len(piece)
        if left < 0:
            raise too_large(most)
        to.write(piece)


def too_large(most: int) -> OSError:
    """Say that something is larger than it may be."""
    size = f"{most // MEGABYTE:,} MB" if most >= MEGABYTE else f"{most:,} bytes"
    return OSError(errno.EFBIG, f"it is larger than {size}, which is the most that is read of such a file")
