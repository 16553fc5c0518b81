"""Linkages that an object no longer has, as events: a reader of the extract files retracts what they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from gluepot.glue.records import LINKAGE_GONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.collector.generation import StoredLink
    from gluepot.glue.records import Event, Linkage


def links_gone(before: Sequence[StoredLink], event: Event, links: Sequence[Linkage]) -> list[Event]:
    """Say which linkages of an object are there no more, one event each.

    Args:
        before: Those that its entry in the earlier generation names.
        event: What happened to the object.
        links: Those that it has.
    """
    now = {(link.link_type, link.target_type, link.target_id) for link in links}
    gone = [link for link in before if (link.link_type, link.target_type, link.target_id) not in now]
    return [_gone(event, link) for link in gone]


def _gone(event: Event, link: StoredLink) -> Event:
    detail = {**event.detail, "link_type": link.link_type, "target_type": link.target_type}
    return msgspec.structs.replace(event, event_type=LINKAGE_GONE, before=link.target_id, after="", detail=detail)
