"""The version of gluepot, which each of its wheels has."""

from __future__ import annotations

__version__ = "0.1.0"
