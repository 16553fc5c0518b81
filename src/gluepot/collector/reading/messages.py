"""What the reader is asked for and what it answers: plain values that can cross a process boundary."""

from __future__ import annotations

from typing import Any

import msgspec

from gluepot.aws.access import Access
from gluepot.errors import ErrorRecord, RemoteError, ScopeError
from gluepot.glue.records import DatabaseRef
from gluepot.waiting.patience import FIRST, SECONDS


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One account to read: how it is reached (secrets in plain text: never print it), and its regions."""

    access: Access
    regions: tuple[str, ...]

    def __repr__(self) -> str:
        """Show nothing that is secret."""
        return f"Target({self.access!r})"


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader needs before its first job."""

    targets: tuple[Target, ...]
    known: tuple[str, ...] = ()
    """The configuration's own secrets, for those who look answers over."""
    concurrency: int = 16
    requests_per_second: float | None = None
    patience: float = SECONDS
    patience_first: float = FIRST
    allow_http: bool = False


class Terms(msgspec.Struct, frozen=True):
    """On what terms a database's pages may be staged in bulk (see `collector.bulk`): where, and how K is written."""

    place: DatabaseRef
    delimiter: str = "|"
    guarded: bool = False


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to read.

    `kind` is `identity`, `catalogs`, `databases`, `tables`, `database` or `table`; `parameters` are the API's own
    request parameters; `where` says for people what is read, `resource` names its ARNs for IAM.
    `pages` bounds how many pages are followed (0: all).
    """

    target: int
    region: str
    kind: str
    where: str
    parameters: dict[str, Any] = {}
    id: int = 0
    resource: str = ""
    pages: int = 0
    terms: Terms | None = None


class Page(msgspec.Struct, frozen=True, tag="page"):
    """One answer of a job, as the bytes that arrived (an empty listing is an answer, too).

    `clean` says that the bytes were looked over and hold no credential; None, that nobody looked. `bulk` is the page
    staged already (a `gluepot.collector.bulk.Bulk`), in place of the bytes.
    """

    job: int
    body: bytes
    clean: bool | None = None
    bulk: Any = None


class Told(msgspec.Struct, frozen=True, tag="told"):
    """What the reader waits for, for people."""

    line: str


class End(msgspec.Struct, frozen=True, tag="end"):
    """A job is through: its last page has been handed on. `waited` seconds went into the calls."""

    job: int
    calls: int
    waited: float


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """A job ended without being through."""

    job: int
    record: ErrorRecord
    calls: int = 0
    waited: float = 0.0

    def error(self) -> ScopeError:
        """Give the error that the reader met."""
        error = self.record.error()
        return error if isinstance(error, ScopeError) else RemoteError(error.what, error.why, error.hint)


Event = Page | End | Failed
