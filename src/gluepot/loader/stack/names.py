"""What the resources of a plan are called; pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gluepot.aws.access import region_named

if TYPE_CHECKING:
    from gluepot.loader.core.planfile import PlanFile, SourceSection

LONGEST: Final = 48
"""Characters of what names begin with: IAM takes 64 for a role, and `-connector` is to fit behind it."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names and places of a plan's resources.

    Args:
        name: What the others begin with.
        region: The plan's region.
        role: The role that the job runs as.
        secret: The secret {user, password}; empty where the source has none.
        job: The job.
        connection: The network connection.
        workgroup: Athena's workgroup.
        assets: `s3://BUCKET/PREFIX` of scripts, wheels and jars.
        results: `s3://BUCKET/PREFIX` of Athena's results.
    """

    name: str
    region: str
    role: str
    secret: str
    job: str
    connection: str
    workgroup: str
    assets: str
    results: str

    @property
    def stack(self) -> str:
        """Whose the resources are: roles belong to no region, so the region is part of it."""
        return f"{self.name}/{self.region}"


def names(file: PlanFile) -> Names:
    """Name the resources of a plan file, its own words first."""
    given, location = file.aws, file.target.location.rstrip("/")
    name = given.name or shortened(f"gluepot-{file.target.database}")
    return Names(
        name=name,
        region=region_of(file),
        role=given.role or f"{name}-job",
        secret=_secret(file.source, given.secret, name),
        job=f"{name}-load",
        connection=f"{name}-network",
        workgroup=given.workgroup or name,
        assets=(given.assets or f"{location}/_gluepot").rstrip("/"),
        results=(given.results or f"{location}/_athena").rstrip("/"),
    )


def region_of(file: PlanFile) -> str:
    """Name the region of a plan's catalog and buckets."""
    return region_named(file.target.region, file.target.profile)


def stored_secret(source: SourceSection) -> str:
    """Name the secret of Secrets Manager that a source points to already; empty where it points elsewhere."""
    secret = source.secret
    scheme, _, target = (secret.reference if secret else "").partition(":")
    return target.partition("#")[0] if scheme == "secretsmanager" else ""


def shortened(name: str, longest: int = LONGEST) -> str:
    """Shorten a name so that it stays its own: the end becomes a digest of the whole."""
    if len(name) <= longest:
        return name
    return f"{name[: longest - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _secret(source: SourceSection, given: str, name: str) -> str:
    if source.secret is None:
        return ""
    return given or stored_secret(source) or f"{name}-credentials"
