"""One way to commit, for every table format: look what stands, check the base, send once, and look again.

A change is never sent twice unseen. When its answer is lost, or when somebody else was first, the table is read again
and says what stands: the load itself, the base that it began with, or something else, which is a conflict. What a
format has to say to that is a `TableFormat`; the model is pyiceberg's catalogs, of which one sits on Glue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from gluepot.aws.arn import arn
from gluepot.backoff import Backoff
from gluepot.errors import ConflictError, GluepotError, LakeError
from gluepot.glue.lake_tables import outcome, refusal
from gluepot.lake.commit.errors import read_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.glue.lake_tables import Outcome
    from gluepot.lake.commit.account import Account
    from gluepot.lake.commit.layout import LoadRecord
    from gluepot.plan.records import StagedFile
    from gluepot.plan.table import PlannedTable

TableT = TypeVar("TableT")

ATTEMPTS: Final = 8
BACKOFF: Final = Backoff(first=0.5, longest=20)


@dataclass(frozen=True, slots=True)
class Change:
    """What a load does to a table.

    Args:
        table: The plan.
        load: The load.
        files: What it puts into the table.
        values: Per file, its partition; empty where the table has no partitions.
    """

    table: PlannedTable
    load: LoadRecord
    files: Sequence[StagedFile]
    values: Sequence[tuple[Any, ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible:
    """What a commit made visible.

    Args:
        snapshot_id: The Iceberg snapshot; 0 for other tables.
        keys: Keys of the load's files that the table uses.
        ours: Whether this very commit made it so, and not a twin or an earlier run.
        total: Rows that the table has with it, as its snapshot says; None where nothing says so.
    """

    snapshot_id: int
    keys: tuple[str, ...]
    ours: bool
    total: int | None = None


class TableFormat(Protocol[TableT]):
    """One change to a table of some format, as the commit asks for it."""

    @property
    def account(self) -> Account:
        """How Glue is reached."""

    @property
    def change(self) -> Change:
        """What is committed."""

    def read(self) -> TableT | None:
        """Read the table as it stands; None where there is none."""

    def found(self, there: TableT | None) -> Visible | None:
        """Find the load in the table; None where it has never been in it."""

    def check_base(self, there: TableT | None) -> None:
        """Look whether the table is still what the load began with.

        Raises:
            ConflictError: It is not.
        """

    def send(self, there: TableT | None) -> Visible | None:
        """Send the change, once; None where somebody else was first."""

    def discard(self) -> None:
        """Remove what was made for this commit, since another one came first."""


def commit(form: TableFormat[TableT]) -> Visible:
    """Make a load visible, or find that it is.

    Raises:
        ConflictError: Something else came first.
        LakeError: It could not be done; nothing of it is visible.
    """
    load = form.change.load
    where = f"committing load {load.load_id} to table {load.database}.{load.table}"
    for attempt in range(ATTEMPTS):
        there = form.read()
        try:
            done = _once(form, there)
        except ConflictError:
            form.discard()
            raise
        except Exception as error:  # noqa: BLE001 - botocore's, Arrow's, pyiceberg's: raised again, or asked again
            action = "glue:CreateTable" if there is None else "glue:UpdateTable"
            wait(form.account, error, attempt, Call(where, action, load.database, load.table))
            continue
        if done is not None:
            return done
        BACKOFF.wait(attempt)
    raise LakeError(f"{where} failed", f"others changed it {ATTEMPTS} times meanwhile", "run the load again")


def _once(form: TableFormat[TableT], there: TableT | None) -> Visible | None:
    done = form.found(there)
    if done is None:
        form.check_base(there)
        return form.send(there)
    if not done.ours:
        form.discard()
    return done


@dataclass(frozen=True, slots=True)
class Call:
    """What failed, for errors.

    Args:
        what: What was done.
        action: The IAM action that it needs.
        database: The table's.
        table: Its name.
    """

    what: str
    action: str
    database: str
    table: str


def wait(account: Account, error: Exception, attempt: int, call: Call) -> None:
    """Wait where asking again may help, with new credentials or a little later; raise where it does not.

    Args:
        account: Renews credentials.
        error: What went wrong.
        attempt: Counted from 0.
        call: What was done.

    Raises:
        GluepotError: What it is, in gluepot's words.
    """
    if isinstance(error, GluepotError):
        raise error
    means = _meaning(error)
    if means in {"refused", "other"} or attempt + 1 == ATTEMPTS:
        raise _explained(error, account, call) from error
    if means == "expired":
        account.renew()
    BACKOFF.wait(attempt)


def _meaning(error: Exception) -> Outcome:
    """Say what a failed call means: of Glue, or of S3, which pyiceberg reads through Arrow."""
    if "ExpiredToken" in str(error):
        return "expired"
    if isinstance(error, OSError):
        return "passing" if isinstance(read_error(error, ""), LakeError) else "refused"
    return outcome(error)


def _explained(error: Exception, account: Account, call: Call) -> GluepotError:
    if isinstance(error, OSError):
        return read_error(error, call.what)
    if outcome(error) == "other":
        hint = "run the load again; if it stays, look at the table's metadata"
        return LakeError(f"{call.what} failed", f"{type(error).__name__}: {error}", hint)
    resource = arn("glue", f"table/{call.database}/{call.table}", region=account.region, account="*")
    return refusal(error, call.what, call.action, resource)


def conflict(change: Change, why: str) -> ConflictError:
    """Say that something else came before a load."""
    hint = "what stands is left as it is; to load over it, run the load again: it begins anew"
    return ConflictError(f"load {change.load.load_id} cannot be committed to table {change.table.name}", why, hint)
