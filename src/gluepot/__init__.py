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

import sys

if sys.argv[:1] == ["-m"] and "gluepot" in sys.orig_argv and not sys.flags.safe_path:
    # `python -m gluepot` put the working folder first: a file `typing.py` there would run in place of Python's own
    del sys.path[0]

import importlib
from typing import TYPE_CHECKING

from gluepot.version import __version__

if TYPE_CHECKING:
    from gluepot.collector.check import CheckReport, check
    from gluepot.collector.collect import Collected, Options, collect
    from gluepot.collector.extract.manifest import Manifest, read_manifest
    from gluepot.collector.run import Pushed, Ran, run
    from gluepot.collector.run import push_pending as push
    from gluepot.collector.status import StatusReport, status
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
        MachineError,
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
    from gluepot.loader.core.results import LoadedTable
    from gluepot.loader.jobs import LoadOptions, LoadResult, plan_load, run_load, verify_load
    from gluepot.loader.plan.planning import PlannedLoad
    from gluepot.loader.verify import VerifiedTable
    from gluepot.sql.query import query

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
    "LoadOptions",
    "LoadResult",
    "LoadedTable",
    "MachineError",
    "MalformedError",
    "Manifest",
    "MissingExtraError",
    "Options",
    "OutputError",
    "PlannedLoad",
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
    "VerifiedTable",
    "__version__",
    "check",
    "collect",
    "from_mapping",
    "load_config",
    "plan_load",
    "push",
    "query",
    "read_manifest",
    "run",
    "run_load",
    "status",
    "verify_load",
]

_ELSEWHERE = {
    "CheckReport": "gluepot.collector.check:CheckReport",
    "Collected": "gluepot.collector.collect:Collected",
    "Config": "gluepot.config:Config",
    "LoadOptions": "gluepot.loader.jobs:LoadOptions",
    "LoadResult": "gluepot.loader.jobs:LoadResult",
    "LoadedTable": "gluepot.loader.core.results:LoadedTable",
    "Manifest": "gluepot.collector.extract.manifest:Manifest",
    "Options": "gluepot.collector.collect:Options",
    "PlannedLoad": "gluepot.loader.plan.planning:PlannedLoad",
    "Pushed": "gluepot.collector.run:Pushed",
    "Ran": "gluepot.collector.run:Ran",
    "StatusReport": "gluepot.collector.status:StatusReport",
    "VerifiedTable": "gluepot.loader.verify:VerifiedTable",
    "check": "gluepot.collector.check:check",
    "collect": "gluepot.collector.collect:collect",
    "from_mapping": "gluepot.config:from_mapping",
    "load_config": "gluepot.config:load",
    "plan_load": "gluepot.loader.jobs:plan_load",
    "push": "gluepot.collector.run:push_pending",
    "query": "gluepot.sql.query:query",
    "read_manifest": "gluepot.collector.extract.manifest:read_manifest",
    "run": "gluepot.collector.run:run",
    "run_load": "gluepot.loader.jobs:run_load",
    "status": "gluepot.collector.status:status",
    "verify_load": "gluepot.loader.jobs:verify_load",
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
