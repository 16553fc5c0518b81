"""What types cannot say: whether the values of a configuration make sense, alone and together."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from gluepot.aws.arn import partition_of
from gluepot.config.landing import check_access, check_landing, check_place
from gluepot.config.model import CHAINED_SECONDS, RoleStep
from gluepot.config.reading import shown
from gluepot.landing.location import is_url
from gluepot.secret import SCHEMES, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gluepot.config.model import AccountEntry, Config, Globs, Role
    from gluepot.config.reading import Reading

REGION = re.compile(r"(?:[a-z]{2}|eusc)(?:-[a-z]+)+-\d{1,2}", re.ASCII)
"""botocore's regions of every partition have this shape (endpoints.json, `regionRegex`)."""

ROLE_ARN = re.compile(r"arn:(?P<partition>aws(?:-[a-z]+)*):iam::\d{12}:role/(?:[!-~]+/)*[\w+=,.@-]{1,64}", re.ASCII)
"""An IAM role's ARN (IAM user guide, "IAM identifiers")."""

FREE = {"external_id"}
"""Secrets that may hold a colon of their own, so that no scheme is read into them."""

ASTRA_TOKEN = "astracs"  # noqa: S105 - a scheme, no secret
"""What stands before the first colon of an application token of Astra, in lower case."""

FREE_TEXTS = frozenset({"delimiter"})
"""Texts that are checked by themselves."""


def check(config: Config, reading: Reading) -> None:
    """Note everything in `config` that cannot be."""
    check_texts(config, reading)
    _check_regions(config.regions, "regions", reading)
    check_role(config, "", reading)
    check_credentials(config, "", reading)
    _check_server(config.server, "server", reading)
    _check_catalog(config.catalog_id, "catalogId", reading)
    check_globs(config.databases, "databases", reading)
    check_globs(config.tables, "tables", reading)
    _check_output(config, reading)
    _check_marks(config, reading)
    if config.landing:
        check_landing(config.landing, "landing", reading, identity=_check_identity)
    _check_accounts(config, reading)


def _check_marks(config: Config, reading: Reading) -> None:
    """Refuse URLs that are no landing, and an access that fits none of them."""
    urls = {at: url for at, url in (("hwm", config.hwm), ("state", config.state)) if url and is_url(url)}
    for at, url in urls.items():
        check_place(url, at, reading)
    if config.hwm_access is None:
        return
    if not urls:
        reading.add("hwm_access", "opens URLs, while hwm and state are paths", "leave it out")
    for at, url in urls.items():
        if not reading.has(at):
            check_access(config.hwm_access.at(url), "hwm_access", reading, identity=_check_identity)


def is_role(arn: str) -> bool:
    """Tell whether `arn` is the full ARN of an IAM role."""
    return ROLE_ARN.fullmatch(arn) is not None


def check_texts(said: msgspec.Struct, reading: Reading, free: Callable[[str], bool] = FREE_TEXTS.__contains__) -> None:
    """Refuse characters that no name, path, URL or header can hold, and references of an unknown kind.

    Args:
        said: The configuration.
        reading: Takes what is wrong.
        free: Tells of a key's path whether any character may stand there.
    """
    for at, value in _leaves(said, ""):
        if isinstance(value, Secret):
            if not value.is_clean():
                reading.add(at, "holds a character that does not print", "a line end? keep only the secret itself")
            elif value.scheme == ASTRA_TOKEN:
                reading.add(at, "is a token written out", "export it as ASTRA_TOKEN and write env:ASTRA_TOKEN")
            elif value.scheme and value.scheme not in SCHEMES and at.rpartition(".")[2] not in FREE:
                known = ", ".join(f"{scheme}:" for scheme in SCHEMES)
                reading.add(at, "is a reference of an unknown kind", f"the kinds are {known}")
        elif not free(at) and any(unicodedata.category(ch) in {"Cc", "Cs"} for ch in value):
            reading.add(at, f"holds a character that does not print: {shown(value)}")


