"""The reader's former place."""

from __future__ import annotations

from gluepot.cassandra.patience import Patience
from gluepot.cassandra.reader import Reader, rate_of
from gluepot.cassandra.stats import Stats

__all__ = ["Patience", "Reader", "Stats", "rate_of"]
