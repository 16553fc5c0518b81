"""What to say of collectors that are not here, and of KADA's own wheels beside this one."""

from __future__ import annotations

import importlib.abc
import re
import sys
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

HERE = ("glue", "utils")
"""The modules that this wheel brings."""

PREFIX = "kada_collectors.extractors."

KADAS_OWN = re.compile(r"kada-collectors-(?:lib|extractors)(?:-.*)?")
"""KADA's wheels, after the normalisation of PEP 503: `kada_collectors_lib`, `kada_collectors_extractors_<source>`."""


class Absent(importlib.abc.MetaPathFinder):
    """Stands last among the finders, and so is asked only for what none of them has found."""

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Answer for collectors that are not installed; say nothing of other modules.

        Raises:
            ModuleNotFoundError: A collector that this wheel does not bring is imported.
        """
        if not fullname.startswith(PREFIX):
            return None
        name = fullname.removeprefix(PREFIX)
        raise ModuleNotFoundError(
            f"there is no collector {name!r} here: this kada_collectors is gluepot-kada, which brings the one for "
            f"AWS Glue ({', '.join(PREFIX + module for module in HERE)}). The collector for {name!r} is in KADA's own "
            f"wheel: uninstall gluepot-kada, install that wheel, and use gluepot.kada for Glue",
            name=fullname,
        )


def explain_absent_collectors() -> None:
    """Add the finder that explains, once."""
    if not any(isinstance(finder, Absent) for finder in sys.meta_path):
        sys.meta_path.append(Absent())


def refuse_beside_kadas_own() -> None:
    """Refuse to answer for `kada_collectors` where KADA's own wheels do: their files lie in the same folder.

    Raises:
        ImportError: At least one of KADA's own wheels is installed; each is named.
    """
    named = (found.metadata["Name"] or "" for found in metadata.distributions())
    theirs = sorted({name for name in named if KADAS_OWN.fullmatch(re.sub(r"[-_.]+", "-", name).lower())})
    if theirs:
        wheels = " ".join(theirs)
        raise ImportError(
            f"KADA's own {', '.join(theirs)} is installed beside gluepot-kada, and both bring the import name "
            f"kada_collectors. Import gluepot's collector as `from gluepot.kada import Extractor` instead, and put "
            f"KADA's files right: pip uninstall gluepot-kada, then pip install --force-reinstall the wheels of {wheels}"
        )
