"""The collector's configuration: read once, checked whole, then frozen."""

from gluepot.config.load import from_mapping, load
from gluepot.config.model import Account, AccountEntry, Config, Globs, Landing, RoleStep, masked

__all__ = ["Account", "AccountEntry", "Config", "Globs", "Landing", "RoleStep", "from_mapping", "load", "masked"]
