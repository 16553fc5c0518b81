"""gluepot: one tool around the AWS Glue Data Catalog.

::

    import gluepot

    config = gluepot.load_config("glue.toml")
    collected = gluepot.collect(config)
    for folder, manifest in collected.manifests:
        print(folder, manifest.complete, manifest.counts)

Everything here is loaded when it is first used: importing the package costs nothing.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gluepot.check import CheckReport, check
    from gluepot.collect import Collected, Options, collect
    from gluepot.config import Config, from_mapping
    from gluepot.config import load as load_config
    from gluepot.errors import (
        BusyError,
        ConfigError,
        ConflictError,
        CredentialsError,
        DeniedError,
        EngineError,
        FederationError,
        FidelityError,
        GluepotError,
        LakeError,
        LandingError,
        MalformedError,
        MissingExtraError,
        OutputError,
        RemoteError,
        ScopeError,
        SourceError,
        StateError,
        ThrottledError,
        UnreachableError,
        VanishedError,
    )
    from gluepot.extract.manifest import Manifest, read_manifest
    from gluepot.query import query
    from gluepot.run import Pushed, Ran, run
    from gluepot.run import push_pending as push
    from gluepot.status import StatusReport, status

__version__ = "0.1.0"

__all__ = [
    "BusyError",
    "CheckReport",
    "Collected",
    "Config",
    "ConfigError",
    "ConflictError",
    "CredentialsError",
    "DeniedError",
    "EngineError",
    "FederationError",
    "FidelityError",
    "GluepotError",
    "LakeError",
    "LandingError",
    "MalformedError",
    "Manifest",
    "MissingExtraError",
    "Options",
    "OutputError",
    "Pushed",
    "Ran",
    "RemoteError",
    "ScopeError",
    "SourceError",
    "StateError",
    "StatusReport",
    "ThrottledError",
    "UnreachableError",
    "VanishedError",
    "__version__",
    "check",
    "collect",
    "from_mapping",
    "load_config",
    "push",
    "query",
    "read_manifest",
    "run",
    "status",
]

_ELSEWHERE = {
    "CheckReport": "gluepot.check:CheckReport",
    "Collected": "gluepot.collect:Collected",
    "Config": "gluepot.config:Config",
    "Manifest": "gluepot.extract.manifest:Manifest",
    "Options": "gluepot.collect:Options",
    "Pushed": "gluepot.run:Pushed",
    "Ran": "gluepot.run:Ran",
    "StatusReport": "gluepot.status:StatusReport",
    "check": "gluepot.check:check",
    "collect": "gluepot.collect:collect",
    "from_mapping": "gluepot.config:from_mapping",
    "load_config": "gluepot.config:load",
    "push": "gluepot.run:push_pending",
    "query": "gluepot.query:query",
    "read_manifest": "gluepot.extract.manifest:read_manifest",
    "run": "gluepot.run:run",
    "status": "gluepot.status:status",
}
"""Where each public name is defined; the errors are all in `gluepot.errors`."""


if not TYPE_CHECKING:  # a checker would take it to mean that every name exists

    def __getattr__(name: str) -> object:
        """Load a public name when it is first used."""
        if name not in __all__:
            raise AttributeError(f"module 'gluepot' has no attribute {name!r}")
        module, _, attribute = _ELSEWHERE.get(name, f"gluepot.errors:{name}").partition(":")
        found = getattr(importlib.import_module(module), attribute)
        setattr(sys.modules[__name__], name, found)
        return found


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)


class _Package(ModuleType):
    """The package itself: `gluepot.collect` is the function, though there is a module of that name.

    Importing a submodule binds it on its package; for these names that would put the module before the function.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _ELSEWHERE and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
