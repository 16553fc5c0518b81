"""The collector's configuration: read once, checked whole, then frozen."""

from gluepot.config.describe import schema
from gluepot.config.load import from_mapping, load, load_plain
from gluepot.config.model import Account, AccountEntry, Config, Globs, Landing, RoleStep, StoreAccess, masked
from gluepot.config.starter import example

__all__ = [
    "Account",
    "AccountEntry",
    "Config",
    "Globs",
    "Landing",
    "RoleStep",
    "StoreAccess",
    "example",
    "from_mapping",
    "load",
    "load_plain",
    "masked",
    "schema",
]
