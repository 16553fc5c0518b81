"""What the configuration says, as frozen values.

A KADA configuration file works unchanged; the keys are spelt as it spells them. Descriptions stand once, here:
`gluepot config schema` and the commented file of `gluepot init` are made of them.
"""

# No `from __future__ import annotations`: msgspec reads the annotations when the classes are built.

import functools
import re
from fnmatch import translate
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field
from msgspec.structs import replace

from gluepot.secret import Secret, mask_secrets

DEFAULT_REGION = "ap-southeast-2"
"""The region that KADA's collector reads where the configuration names none."""

LEFT_OUT = (DEFAULT_REGION,)
"""What `regions` is where it is left out: this very tuple, so that it is known from one that says the same."""


class RoleStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One role of a chain: what is assumed, with which external id, for how long."""

    arn: Annotated[str, Meta(description="Full ARN of the role, for example arn:aws:iam::123456789012:role/NAME.")]
    external_id: Annotated[
        Secret | None, Meta(description="External id that the role's trust policy asks for. May be a reference.")
    ] = None
    session_duration: Annotated[
        Annotated[int, Meta(ge=900, le=43200)] | None,
        Meta(description="Seconds that one session lasts, 900 to 43200; 3600 at most for a role assumed by a role."),
    ] = None


Role = str | tuple[str | RoleStep, ...]
"""One ARN, or the chain of roles in the order in which they are assumed."""


class Globs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which names are read: those that match an `include` and no `exclude`. Case does not count."""

    include: Annotated[tuple[str, ...], Meta(description="Names to read, with the wildcards * ? and [abc].")] = ("*",)
    exclude: Annotated[tuple[str, ...], Meta(description="Names to leave out, even where included.")] = ()

    def matches(self, name: str, *, database: str = "") -> bool:
        """Tell whether `name` is to be read.

        Args:
            name: A database's or a table's name.
            database: For a table, its database: patterns with a dot are compared with `database.table` too.
        """
        return _any_matches(self.include, name, database) and not _any_matches(self.exclude, name, database)

    def names(self, name: str) -> bool:
        """Tell whether an `include` spells `name` out, without a wildcard."""
        return name.lower() in {pattern.lower() for pattern in self.include} and self.matches(name)


