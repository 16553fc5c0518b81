"""What the reader is asked for and what it answers: plain values that can cross a process boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from gluepot import errors
from gluepot.aws.access import Access
from gluepot.glue.records import Place

if TYPE_CHECKING:
    from gluepot.errors import ScopeError


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One account to read: how it is reached (secrets in plain text: never print it)."""

    access: Access

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


class Terms(msgspec.Struct, frozen=True):
    """On what terms a database's pages may be staged in bulk (see `collector.bulk`): where it stands, K's delimiter."""

    place: Place
    delimiter: str = "|"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to read.

    `kind` is `identity`, `databases`, `tables`, `database` or `table`; `parameters` are the API's own
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


class End(msgspec.Struct, frozen=True, tag="end"):
    """A job is through: its last page has been handed on. `waited` seconds went into the calls."""

    job: int
    calls: int
    waited: float


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """A job ended without being through; the fields rebuild the `ScopeError`."""

    job: int
    kind: str
    what: str
    why: str
    hint: str
    code: str
    action: str
    resource: str
    calls: int = 0
    waited: float = 0.0

    def error(self) -> ScopeError:
        """Rebuild the error that the reader met."""
        cls: type[ScopeError] = getattr(errors, self.kind)
        if issubclass(cls, errors.DeniedError):
            return cls(self.what, self.why, self.hint, code=self.code, action=self.action, resource=self.resource)
        return cls(self.what, self.why, self.hint, code=self.code)


Event = Page | End | Failed


def failed(job: int, error: ScopeError, calls: int, waited: float) -> Failed:
    """Take a `ScopeError` apart, so that it can cross a process boundary."""
    return Failed(
        job=job,
        kind=type(error).__name__,
        what=error.what,
        why=error.why,
        hint=error.hint,
        code=error.code,
        action=getattr(error, "action", ""),
        resource=getattr(error, "resource", ""),
        calls=calls,
        waited=waited,
    )
