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

from gluepot.secret import Secret, mask_secrets

DEFAULT_REGION = "ap-southeast-2"
"""The region that KADA's collector reads where the configuration names none."""


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


class Landing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where extract files are pushed, and what gives access to it."""

    url: Annotated[
        str,
        Meta(
            description="The landing directory: s3://BUCKET/PREFIX, az://CONTAINER/PREFIX, "
            "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX, "
            "https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX, file:///PATH or a path."
        ),
    ]
    account: Annotated[str | None, Meta(description="Azure: the storage account (storage_azure_storage_account).")] = (
        None
    )
    sas: Annotated[Secret | None, Meta(description="Azure: the SAS token. May be a reference.")] = None
    account_key: Annotated[Secret | None, Meta(description="Azure: the account's key. May be a reference.")] = None
    region: Annotated[str | None, Meta(description="S3: the bucket's region (storage_aws_region).")] = None
    key: Annotated[Secret | None, Meta(description="S3: access key. May be a reference.")] = None
    secret: Annotated[Secret | None, Meta(description="S3: secret key. May be a reference.")] = None
    role: Annotated[str | None, Meta(description="S3: ARN of a role to assume for the push.")] = None
    manifest: Annotated[bool, Meta(description="Whether the manifest is pushed too, last.")] = True


class StoreAccess(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What gives access to a landing URL that is not the landing's own."""

    account: Annotated[str | None, Meta(description="Azure: the storage account, where the URL does not name it.")] = (
        None
    )
    sas: Annotated[
        Secret | None, Meta(description="Azure: a SAS token that may read, list, create and write. May be a reference.")
    ] = None
    account_key: Annotated[Secret | None, Meta(description="Azure: the account's key. May be a reference.")] = None
    region: Annotated[str | None, Meta(description="S3: the bucket's region.")] = None
    key: Annotated[Secret | None, Meta(description="S3: access key. May be a reference.")] = None
    secret: Annotated[Secret | None, Meta(description="S3: secret key. May be a reference.")] = None
    role: Annotated[str | None, Meta(description="S3: ARN of a role to assume.")] = None

    def at(self, url: str) -> Landing:
        """Give the landing that these keys open."""
        return Landing(url=url, **msgspec.structs.asdict(self))


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
    regions: Annotated[tuple[str, ...], Meta(description="Regions whose Glue catalogs are read.")] = (DEFAULT_REGION,)
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
    concurrency: Annotated[
        Annotated[int, Meta(ge=1, le=256)], Meta(description="Requests in flight at once, 1 to 256.")
    ] = 16
    requests_per_second: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(description="Most requests per second to one API of one account and region. Left out: as AWS allows."),
    ] = None
    on_incomplete: Annotated[
        Literal["push", "fail"],
        Meta(
            description="What happens where a scope failed. push: complete scopes are pushed and the mark moves; "
            "fail: files are written, nothing is pushed, the mark stays. Both exit 3."
        ),
    ] = "push"

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
        landing=entry.landing or config.landing,
        key=source.key,
        secret=source.secret,
        profile=source.profile,
    )


def _chain(config: Config, entry: AccountEntry) -> tuple[RoleStep, ...]:
    """Spell the roles out: what a step does not say, the account says, then the top level."""
    written = entry.role or config.role or ()
    steps = [RoleStep(arn=step) if isinstance(step, str) else step for step in _listed(written)]
    external_id = entry.external_id or config.external_id
    seconds = entry.session_duration or config.session_duration
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
