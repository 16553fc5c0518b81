"""The commented plan file that `gluepot load init` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot.config.model import Globs
from gluepot.config.starterfile import Section, StarterFile
from gluepot.loader.core.awssections import AwsSection, GlueSection, JdbcSection, SparkSection
from gluepot.loader.core.planfile import (
    PRICED_AT,
    LimitsSection,
    PlanFile,
    PricesSection,
    SourceSection,
    TableSection,
    TargetSection,
)

if TYPE_CHECKING:
    from gluepot.config.starterfile import Style

IN_FORCE: Final = {
    "source": ("keyspace", "contact_points", "port", "user", "password"),
    "target": ("database", "location", "region", "create_database"),
}
"""What a load from Cassandra sets; the other keys stand beside them, commented out."""

SAMPLES: Final[dict[str, dict[str, Any]]] = {
    "source": {
        "keyspace": "astraglue_ks",
        "contact_points": ["127.0.0.1"],
        "port": 9042,
        "user": "cassandra",
        "password": "env:CASSANDRA_PASSWORD",
        "datacenter": "datacenter1",
        "tls": True,
        "database": "astraglue_db",
        "region": "us-east1",
        "token": "env:ASTRA_TOKEN",
        "bundle": "./secure-connect-astraglue_db.zip",
        "devops_url": "https://api.astra.datastax.com",
        "consistency": "LOCAL_QUORUM",
    },
    "target": {
        "database": "astraglue",
        "location": "s3://your-bucket/astraglue",
        "region": "ap-southeast-2",
        "format": "iceberg",
        "mode": "replace",
        "create_database": True,
        "table_prefix": "raw_",
        "key": "env:AWS_ACCESS_KEY_ID",
        "secret": "env:AWS_SECRET_ACCESS_KEY",
        "profile": "lake",
        "role": "arn:aws:iam::123456789012:role/GluepotLoad",
    },
    "tables": {"include": ["orders", "movies_*"], "exclude": ["*_tmp"]},
    "table": {
        "name": "orders",
        "rename": {"userId": "user_id"},
        "cast": {"zip": "varchar"},
        "drop": ["internal_note"],
        "filter": "status <> 'test'",
        "derive": {"total": "price * quantity"},
        "types": {"price": "decimal(12,2)"},
        "policy": {"seen_at": "null"},
        "masked": {"email": "load"},
        "writetime": ["status"],
        "ttl": ["status"],
        "expires_at": True,
        "partition": ["day(created_at)", "bucket(16, user_id)"],
        "static": "split",
        "mode": "append",
        "format": "iceberg",
    },
    "limits": {
        "in_flight": 4,
        "range_mb": 64,
        "requests_per_second": 3000,
        "timeout": 30,
        "patience": 300,
        "patience_first": 10,
        "allow_http": False,
        "resume_hours": 20,
    },
    "spark": {"master": "local[*]", "conf": {"spark.executor.memory": "4g"}},
    "glue": {
        "version": "5.1",
        "worker_type": "G.1X",
        "workers": 10,
        "flex": False,
        "auto_scaling": True,
        "timeout_minutes": 480,
        "wheelhouse": False,
    },
    "aws": {
        "name": "gluepot-sales",
        "role": "gluepot-sales-job",
        "permissions_boundary": "arn:aws:iam::123456789012:policy/Boundary",
        "secret": "gluepot-sales-credentials",
        "assets": "s3://our-lake/_gluepot",
        "workgroup": "gluepot-sales",
        "results": "s3://our-lake/_athena",
        "create_buckets": True,
        "kms_key": "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "tags": {"team": "data"},
        "network": {"subnet": "subnet-0a1b2c3d", "security_groups": ["sg-0a1b2c3d"]},
    },
    "jdbc": {
        "jar": "astra-jdbc-connector-5.0-jdk8.jar",
        "sha256": "0" * 64,
        "driver_class": "com.datastax.astra.jdbc.AstraJdbcDriver",
        "url": "jdbc:astra://orders_db/sales?user=${user}&password=${password}",
        "connector": "gluepot-sales-connector",
    },
    "prices": {
        "date": PRICED_AT,
        **{
            info.encode_name: info.default
            for info in msgspec.structs.fields(PricesSection)
            if info.encode_name != "date"
        },
    },
}
"""A value for every key; a test holds that none is forgotten."""

SECTIONS: Final[dict[str, type[msgspec.Struct]]] = {
    "source": SourceSection,
    "target": TargetSection,
    "tables": Globs,
    "table": TableSection,
    "limits": LimitsSection,
    "spark": SparkSection,
    "glue": GlueSection,
    "aws": AwsSection,
    "jdbc": JdbcSection,
    "prices": PricesSection,
}
TABLE: Final = "orders"
"""The table whose section is shown."""

_HEAD: Final = (
    "A load: a keyspace of Cassandra or Astra becomes tables of the Glue catalog. See what it would do with: "
    "gluepot load plan -c FILE, then do it with: gluepot load run -c FILE. All keys as a JSON Schema: "
    "gluepot load schema. For Astra, replace the keys of Cassandra by those of Astra."
)


_TOP: Final = [info for info in msgspec.structs.fields(PlanFile) if info.encode_name not in SECTIONS]

_FILE: Final = StarterFile(
    head=_HEAD,
    top=Section(PlanFile, {info.encode_name: info.default for info in _TOP}),
    sections={
        name: Section(kind, SAMPLES[name], IN_FORCE.get(name, ()), entry=TABLE if name == "table" else "")
        for name, kind in SECTIONS.items()
    },
)


def example(style: Style = "toml") -> str:
    """Write a plan file to start from: every key explained, the optional ones commented out.

    Args:
        style: `toml`, `yaml`, or `json`, which knows no comments and so holds only the keys that are in force.
    """
    return _FILE.text(style)
