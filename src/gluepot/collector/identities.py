"""Whose servers a configuration reads, asked in this process where it does not say so itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from gluepot.collector.listing import Listing
from gluepot.collector.settings import account_id_of, setup_of
from gluepot.mask.credentials import Redactor

if TYPE_CHECKING:
    from gluepot.config import Account, Config


def is_named(account: Account) -> bool:
    """Tell whether the configuration says which server an account is."""
    return bool(account.server or account_id_of(account))


def with_servers(config: Config) -> Config:
    """Give each account that names no server the one that its identity stands for; where AWS does not say, none.

    Raises:
        ConfigError: A reference to a secret leads nowhere.
    """
    from gluepot.collector.reading.reader import ThreadReader  # noqa: PLC0415 - botocore is slow to load

    targets = config.targets()
    setup = setup_of(config, targets)
    reader = ThreadReader(setup)
    try:
        told = Listing(reader, Redactor(setup.known), lambda _: None).identities(targets)
    finally:
        reader.close()
    servers = [
        target.server or (f"{account}_glue" if isinstance(account, str) else None)
        for target, account in zip(targets, told, strict=True)
    ]
    if not config.accounts:
        return msgspec.structs.replace(config, server=servers[0])
    entries = zip(config.accounts, servers, strict=True)
    return msgspec.structs.replace(
        config, accounts=tuple(msgspec.structs.replace(entry, server=server) for entry, server in entries)
    )


__all__ = ["is_named", "with_servers"]
