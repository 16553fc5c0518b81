"""Every error that gluepot raises, and what its caller does about it.

::

    GluepotError              exit  do
    ├── ConfigError             2   fix: the configuration or the command line
    ├── StateError              2   fix: a mark or a generation that cannot be used
    ├── OutputError             2   fix: the output folder (permission, space)
    ├── MissingExtraError       2   fix: an optional dependency, with the command that adds it
    ├── BusyError               5   retry: another run is at work on this output folder or mark
    ├── MachineError            6   retry: this machine ran short, or ended a process that the run needs
    ├── LandingError            3   retry: the landing refused or lost a file
    ├── UnreachableError        4   fix: no scope at all could be reached
    ├── SourceError             3   retry: Cassandra refused or timed out beyond patience
    ├── FidelityError           2   fix: a value that the lake cannot hold, and no policy that says what to do
    ├── EngineError             3   retry: Spark or Glue ended a load before its end
    ├── LakeError               3   retry: staging or committing a table failed; nothing of it is visible
    │   └── ConflictError           another load of the same table came first
    └── ScopeError              3   skip: one scope failed, the others go on
        ├── DeniedError             the missing IAM action is named
        ├── ThrottledError          throttled beyond patience
        ├── VanishedError           gone between its listing and its reading
        ├── FederationError         the federated source behind it failed
        ├── MalformedError          an answer that cannot be read
        ├── CredentialsError        no credentials, or expired and not renewable
        └── RemoteError             anything else the service or the network said

An error says what happened, why, and what to do next, in that order. Where it leaves its process (the reading process,
a Spark task, a Glue job's status, the output for programs) it goes as an `ErrorRecord`, and comes out as it was.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Callable


class GluepotError(Exception):
    """The root: what happened, why, and what to do about it.

    Args:
        what: One sentence on what happened, without a full stop.
        why: The reason, as precisely as it is known; empty where `what` says it all.
        hint: What the reader does next; printed on a line of its own.
    """

    exit_code: ClassVar[int] = 1
    parts: ClassVar[tuple[str, ...]] = ("what", "why", "hint")
    """What it takes, by name: what an `ErrorRecord` keeps of it."""

    def __init__(self, what: str, why: str = "", hint: str = "") -> None:
        """Keep the three parts apart, so that each printer can lay them out."""
        self.what = what
        self.why = why
        self.hint = hint
        super().__init__(what, why, hint)

    def __str__(self) -> str:
        """Say what happened and why, as the parts are now: who hands an error on may add to them."""
        return f"{self.what}: {self.why}" if self.why else self.what


class ConfigError(GluepotError):
    """The configuration or the command line asks for something that cannot be. Fix it."""

    exit_code = 2


class StateError(GluepotError):
    """A high-water mark or a generation that cannot be read or trusted. Fix it."""

    exit_code = 2


class OutputError(GluepotError):
    """The output folder cannot be written. Fix its permission or make space, then run again."""

    exit_code = 2


class MissingExtraError(GluepotError):
    """A feature needs a package that is not installed. Fix it with the command in the hint."""

    exit_code = 2

    @classmethod
    def of(cls, extra: str, feature: str) -> MissingExtraError:
        """Build the error for one of gluepot's extras."""
        return cls(
            f"{feature} needs packages that are not installed",
            f"they belong to the extra '{extra}'",
            f"pip install 'gluepot[{extra}]'",
        )

    @classmethod
    def of_sandbox(cls, feature: str) -> MissingExtraError:
        """Build the error for what is in the package `gluepot-sandbox`, which comes with a checkout."""
        return cls(
            f"{feature} needs packages that are not installed",
            "they come with gluepot-sandbox, which is a folder of gluepot's repository and on no package index",
            "in a checkout: pip install packages/gluepot-sandbox",
        )


class BusyError(GluepotError):
    """Another run is at work on the same output folder, or the same mark. Retry when it has ended."""

    exit_code = 5


class MachineError(GluepotError):
    """This machine ran short of memory, files, threads or space, or ended a process of the run. Give more, retry."""

    exit_code = 6

    @classmethod
    def of(cls, error: BaseException) -> MachineError | None:
        """Say what a machine ran short of; None of an error that says nothing of the kind."""
        short = ""
        if isinstance(error, MemoryError):
            short = "memory ran out"
        elif isinstance(error, OSError):
            short = _SHORT.get(error.errno or 0, "")
        elif isinstance(error, RuntimeError) and str(error) == "can't start new thread":
            short = "no more threads may be started"
        return cls("this machine ran short", f"{short}: {error}".rstrip(": "), MORE) if short else None


