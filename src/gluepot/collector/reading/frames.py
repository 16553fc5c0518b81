"""The frames between the reading process and its parent: a kind, a length, the bytes."""

from __future__ import annotations

import struct
from typing import IO

PAGE, BULK, OTHER = 0, 1, 2
"""A page as it came; a page staged in bulk (msgpack); any other message (msgpack)."""

_FRAME = struct.Struct("<BI")
_HEAD = struct.Struct("<I?")


def send(pipe: IO[bytes], kind: int, body: bytes) -> None:
    """Write one frame."""
    pipe.write(_FRAME.pack(kind, len(body)))
    pipe.write(body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[int, bytes] | None:
    """Read one frame: its kind and bytes; None where the pipe is at its end, if only in the middle of a frame."""
    head = pipe.read(_FRAME.size)
    if len(head) < _FRAME.size:
        return None
    kind, length = _FRAME.unpack(head)
    body = pipe.read(length)
    return (kind, body) if len(body) == length else None


def page_head(job: int, *, clean: bool) -> bytes:
    """Write what stands before a page's bytes: its job, and whether it was found to hold no credential."""
    return _HEAD.pack(job, clean)


def split_page(body: bytes) -> tuple[int, bool, bytes]:
    """Take a page's frame apart: job, clean, bytes."""
    job, clean = _HEAD.unpack_from(body)
    return job, clean, body[_HEAD.size :]