def _leaves(value: Any, at: str) -> Iterator[tuple[str, str | Secret]]:  # noqa: ANN401 - any part of a configuration
    match value:
        case msgspec.Struct():
            for info in msgspec.structs.fields(value):
                yield from _leaves(getattr(value, info.name), f"{at}.{info.encode_name}" if at else info.encode_name)
        case tuple():
            for index, item in enumerate(value):
                yield from _leaves(item, f"{at}[{index}]")
        case dict():
            for name, item in value.items():
                yield from _leaves(item, f"{at}.{name}")
        case str() | Secret():
            yield at, value


def _check_regions(regions: Iterable[str], at: str, reading: Reading) -> None:
    named = list(regions)
    if not named:
        reading.add(at, "names no region", 'write at least one, for example ["ap-southeast-2"]')
    for index, region in enumerate(named):
        if not REGION.fullmatch(region):
            reading.add(f"{at}[{index}]", f"{shown(region)} is not a region", "write it like ap-southeast-2")
        elif region in named[:index]:
            reading.add(f"{at}[{index}]", f"{shown(region)} stands there twice", "keep one of the two")
    partitions = {partition_of(region) for region in named if REGION.fullmatch(region)}
    if len(partitions) > 1:
        hint = "no credentials work in both: read them with accounts, or with two configurations"
        reading.add(at, f"the regions belong to different partitions ({', '.join(sorted(partitions))})", hint)


class Reached(Protocol):
    """What says how AWS is reached: the whole configuration, an account, the target of a load."""

    @property
    def key(self) -> Secret | None:
        """The access key."""

    @property
    def secret(self) -> Secret | None:
        """The secret key."""

    @property
    def profile(self) -> str | None:
        """The profile in place of both."""

    @property
    def role(self) -> Role | None:
        """What is assumed."""


def check_role(said: Reached, prefix: str, reading: Reading) -> None:
    """Refuse what is no role, and sessions that are longer than a chain allows."""
    if said.role is None:
        return
    if said.role == ():
        reading.add(f"{prefix}role", "is an empty list", "leave the key out to assume no role")
    for index, step in enumerate((said.role,) if isinstance(said.role, str) else said.role):
        at = f"{prefix}role" if isinstance(said.role, str) else f"{prefix}role[{index}]"
        arn = step.arn if isinstance(step, RoleStep) else step
        if not is_role(arn) and not reading.has(f"{at}.arn"):
            hint = "write it in full: arn:aws:iam::123456789012:role/NAME"
            reading.add(
                f"{at}.arn" if isinstance(step, RoleStep) else at, f"{shown(arn)} is not the ARN of a role", hint
            )
        if isinstance(step, RoleStep) and index and (step.session_duration or 0) > CHAINED_SECONDS:
            message = f"a role assumed by a role lasts {CHAINED_SECONDS} seconds at most, not {step.session_duration}"
            reading.add(f"{at}.session_duration", message, "sessions are renewed: a run may last longer")


def check_credentials(said: Reached, prefix: str, reading: Reading) -> None:
    """Refuse half a key pair, and two kinds of credentials."""
    if reading.has(f"{prefix}key", f"{prefix}secret"):
        return
    if (said.key is None) != (said.secret is None):
        given, missing = ("key", "secret") if said.secret is None else ("secret", "key")
        reading.add(f"{prefix}{missing}", f"is missing, while {given} is given", "give both, or neither")
    elif said.key and said.profile:
        reading.add(f"{prefix}profile", "is given beside key and secret", "keep one kind of credentials")


def _check_identity(said: Reached, prefix: str, reading: Reading) -> None:
    check_role(said, prefix, reading)
    check_credentials(said, prefix, reading)


def _check_server(server: str | None, at: str, reading: Reading) -> None:
    """A server names files and folders: it must not lead anywhere else."""
    if server is not None and (re.search(r"[/\\]", server) or ".." in server or server == "."):
        hint = "write the host as it was onboarded, for example 123456789012_glue"
        reading.add(at, f"{shown(server)} holds characters of a path", hint)