class StoreAccess(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What gives access to a landing URL that is not the landing's own, and what its bucket's policy asks for."""

    account: Annotated[
        str | None,
        Meta(description="Azure: the storage account, where the URL does not name it (storage_azure_storage_account)."),
    ] = None
    sas: Annotated[
        Secret | None,
        Meta(
            description="Azure: a SAS token; it may create and write, for marks and generations read and list too. "
            "May be a reference."
        ),
    ] = None
    account_key: Annotated[Secret | None, Meta(description="Azure: the account's key. May be a reference.")] = None
    region: Annotated[str | None, Meta(description="S3: the bucket's region (storage_aws_region).")] = None
    key: Annotated[Secret | None, Meta(description="S3: access key. May be a reference.")] = None
    secret: Annotated[Secret | None, Meta(description="S3: secret key. May be a reference.")] = None
    profile: Annotated[
        str | None,
        Meta(description="S3: AWS profile. Left out, without a key of its own: the profile that reads the catalog."),
    ] = None
    role: Annotated[
        Role | None,
        Meta(description="S3: ARN of a role to assume, or the chain of roles, as for reading the catalog."),
    ] = None
    external_id: Annotated[
        Secret | None, Meta(description="S3: external id for every role of that chain that names none itself.")
    ] = None
    sse: Annotated[
        Literal["AES256", "aws:kms", "aws:kms:dsse"] | None,
        Meta(description="S3: the server-side encryption that is asked for. Left out: the bucket's own."),
    ] = None
    kms_key: Annotated[
        str | None, Meta(description="S3: ARN or id of the KMS key, with sse aws:kms. Left out: the account's default.")
    ] = None
    acl: Annotated[
        Literal["private", "bucket-owner-full-control", "bucket-owner-read", "authenticated-read", "aws-exec-read"]
        | None,
        Meta(description="S3: the canned ACL that objects get, for buckets whose policy asks for one."),
    ] = None
    requester_pays: Annotated[
        bool | None, Meta(description="S3: say that the caller pays, for buckets whose owner does not.")
    ] = None
    expected_bucket_owner: Annotated[
        Annotated[str, Meta(pattern=r"^\d{12}$")] | None,
        Meta(description="S3: account id that must own the bucket; nothing is written to anybody else's."),
    ] = None

    def at(self, url: str) -> "Landing":
        """Give the landing that these keys open."""
        return Landing(url=url, **{name: getattr(self, name) for name in StoreAccess.__struct_fields__})

    def chain(self) -> tuple[RoleStep, ...]:
        """Give the roles that are assumed, in their order."""
        return spelt_out(self.role, self.external_id, None)


class Landing(StoreAccess, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where extract files are pushed, and what gives access to it."""

    url: Annotated[
        str,
        Meta(
            description="The landing directory: s3://BUCKET/PREFIX, az://CONTAINER/PREFIX, "
            "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX, "
            "https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX, file:///PATH or a path."
        ),
    ]
    manifest: Annotated[bool, Meta(description="Whether the manifest is pushed too, last.")] = True

    def reached_with(self, profile: str | None) -> "Landing":
        """Give the landing with the profile that its configuration reads with, where it has no access of its own."""
        own = self.key or self.secret or self.profile
        return self if own or not profile or not self.url.startswith("s3://") else replace(self, profile=profile)


class AccountEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of `accounts`, as it is written; what it does not say comes from the top level."""

    server: Annotated[str | None, Meta(description="Host of this account's source in K.")] = None
    role: Annotated[Role | None, Meta(description="Role ARN, or the chain of roles, for this account.")] = None
    external_id: Annotated[Secret | None, Meta(description="External id for this account's roles.")] = None
    session_duration: Annotated[
        Annotated[int, Meta(ge=900, le=43200)] | None, Meta(description="Seconds that one session lasts.")
    ] = None
    catalog_id: Annotated[str | None, Meta(description="Catalog id of this account; its account id if left out.")] = (
        field(default=None, name="catalogId")
    )
    regions: Annotated[tuple[str, ...] | None, Meta(description="Regions of this account.")] = None
    landing: Annotated[Landing | None, Meta(description="Landing of this account.")] = None
    key: Annotated[Secret | None, Meta(description="AWS access key for this account. May be a reference.")] = None
    secret: Annotated[Secret | None, Meta(description="AWS secret key for this account. May be a reference.")] = None
    profile: Annotated[str | None, Meta(description="AWS profile for this account.")] = None


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The collector's configuration, as it is written. `targets()` gives the accounts to read."""

    key: Annotated[
        Secret | None,
        Meta(
            description="AWS access key. Left out: the standard chain of environment, profile, container and "
            "instance role. May be a reference: env:NAME, file:PATH, secretsmanager:NAME#field."
        ),
    ] = None
    secret: Annotated[Secret | None, Meta(description="AWS secret key that belongs to key. May be a reference.")] = None
    profile: Annotated[str | None, Meta(description="AWS profile to use instead of key and secret.")] = None
    server: Annotated[
        str | None,
        Meta(
            description="Host of the source in K, by convention [AWS ACCOUNT ID]_glue; that is also what is used "
            "where it is left out."
        ),
    ] = None
    regions: Annotated[tuple[str, ...], Meta(description="Regions whose Glue catalogs are read.")] = LEFT_OUT
    catalog_id: Annotated[
        str | None,
        Meta(description="Glue catalog id, in quotes. Generally the account id; left out, it is the caller's account."),
    ] = field(default=None, name="catalogId")
    role: Annotated[
        Role | None,
        Meta(
            description="ARN of the role to assume, or the chain of roles as a list of ARNs or of "
            "{arn, external_id, session_duration}. Left out: none is assumed."
        ),
    ] = None
    external_id: Annotated[
        Secret | None,
        Meta(description="External id for every role of the chain that names none itself. May be a reference."),
    ] = None
    session_duration: Annotated[
        Annotated[int, Meta(ge=900, le=43200)] | None,
        Meta(
            description="Seconds that one session of an assumed role lasts, 900 to 43200. Sessions are renewed, so a "
            "run may last longer. AWS caps a role assumed by a role at 3600: later steps of a chain use at most that."
        ),
    ] = None
    output_path: Annotated[str, Meta(description="Folder for the extract files, absolute or relative.")] = "./output"
    mask: Annotated[bool, Meta(description="Whether literals in SQL text are replaced. Credentials always are.")] = (
        False
    )
    compress: Annotated[bool, Meta(description="Whether the extract files are gzipped (.csv.gz).")] = False
    meta_only: Annotated[bool, Meta(description="Metadata only; true is the one value that Glue supports.")] = True
    accounts: Annotated[
        tuple[AccountEntry, ...],
        Meta(
            description="Several AWS accounts. Each inherits what it does not say, except server and catalogId. "
            "Extract files and manifest are per server."
        ),
    ] = ()
    databases: Annotated[Globs, Meta(description="Databases to read.")] = Globs()
    tables: Annotated[Globs, Meta(description="Tables to read, by name or as DATABASE.TABLE.")] = Globs()
    shared: Annotated[
        Literal["auto", "none", "all"],
        Meta(
            description="Databases of other accounts. auto: what others share is listed, and what may not be read is "
            "no failure unless it is named here; none: left out; all: everything shared must be readable."
        ),
    ] = "auto"
    landing: Annotated[Landing | None, Meta(description="Where push and run send the extract files.")] = None
    hwm: Annotated[
        str,
        Meta(description="Path or URL for high-water marks: a directory, or a file whose name ends in .txt."),
    ] = "."
    state: Annotated[
        str | None,
        Meta(description="Path or URL for generations (what was seen at a mark); left out: beside the mark."),
    ] = None
    hwm_access: Annotated[
        StoreAccess | None,
        Meta(
            description="What gives access to hwm and state where they are URLs. Left out: the landing's own access, "
            "where they lie in its bucket or storage account; else the environment's."
        ),
    ] = None
    formats: Annotated[
        tuple[Literal["k", "parquet", "jsonl"], ...], Meta(description="Formats of the extract files.")
    ] = ("k",)
    delimiter: Annotated[str, Meta(description="Delimiter of format k, one character.")] = "|"
    guard_formulas: Annotated[
        bool,
        Meta(
            description="Whether format k gets an apostrophe before fields that begin with = + - @, a tab or a "
            "carriage return, which spreadsheets take for formulas. The files then differ from what the catalog holds."
        ),
    ] = False
    concurrency: Annotated[
        Annotated[int, Meta(ge=1, le=256)], Meta(description="Requests in flight at once, 1 to 256.")
    ] = 16
    requests_per_second: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(description="Most requests per second to one API of one account and region. Left out: as AWS allows."),
    ] = None
    patience: Annotated[
        Annotated[float, Meta(ge=0, le=86400)] | None,
        Meta(
            description="Seconds that a request is made again while what it meets may pass: a service that fails or "
            "throttles, a network that is away. 300 if left out."
        ),
    ] = None
    patience_first: Annotated[
        Annotated[float, Meta(ge=0, le=86400)] | None,
        Meta(
            description="Seconds that a connection is tried to a host that has not answered in this run yet. 10 if "
            "left out; more for scheduled runs, whose network may come up with them."
        ),
    ] = None
    allow_http: Annotated[
        bool,
        Meta(
            description="Whether AWS and landings may be called without TLS at an endpoint that is not this machine: "
            "for a network that you trust. Each run warns of it."
        ),
    ] = False
    on_incomplete: Annotated[
        Literal["push", "fail"],
        Meta(
            description="What happens where a scope failed. push: complete scopes are pushed and the mark moves; "
            "fail: files are written, nothing is pushed, the mark stays. Both exit 3."
        ),
    ] = "push"

    def own_landing(self) -> Landing | None:
        """Give the landing of the top level, with the profile that opens it."""
        return self.landing.reached_with(self.profile) if self.landing else None

    def targets(self) -> "tuple[Account, ...]":
        """Give the accounts to read, each with everything it inherits."""
        if not self.accounts:
            return (_resolve(self, AccountEntry(server=self.server, catalog_id=self.catalog_id)),)
        return tuple(_resolve(self, entry) for entry in self.accounts)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account to read, with nothing left to inherit.

    `server` is empty where the configuration names none: the account's id with `_glue` behind it stands in, and
    is known only when AWS has said who the caller is. `roles` are assumed in their order.
    """

    server: str = ""
    roles: tuple[RoleStep, ...] = ()
    catalog_id: str | None = None
    regions: tuple[str, ...] = (DEFAULT_REGION,)
    landing: Landing | None = None
    key: Secret | None = None
    secret: Secret | None = None
    profile: str | None = None


CHAINED_SECONDS = 3600
"""The most that a role assumed by a role lasts (IAM user guide, "Role chaining")."""


def masked(value: msgspec.Struct) -> Any:  # noqa: ANN401 - what msgspec gives: objects, lists, text, numbers
    """Give a configuration as plain values under its own keys, secrets as `***`."""
    return msgspec.to_builtins(value, enc_hook=mask_secrets)


def _resolve(config: Config, entry: AccountEntry) -> Account:
    own_credentials = entry.key or entry.secret or entry.profile
    source = entry if own_credentials else config
    return Account(
        server=entry.server or "",
        roles=_chain(config, entry),
        catalog_id=entry.catalog_id,
        regions=entry.regions or config.regions,
        landing=entry.landing.reached_with(source.profile) if entry.landing else config.own_landing(),
        key=source.key,
        secret=source.secret,
        profile=source.profile,
    )


def _chain(config: Config, entry: AccountEntry) -> tuple[RoleStep, ...]:
    """Spell the roles out: what a step does not say, the account says, then the top level."""
    external_id = entry.external_id or config.external_id
    return spelt_out(entry.role or config.role, external_id, entry.session_duration or config.session_duration)


def spelt_out(role: Role | None, external_id: Secret | None, seconds: int | None) -> tuple[RoleStep, ...]:
    """Give the steps of a chain with what each inherits.

    Args:
        role: One ARN, or the chain, as it is written.
        external_id: For steps that name none.
        seconds: How long a session lasts, for steps that do not say.
    """
    steps = [RoleStep(arn=step) if isinstance(step, str) else step for step in _listed(role or ())]
    return tuple(
        RoleStep(
            arn=step.arn,
            external_id=step.external_id or external_id,
            session_duration=step.session_duration or _inherited_seconds(seconds, index),
        )
        for index, step in enumerate(steps)
    )


def _listed(role: Role) -> tuple[str | RoleStep, ...]:
    return (role,) if isinstance(role, str) else role


def _inherited_seconds(seconds: int | None, index: int) -> int | None:
    """Cap what a step inherits; what it says itself was checked when the configuration was read."""
    return seconds if index == 0 or seconds is None else min(seconds, CHAINED_SECONDS)


def matches_one(pattern: str, name: str, database: str = "") -> bool:
    """Tell whether a name matches one pattern, as in `Globs.matches`."""
    return _any_matches((pattern,), name, database)


def _any_matches(patterns: tuple[str, ...], name: str, database: str) -> bool:
    qualified = f"{database}.{name}".lower()
    for pattern in patterns:
        expression = _compiled(pattern)
        if expression.match(name.lower()) or (database and "." in pattern and expression.match(qualified)):
            return True
    return False


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern.lower()))
