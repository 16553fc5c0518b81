"""Nested catalogs that nobody configured: a listing of the root does not hold them, so they are asked for and named.

S3 Tables, Redshift and federated sources lie in catalogs of their own below an account's
(https://docs.aws.amazon.com/glue/latest/webapi/API_GetCatalogs.html). Each is read where `catalogId` names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gluepot.aws.arn import split_catalog_id
from gluepot.aws.lenientjson import loads
from gluepot.collector import jobs
from gluepot.collector.dispatch import Handler
from gluepot.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.collector.context import Region
    from gluepot.collector.dispatch import Dispatcher
    from gluepot.collector.reading.messages import Page
    from gluepot.collector.report import Report
    from gluepot.errors import ScopeError

_NAMED: Final = 5  # catalogs or regions that a warning spells out


class NestedCatalogs:
    """Asks each account and region which catalogs lie below its own.

    Args:
        regions: What the configuration asks for.
    """

    def __init__(self, regions: Sequence[Region]) -> None:
        self._regions = regions
        self._configured = {(one.place.account, one.place.region, one.place.catalog) for one in regions}
        self._refused: list[tuple[Region, ScopeError]] = []

    def ask(self, dispatcher: Dispatcher) -> None:
        """Ask wherever a root catalog is read; answers come later."""
        for region in self._regions:
            if not region.place.catalog:
                dispatcher.submit(self._handler(region), jobs.catalogs_job(region))

    def _handler(self, region: Region) -> Handler:
        return Handler(
            lambda page: self._listed(region, page),
            lambda: None,
            lambda error: self._refused.append((region, error)),
        )

    def _listed(self, region: Region, page: Page) -> None:
        answer: Any = loads(page.body)
        found = answer.get("CatalogList") if isinstance(answer, dict) else None
        ids = [record.get("CatalogId") for record in found or () if isinstance(record, dict)]
        missed = [id_ for id_ in ids if isinstance(id_, str) and self._is_left_out(region, id_)]
        if missed:
            where = f"{region.place.account} in {region.place.region}"
            region.report.warn(
                where,
                f"{counted(len(missed), 'nested catalog')} not configured, and not read: {_shown(missed)}. To read "
                "one, list it in `accounts` with a server of its own and this id as `catalogId`",
            )

    def _is_left_out(self, region: Region, catalog_id: str) -> bool:
        account, nested = split_catalog_id(catalog_id)
        return bool(nested) and (account, region.place.region, nested) not in self._configured

    def tell(self) -> None:
        """Say where nobody could be asked, once for each server: there may be more than was read."""
        said: dict[int, tuple[Report, list[str], ScopeError]] = {}
        for region, error in self._refused:
            if region.entry.complete:  # else the whole region could not be read, and is named
                _, places, _ = said.setdefault(id(region.report), (region.report, [], error))
                places.append(f"{region.place.account} in {region.place.region}")
        for report, places, error in said.values():
            report.warn(
                _shown(places),
                f"whether there are nested catalogs is not known: {error.why or error.what}. Allow glue:GetCatalogs, "
                "or configure those that there are, each with its id as `catalogId`",
            )


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