MORE: Final = (
    "give it more, or let it do less at once (concurrency, which is how many connections there are), then run again: "
    "what was committed stays, and nothing half-done is visible"
)

_SHORT: Final = {
    errno.ENOMEM: "memory ran out",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
    errno.EAGAIN: "no more processes may be started, or what is asked for is busy",
    errno.ENOSPC: "a disk is full",
    errno.EDQUOT: "a quota of a disk is used up",
}
"""What an operating system says that is out of something; whoever writes where a user chose has words of its own."""


class LandingError(GluepotError):
    """The landing refused, or lost, a file. Retry: what has arrived is not sent again."""

    exit_code = 3


class UnreachableError(GluepotError):
    """Not one scope could be reached, so there is nothing to extract. Fix access first."""

    exit_code = 4


class ScopeError(GluepotError):
    """One scope (account, region, catalog, database or table) failed. Skip it, name it, go on.

    Args:
        what: What happened, for people.
        why: What the service said.
        hint: What to do next.
        code: The service's own error code, for example `AccessDeniedException`.
    """

    exit_code = 3
    parts = (*GluepotError.parts, "code")
    reason: ClassVar[str] = "failed"

    def __init__(self, what: str, why: str = "", hint: str = "", *, code: str = "") -> None:
        """Keep the service's code beside the three parts."""
        super().__init__(what, why, hint)
        self.code = code


class DeniedError(ScopeError):
    """A call was refused; `action` and `resource` name the IAM permission that is missing."""

    parts = (*ScopeError.parts, "action", "resource")
    reason = "denied"

    def __init__(
        self, what: str, why: str = "", hint: str = "", *, code: str = "", action: str = "", resource: str = ""
    ) -> None:
        """Keep the missing permission, so that manifests and `check` can name it."""
        super().__init__(what, why, hint, code=code)
        self.action = action
        self.resource = resource


class ThrottledError(ScopeError):
    """Throttled for longer than the run is willing to wait."""

    reason = "throttled"


class VanishedError(ScopeError):
    """The thing was there when it was listed and is not there any more."""

    reason = "vanished"


class FederationError(ScopeError):
    """The source behind a federated database failed; other databases are not affected."""

    reason = "federation"


class MalformedError(ScopeError):
    """An answer that is cut off, is not JSON, or does not have the documented shape."""

    reason = "malformed"


class CredentialsError(ScopeError):
    """There are no credentials, they are wrong, or they expired and cannot be renewed."""

    reason = "credentials"


class RemoteError(ScopeError):
    """Anything else that the service or the network answered."""


class SourceError(GluepotError):
    """Cassandra refused, timed out or changed beyond what backing off and splitting can mend. Retry."""

    exit_code = 3


class FidelityError(GluepotError):
    """A value that the lake cannot hold, under the policy `error`. Fix: name another policy in the plan file."""

    exit_code = 2


class EngineError(GluepotError):
    """Spark or Glue could not be started, or ended a load before its end; what is staged is used again. Retry."""

    exit_code = 3


class LakeError(GluepotError):
    """Staging or committing a table failed; nothing of it is visible, what is staged is used again. Retry."""

    exit_code = 3


class ConflictError(LakeError):
    """Another load changed the table since this one began. Its result stands."""

    exit_code = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRecord:
    """An error as plain text, for where it leaves its process; msgspec reads and writes it as it is.

    Args:
        kind: Its class; of one that stands elsewhere, the nearest that stands here.
        what: What happened.
        why: Why.
        hint: What to do next.
        code: The service's own code, of a `ScopeError`.
        action: The IAM action that is missing, of a `DeniedError`.
        resource: What that action is missing on.
    """

    kind: str
    what: str
    why: str = ""
    hint: str = ""
    code: str = ""
    action: str = ""
    resource: str = ""

    @classmethod
    def of(cls, error: GluepotError, redact: Callable[[str], str] = str) -> ErrorRecord:
        """Take an error apart.

        Args:
            error: The error.
            redact: Hides what is secret in a text.
        """
        kind = next(ancestor for ancestor in type(error).__mro__ if ancestor.__module__ == __name__)
        return cls(kind=kind.__name__, **{name: redact(getattr(error, name)) for name in error.parts})

    def error(self) -> GluepotError:
        """Put it together again; a class that this version does not know becomes an `EngineError`."""
        known = globals().get(self.kind)
        kind = known if isinstance(known, type) and issubclass(known, GluepotError) else EngineError
        return kind(**{name: getattr(self, name) for name in kind.parts})
