"""A plan file as its Glue job reads it: the same load, with what only this machine has put elsewhere."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from gluepot.cassandra.connect import INLINE
from gluepot.cassandra.source import Tls
from gluepot.errors import ConfigError
from gluepot.host import capped
from gluepot.loader.core.awssections import AwsSection
from gluepot.secret import Secret

if TYPE_CHECKING:
    from gluepot.loader.core.planfile import PlanFile, SourceSection, TargetSection

FIELD: Final = "password"
"""The field of the secret {user, password} that the job reads."""


def job_plan(file: PlanFile, secret: str) -> PlanFile:
    """Give the plan file for the job: it holds no secret, and no access but that of the job's role.

    Args:
        file: The plan file.
        secret: The secret of Secrets Manager that has the source's user and password; empty for a source without.

    Raises:
        ConfigError: The source takes a file of this machine that a job cannot be given.
    """
    return replace(
        file,
        engine="spark",
        source=_source(file.source, secret),
        target=_target(file.target),
        aws=AwsSection(),  # what is made for a load is no business of the job's
    )


def _source(source: SourceSection, secret: str) -> SourceSection:
    tls = source.tls
    if isinstance(tls, Tls):
        if tls.cert:
            raise ConfigError(
                "source.tls.cert cannot go into a Glue job",
                "a client's certificate and key are secrets, and files of this machine",
                "load with engine = 'local' or 'spark', where the nodes ask for one",
            )
        tls = replace(tls, ca=_inline(tls.ca))
    if source.bundle and not source.database:
        raise ConfigError(
            "source.bundle cannot go into a Glue job",
            "a secure connect bundle holds keys, and is a file of this machine",
            "name the database instead, source.database: the job fetches the bundle with the token",
        )
    return replace(
        source,
        tls=tls,
        bundle="",
        password=_stored(source.password, secret),
        token=_stored(source.token, secret),
    )


def _stored(own: Secret | None, secret: str) -> Secret | None:
    """Point to Secrets Manager, whatever the plan file points to."""
    if own is None or own.scheme == "secretsmanager":
        return own
    return Secret(f"secretsmanager:{secret}#{FIELD}")


def _target(target: TargetSection) -> TargetSection:
    """Leave out how this machine gets at AWS: the job has its role."""
    return replace(target, key=None, secret=None, profile="", role=None, create_database=False)


def _inline(path: str) -> str:
    """Take an authority's certificate along: it is public, and small."""
    if not path or path.startswith(INLINE):
        return path
    try:
        body = capped.read(Path(path).expanduser(), capped.SETTINGS)
    except OSError as error:
        raise ConfigError(f"source.tls.ca {path} cannot be read", error.strerror or "", "give a PEM file") from None
    return INLINE + base64.b64encode(body).decode()
