"""The ARNs of Glue's catalogs, databases and tables, as IAM compares them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from gluepot.aws.arn import account_of_role, arn, partition_of, split_catalog_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.config import Account, Globs

ANYONE: Final = "*"
"""Stands for the account where it is not known, or where any is meant."""

MOST: Final = 40
"""More ARNs than these in one place are replaced by a wildcard: a role's inline policies hold 10,240 characters."""


class Scope(NamedTuple):
    """One catalog of one account in one region; `nested` is the path of a catalog within the account's own."""

    partition: str
    region: str
    account: str
    nested: str = ""

    @classmethod
    def of(cls, partition: str, region: str, catalog_id: str) -> Scope:
        """Build the scope of a catalog id: `ACCOUNT`, or `ACCOUNT:CATALOG/...`."""
        account, nested = split_catalog_id(catalog_id)
        return cls(partition, region, account or ANYONE, nested)

    def of_anyone(self) -> Scope:
        """Give the same region with any account's root catalog."""
        return self._replace(account=ANYONE, nested="")

    def catalogs(self) -> list[str]:
        """Name the catalog, its account's own first where it is nested."""
        return [self._arn("catalog"), *([self._arn(f"catalog/{self.nested}")] if self.nested else [])]

    def databases(self, pattern: str) -> str:
        """Name the databases that `pattern` matches."""
        return self._arn(f"database/{self._inside}{pattern}")

    def tables(self, database: str, pattern: str) -> str:
        """Name the tables that `pattern` matches in the databases that `database` matches."""
        return self._arn(f"table/{self._inside}{database}/{pattern}")

    def reading(self, databases: Globs, tables: Globs) -> list[str]:
        """Name everything that reading the globs' tables needs: catalog, databases, tables."""
        pairs = list(dict.fromkeys(_pairs(databases, tables)))
        names = list(dict.fromkeys(database for database, _ in pairs))
        if len(pairs) + len(names) > MOST:
            pairs, names = [("*", "*")], ["*"]
        return [*self.catalogs(), *(self.databases(name) for name in names), *(self.tables(*pair) for pair in pairs)]

    @property
    def _inside(self) -> str:
        return f"{self.nested}/" if self.nested else ""

    def _arn(self, resource: str) -> str:
        return arn("glue", resource, region=self.region, account=self.account, partition=self.partition)


def scopes(target: Account, *, partition: str | None = None) -> list[Scope]:
    """List the catalogs that an account's configuration names, one per region."""
    return [
        Scope.of(partition or partition_of(region), region, _catalog_id(target) or ANYONE) for region in target.regions
    ]


def _catalog_id(target: Account) -> str:
    """Tell whose catalog is read: the one that is named, else that of the account in which the last role is."""
    if target.catalog_id:
        return target.catalog_id
    return account_of_role(target.roles[-1].arn) if target.roles else ""


def _pairs(databases: Globs, tables: Globs) -> Iterator[tuple[str, str]]:
    """Pair database and table patterns: a table pattern with a dot may carry its database (see `Globs.matches`)."""
    for table in map(as_iam, tables.include):
        for database in map(as_iam, databases.include):
            yield database, table
        database, dot, name = table.partition(".")
        if dot:
            yield database, name


def as_iam(pattern: str) -> str:
    """Write a glob as IAM compares resources, as narrow as IAM can.

    Glue stores names in lower case. IAM knows `*` and `?` but no `[abc]`, and takes `${` for a variable.
    """
    narrow = re.sub(r"\[!?\]?[^\]]*\]", "?", pattern.lower())
    return narrow.replace("${", "?{")
