"""The sections of a plan file about AWS: what resources a load has, and how it runs on Spark and as a Glue job."""

# No `from __future__ import annotations`: msgspec reads the annotations when the classes are built.

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gluepot.provision.network import Network


class AwsSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `gluepot aws` makes for a load."""

    name: Annotated[
        str, Meta(description="What the names of role, job, secret and workgroup begin with; `gluepot-DATABASE`.")
    ] = ""
    role: Annotated[str, Meta(description="Name of the role that the job runs as; NAME-job if left out.")] = ""
    permissions_boundary: Annotated[str, Meta(description="ARN of the policy that bounds the role.")] = ""
    secret: Annotated[str, Meta(description="Name of the secret {user, password}; NAME-credentials if left out.")] = ""
    assets: Annotated[
        str,
        Meta(description="s3://BUCKET/PREFIX for scripts, wheels and jars; `_gluepot` at the location if left out."),
    ] = ""
    workgroup: Annotated[str, Meta(description="Athena's workgroup; NAME if left out.")] = ""
    results: Annotated[
        str, Meta(description="s3://BUCKET/PREFIX for Athena's results; `_athena` at the location if left out.")
    ] = ""
    create_buckets: Annotated[bool, Meta(description="Whether buckets that are missing are created.")] = True
    kms_key: Annotated[str, Meta(description="ARN of a KMS key for buckets and the secret; AWS's own if left out.")] = (
        ""
    )
    tags: Annotated[dict[str, str], Meta(description="Further tags of everything that is made.")] = {}
    network: Annotated[Network | None, Meta(description="The VPC's part that the job runs in.")] = None


class GlueSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a load runs as an AWS Glue job."""

    version: Annotated[Literal["5.0", "5.1"], Meta(description="Glue's version.")] = "5.1"
    worker_type: Annotated[
        Literal["", "G.1X", "G.2X", "G.4X", "G.8X"], Meta(description="Worker type; from the estimate if left out.")
    ] = ""
    workers: Annotated[
        int, Meta(description="Workers, the driver's among them; from the estimate if 0.", ge=0, le=299)
    ] = 0
    flex: Annotated[bool, Meta(description="Whether spare capacity will do: cheaper, and may have to wait.")] = False
    auto_scaling: Annotated[bool, Meta(description="Whether workers that have nothing to do are given back.")] = True
    timeout_minutes: Annotated[int, Meta(description="Minutes after which Glue stops the job.", ge=1, le=10080)] = 480
    wheelhouse: Annotated[
        bool, Meta(description="Whether all wheels are staged to S3, for networks without a package index.")
    ] = False


class SparkSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a load runs on Spark, where `engine` is `spark`."""

    master: Annotated[
        str, Meta(description='Spark\'s master: "local[*]", "local-cluster[2,1,1024]", "spark://...", "yarn".')
    ] = "local[*]"
    conf: Annotated[dict[str, str], Meta(description="Further Spark settings.")] = {}


class JdbcSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the JDBC route needs: the walkthrough to the letter, with its limits."""

    jar: Annotated[str, Meta(description="Path of the driver's jar, on this machine.")]
    sha256: Annotated[str, Meta(description="The jar's SHA-256, as hex digits.")]
    driver_class: Annotated[str, Meta(description="The driver's class.")] = "com.datastax.astra.jdbc.AstraJdbcDriver"
    url: Annotated[str, Meta(description="JDBC URL with ${user} and ${password}; from the source if left out.")] = ""
    connector: Annotated[str, Meta(description="Name of the custom connector; NAME-connector if left out.")] = ""
