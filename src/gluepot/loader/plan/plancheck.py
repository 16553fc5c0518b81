"""What types cannot say: whether a plan file makes sense, before the source is asked anything."""

from __future__ import annotations

import math
import re
import urllib.parse
from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.aws.access import region_named
from gluepot.config.check import REGION, check_credentials, check_globs, check_role, check_texts
from gluepot.config.reading import shown
from gluepot.lake.types.names import is_legal
from gluepot.loader.plan.awscheck import check_aws, check_place
from gluepot.loader.plan.jdbccheck import check_jdbc
from gluepot.secret import secrets_of

if TYPE_CHECKING:
    from gluepot.config.reading import Reading
    from gluepot.loader.core.planfile import LimitsSection, PlanFile, PricesSection, SourceSection, TargetSection

CASSANDRA: Final = ("contact_points", "user", "password", "datacenter", "tls")
"""Keys of `source` that belong to Cassandra."""

ASTRA: Final = ("database", "region", "token", "bundle", "devops_url")
"""Keys of `source` that belong to Astra."""

FLEXIBLE: Final = ("G.1X", "G.2X")
"""Worker types that Glue runs on spare capacity
(https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-job.html, ExecutionClass)."""

LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}

_HOST: Final = re.compile(r"[A-Za-z0-9._-]+|\[?[0-9A-Fa-f:.]+(%\w+)?\]?", re.ASCII)
_MOST: Final = 128
"""Characters of a prefix for names: something must be left of Glue's 255."""


def check(plan: PlanFile, reading: Reading) -> None:
    """Note everything in a plan file that cannot be."""
    check_texts(plan, reading, _is_sql)
    if isinstance(plan.source, msgspec.Struct):
        _check_source(plan.source, reading)
    if isinstance(plan.target, msgspec.Struct):
        _check_target(plan.target, reading)
    check_globs(plan.tables, "tables", reading)
    _check_limits(plan.limits, reading)
    _check_prices(plan.prices, reading)
    if isinstance(plan.aws, msgspec.Struct):
        check_aws(plan.aws, reading)
    check_jdbc(plan, reading)
    if plan.engine == "spark":
        _check_travels(plan, reading)
    if plan.glue.flex and plan.glue.worker_type not in {"", *FLEXIBLE}:
        what = f"{plan.glue.worker_type!r} does not come as spare capacity"
        reading.add("glue.worker_type", what, f"write {' or '.join(FLEXIBLE)}, or leave glue.flex out")


def _check_travels(plan: PlanFile, reading: Reading) -> None:
    """Note secrets that other machines would have to be told: see `gluepot.loader.engines.portable`."""
    for at, secret in secrets_of(plan):
        if not secret.reference:
            what = f"'spark' tells other machines of {at}, and the secret itself is written there"
            reading.add("engine", what, "write env:NAME, file:PATH or secretsmanager:NAME#FIELD of Spark's machines")


def _is_sql(at: str) -> bool:
    """Tell whether a text is SQL, which may go over several lines."""
    parts = at.split(".")
    return parts[0] == "table" and ("derive" in parts or parts[-1] == "filter")


def _check_source(source: SourceSection, reading: Reading) -> None:
    cassandra, astra = _given(source, CASSANDRA), _given(source, ASTRA)
    if not source.contact_points and not source.is_astra:
        if not reading.has("source.contact_points", "source.database", "source.token", "source.bundle"):
            hint = "give contact_points for Cassandra, or database and token for Astra"
            reading.add("source", "names no cluster", hint)
        return
    if source.contact_points and source.is_astra:
        what = f"is of Cassandra ({', '.join(cassandra)}) and of Astra ({', '.join(astra)})"
        reading.add("source", what, "keep the keys of one of them")
        return
    for name in cassandra if source.is_astra else astra:
        other, own = ("Cassandra", "Astra") if source.is_astra else ("Astra", "Cassandra")
        reading.add(f"source.{name}", f"belongs to {other}, while the source is {own}", "leave it out")
    (_check_astra if source.is_astra else _check_cassandra)(source, reading)


def _given(source: SourceSection, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if getattr(source, name)]


def _check_astra(source: SourceSection, reading: Reading) -> None:
    if source.token is None and not reading.has("source.token"):
        reading.add("source.token", "is missing", 'write token = "env:ASTRA_TOKEN" and set that variable')
    if not (source.bundle or source.database):
        hint = "name the database whose bundle is fetched with the token, or give the bundle's file"
        reading.add("source.database", "is missing", hint)
    if source.devops_url:
        parts = urllib.parse.urlsplit(source.devops_url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            reading.add("source.devops_url", "would get the token unencrypted", "write https://")
        elif not parts.hostname or parts.query or parts.username or parts.password:
            reading.add("source.devops_url", "is not the address of a service", "write https://HOST")


def _check_cassandra(source: SourceSection, reading: Reading) -> None:
    for index, host in enumerate(source.contact_points):
        name, _, port = host.partition(":")
        if port.isdecimal() and name:
            hint = f"write {name}, and port = {port} below source"
            reading.add(f"source.contact_points[{index}]", f"{shown(host)} has a port", hint)
        elif not _HOST.fullmatch(host):
            reading.add(f"source.contact_points[{index}]", f"{shown(host)} is no host", "write a name or an address")
    if bool(source.user) != bool(source.password) and not reading.has("source.user", "source.password"):
        given, missing = ("user", "password") if source.user else ("password", "user")
        reading.add(f"source.{missing}", f"is missing, while {given} is given", "give both, or neither")
    tls = source.tls
    if isinstance(tls, msgspec.Struct) and tls.key and not tls.cert:
        reading.add("source.tls.cert", "is missing, while key is given", "give the certificate that the key is of")


def _check_target(target: TargetSection, reading: Reading) -> None:
    if target.database and not is_legal(target.database):
        reading.add("target.database", f"{shown(target.database)} cannot name a Glue database", NAMES)
    if target.table_prefix and (not is_legal(target.table_prefix) or len(target.table_prefix) > _MOST):
        reading.add("target.table_prefix", f"{shown(target.table_prefix)} cannot begin a table's name", NAMES)
    if target.location:
        check_place("target.location", target.location, reading)
    if target.region:
        if not REGION.fullmatch(target.region):
            reading.add("target.region", f"{shown(target.region)} is not a region", "write it like ap-southeast-2")
    elif not region_named(profile=target.profile):
        reading.add("target.region", "is missing", "name the region of catalog and bucket, or set AWS_REGION")
    check_role(target, "target.", reading)
    check_credentials(target, "target.", reading)


NAMES: Final = "Glue and Athena take lower-case letters, digits and _, 255 of them at most"


def _check_limits(limits: LimitsSection, reading: Reading) -> None:
    for name in ("requests_per_second", "timeout", "patience", "resume_hours"):
        value = getattr(limits, name)
        if value is not None and not math.isfinite(value):
            reading.add(f"limits.{name}", "must be finite", "leave the key out for what is usual")


def _check_prices(prices: PricesSection, reading: Reading) -> None:
    for info in msgspec.structs.fields(prices):
        value = getattr(prices, info.name)
        if isinstance(value, float) and not math.isfinite(value):
            reading.add(f"prices.{info.encode_name}", "must be finite", "write US dollars")
