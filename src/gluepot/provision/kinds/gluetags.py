"""Tags of what Glue holds: they are asked for by ARN, whatever the kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot.aws.clients import Clients


def tags_of(clients: Clients, arn: str) -> dict[str, str]:
    """Give the tags of something in Glue."""
    answer = clients.find("glue", "GetTags", arn, ResourceArn=arn) or {}
    return {str(name): str(value) for name, value in answer.get("Tags", {}).items()}


def add_tags(clients: Clients, arn: str, tags: Mapping[str, str]) -> None:
    """Add tags to something in Glue."""
    clients.call("glue", "TagResource", arn, ResourceArn=arn, TagsToAdd=dict(tags))
