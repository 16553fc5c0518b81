"""One emulated AWS for tests, demo and benchmarks: what real Glue and STS do, in front of moto for the rest.

::

    from gluepot_sandbox import aws as emulator

    with emulator.start(emulator.Settings(latency_ms=20)) as aws:
        glue = aws.client("glue")
        aws.add(faults=[emulator.Fault(emulator.FaultKind.THROTTLE, operation="GetTables", times=2)])
"""

from gluepot_sandbox.aws.client import ACCESS_KEY, SECRET_KEY, Emulator, start
from gluepot_sandbox.aws.jobs.settings import GlueJobs, JobFault
from gluepot_sandbox.aws.settings import (
    DEFAULT_ACCOUNT,
    DEFAULT_REGION,
    Call,
    ExtraDatabase,
    ExtraTable,
    Fault,
    FaultKind,
    Grant,
    LakeFormation,
    RawDatabase,
    RawTable,
    Role,
    Seed,
    SeedDatabases,
    Settings,
    Share,
    Throttle,
)

__all__ = [
    "ACCESS_KEY",
    "DEFAULT_ACCOUNT",
    "DEFAULT_REGION",
    "SECRET_KEY",
    "Call",
    "Emulator",
    "ExtraDatabase",
    "ExtraTable",
    "Fault",
    "FaultKind",
    "GlueJobs",
    "Grant",
    "JobFault",
    "LakeFormation",
    "RawDatabase",
    "RawTable",
    "Role",
    "Seed",
    "SeedDatabases",
    "Settings",
    "Share",
    "Throttle",
    "start",
]
