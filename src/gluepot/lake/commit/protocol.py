"""One way to commit, for every table format: look what stands, check the base, send once, and look again.

A change is never sent twice unseen. When its answer is lost, or when somebody else was first, the table is read again
and says what stands: the load itself, the base that it began with, or something else, which is a conflict. What a
format has to say to that is a `TableFormat`; the model is pyiceberg's catalogs, of which one sits on Glue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from gluepot.aws.arn import arn
from gluepot.aws.calling import host_of
from gluepot.aws.verdicts import verdict_of
from gluepot.errors import ConflictError, GluepotError, LakeError
from gluepot.glue.lake_tables import outcome, refusal
from gluepot.lake.commit.errors import read_error, store_error
from gluepot.lake.commit.files import is_expired
from gluepot.landing import StoreError
from gluepot.waiting.patience import Verdict, current

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gluepot.lake.commit.account import Account
    from gluepot.lake.commit.layout import LoadRecord
    from gluepot.plan.records import StagedFile
    from gluepot.plan.table import PlannedTable

T = TypeVar("T")
TableT = TypeVar("TableT")

RACES: Final = 8
"""How often others may be first, although the base still stands."""

RENEWALS: Final = 2
"""How often one step renews credentials that are called expired."""


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
    about = Call(
        f"committing load {load.load_id} to table {load.database}.{load.table}",
        "glue:UpdateTable",
        load.database,
        load.table,
    )
    races = 0

    def once() -> Visible:
        nonlocal about, races
        there = form.read()
        about = replace(about, action="glue:CreateTable" if there is None else "glue:UpdateTable")
        try:
            done = _once(form, there)
        except ConflictError:
            form.discard()
            raise
        if done is None:
            races += 1
            raise _BeatenError if races < RACES else _given_up(about)
        return done

    return patiently(form.account, once, lambda: about)


class _BeatenError(Exception):
    """Somebody else was first."""


def _given_up(about: Call) -> LakeError:
    return LakeError(f"{about.what} failed", f"others changed it {RACES} times meanwhile", "run the load again")


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


def patiently(account: Account, step: Callable[[], T], about: Callable[[], Call]) -> T:
    """Do what Glue and S3 take part in, and again where that may help: a little later, or with new credentials.

    Args:
        account: Renews credentials.
        step: What is done; it looks itself at what an earlier try left.
        about: Says for errors what is done.

    Raises:
        GluepotError: What went wrong, in gluepot's words.
    """
    renewals = 0

    def judge(error: Exception) -> Verdict:
        nonlocal renewals
        if isinstance(error, _BeatenError):
            return Verdict.PASSING
        if not _is_expired(error):
            return verdict_of(error)
        renewals += 1
        if renewals > RENEWALS:
            return Verdict.FINAL
        account.renew()
        return Verdict.PASSING

    try:
        return current().run(step, judge, host=host_of(account.glue.writes), what=about().what)
    except Exception as error:  # botocore's and pyiceberg's too
        if isinstance(error, GluepotError) and not isinstance(error, StoreError):
            raise
        raise _explained(error, account, about()) from error


def _is_expired(error: Exception) -> bool:
    return is_expired(error) or outcome(error) == "expired"


def _explained(error: Exception, account: Account, call: Call) -> GluepotError:
    if isinstance(error, StoreError):
        return store_error(error, call.what, account.region)
    if isinstance(error, OSError):
        return read_error(error, call.what)
    if isinstance(error, _BeatenError):
        return _given_up(call)
    if outcome(error) == "other":
        hint = "run the load again; if it stays, look at the table's metadata"
        return LakeError(f"{call.what} failed", f"{type(error).__name__}: {error}", hint)
    resource = arn("glue", f"table/{call.database}/{call.table}", region=account.region, account="*")
    return refusal(error, call.what, call.action, resource)


def conflict(change: Change, why: str) -> ConflictError:
    """Say that something else came before a load."""
    hint = "what stands is left as it is; to load over it, run the load again: it begins anew"
    return ConflictError(f"load {change.load.load_id} cannot be committed to table {change.table.name}", why, hint)
