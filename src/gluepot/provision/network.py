"""Where in a VPC something runs."""

# No `from __future__ import annotations`: msgspec reads the annotations when the classes are built.

from typing import Annotated

import msgspec
from msgspec import Meta


class Network(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where in a VPC the job runs; it needs a way to S3 and Glue from there, and to the source."""

    subnet: Annotated[str, Meta(description="The subnet's id.")]
    security_groups: Annotated[tuple[str, ...], Meta(description="Ids of security groups.")]
    availability_zone: Annotated[str, Meta(description="The subnet's availability zone.")] = ""
