"""What a run has to tell: every scope that was looked into, what went wrong, what was odd."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.collector.extract.manifest import Problem, Warned
from gluepot.errors import ErrorRecord

if TYPE_CHECKING:
    from gluepot.collector.extract.manifest import DatabaseEntry, Manifest, RegionEntry
    from gluepot.collector.tablelinks import TableLink
    from gluepot.errors import ScopeError
    from gluepot.mask.credentials import Redactor

WARNINGS = 1000
"""How many warnings a manifest spells out; the rest are counted."""


class Report:
    """Collects, for one server, what its manifest will say.

    Args:
        redactor: Takes credentials out of what the service said.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self.regions: list[RegionEntry] = []
        self.databases: list[DatabaseEntry] = []
        self.problems: list[Problem] = []
        self.warnings: list[Warned] = []
        self.warnings_more = 0
        self.deleted_databases = 0
        self.table_links: list[TableLink] = []

    def problem(self, problem: Problem) -> None:
        """Note something that was not read; the run is incomplete."""
        clean = self._clean
        self.problems.append(
            Problem(
                where=clean(problem.where),
                reason=problem.reason,
                message=clean(problem.message),
                code=problem.code,
                action=problem.action,
                resource=problem.resource,
            )
        )

    def failed(self, where: str, error: ScopeError) -> None:
        """Note a scope that failed."""
        record = ErrorRecord.of(error)
        self.problem(
            Problem(
                where=where,
                reason=error.reason,
                message=f"{error}. {error.hint}" if error.hint else str(error),
                code=record.code,
                action=record.action,
                resource=record.resource,
            )
        )

    def warn(self, where: str, message: str) -> None:
        """Note something odd that cost nothing."""
        if len(self.warnings) < WARNINGS:
            self.warnings.append(Warned(where=self._clean(where), message=self._clean(message)))
        else:
            self.warnings_more += 1

    def _clean(self, text: str) -> str:
        """Take out credentials, and what no file could hold (lone surrogates)."""
        return self._redactor.redact(text.encode("utf-8", "backslashreplace").decode())

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for was read."""
        return not self.problems

    def counts(self) -> dict[str, int]:
        """Add the databases up."""
        read = [entry for entry in self.databases if entry.status == "read"]
        return {
            "databases": len(self.databases),
            "databases_read": len(read),
            "databases_deleted": self.deleted_databases,
            "tables_listed": sum(entry.listed for entry in self.databases),
            "tables_read": sum(entry.read for entry in self.databases),
            "tables_failed": sum(entry.failed for entry in self.databases),
            "created": sum(entry.created for entry in self.databases),
            "updated": sum(entry.updated for entry in self.databases),
            "deleted": sum(entry.deleted for entry in self.databases),
            "not_visible": sum(entry.not_visible for entry in self.databases),
            "held_back": sum(entry.held_back for entry in self.databases),
            "problems": len(self.problems),
            "warnings": len(self.warnings) + self.warnings_more,
        }

    def into(self, manifest: Manifest) -> Manifest:
        """Write everything into a manifest."""
        manifest.regions, manifest.problems, manifest.warnings = self.regions, self.problems, self.warnings
        manifest.databases = sorted(
            self.databases, key=lambda entry: (entry.account, entry.region, entry.catalog, entry.database)
        )
        manifest.warnings_more = self.warnings_more
        manifest.counts = self.counts()
        manifest.complete = self.complete
        return manifest