def _check_catalog(catalog_id: str | None, at: str, reading: Reading) -> None:
    if catalog_id is None:
        return
    if not catalog_id.strip():
        reading.add(at, "is blank", "write the account id in quotes, or leave the key out")
        return
    account, _, nested = catalog_id.partition(":")
    if not (account.isascii() and account.isdigit()):
        digits = re.sub(r"[\s.-]", "", account)
        bare = digits if digits.isascii() and digits.isdigit() else "123456789012"
        hint = f"write it as {bare}{':' + nested if nested else ''}; of a nested catalog the id that GetCatalogs tells"
        reading.add(at, f"{shown(catalog_id)} does not begin with an account id, which is digits only", hint)


def check_globs(globs: Globs, at: str, reading: Reading) -> None:
    """Refuse globs that match nothing by their form."""
    if not globs.include:
        reading.add(f"{at}.include", "is an empty list, which would read nothing", "leave it out to read everything")
    for name, patterns in (("include", globs.include), ("exclude", globs.exclude)):
        for index, pattern in enumerate(patterns):
            if not pattern.strip():
                reading.add(f"{at}.{name}[{index}]", "is blank", "write a name or a pattern, for example sales_*")


def _check_output(config: Config, reading: Reading) -> None:
    if not config.meta_only:
        reading.add("meta_only", "must be true: metadata is the one thing that Glue supports", "leave the key out")
    if not config.formats:
        reading.add("formats", "is an empty list", 'write at least one, for example ["k"]')
    for index, name in enumerate(config.formats):
        if name in config.formats[:index]:
            reading.add(f"formats[{index}]", f"{shown(name)} stands there twice", "keep one of the two")
    if len(config.delimiter) != 1 or config.delimiter in '"\n\r\0' or "\ud800" <= config.delimiter <= "\udfff":
        message = f"must be one character, and neither a quote nor a line end, not {shown(config.delimiter)}"
        reading.add("delimiter", message, "K reads |")
    if config.requests_per_second is not None and math.isinf(config.requests_per_second):
        reading.add("requests_per_second", "must be finite", "leave the key out for no limit")


def _check_accounts(config: Config, reading: Reading) -> None:
    if config.accounts:
        for name, value in (("server", config.server), ("catalogId", config.catalog_id)):
            if value is not None:
                hint = f"write {name} in each of the accounts: it is not inherited"
                reading.add(name, "belongs to one account, while accounts are listed", hint)
    for index, entry in enumerate(config.accounts):
        _check_account(entry, f"accounts[{index}].", reading)
    _check_distinct(config, reading)


def _check_account(entry: AccountEntry, prefix: str, reading: Reading) -> None:
    if entry.regions is not None:
        _check_regions(entry.regions, f"{prefix}regions", reading)
    check_role(entry, prefix, reading)
    check_credentials(entry, prefix, reading)
    _check_server(entry.server, f"{prefix}server", reading)
    _check_catalog(entry.catalog_id, f"{prefix}catalogId", reading)
    if entry.landing:
        check_landing(entry.landing, f"{prefix}landing", reading, identity=_check_identity)


def _check_distinct(config: Config, reading: Reading) -> None:
    """Files are per server, and some file systems do not tell case apart; without a server the account must differ."""
    seen: dict[object, int] = {}
    for index, target in enumerate(config.targets() if config.accounts else ()):
        identity: object = target.server.casefold()
        at, what = f"accounts[{index}].server", shown(target.server)
        if not target.server:
            identity = (target.roles[-1:], target.catalog_id, target.key, target.profile)
            at, what = f"accounts[{index}]", "the account"
        if identity in seen:
            reading.add(at, f"{what} is that of accounts[{seen[identity]}] too", "each account has a server of its own")
        seen.setdefault(identity, index)
