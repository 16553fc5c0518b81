"""From a plan file to the AWS resources that it takes, as data: a pure function, nothing is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.aws.arn import Arns
from gluepot.loader.stack import jdbc
from gluepot.loader.stack.jobfile import job_definition
from gluepot.loader.stack.jobpolicy import job_policy
from gluepot.loader.stack.names import Names, names, stored_secret
from gluepot.provision.kinds import bucket, connection, database, job, role, secret, workgroup
from gluepot.provision.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gluepot.loader.core.planfile import PlanFile
    from gluepot.plan.table import PlannedTable
    from gluepot.provision.resource import Key

GLUE: str = "glue.amazonaws.com"

__all__ = ["Names", "left_over", "names", "stack"]


def stack(file: PlanFile, account: str, tables: Sequence[PlannedTable] = ()) -> tuple[Resource, ...]:
    """List the resources of a plan file.

    Buckets, secret, database and workgroup are there whatever the engine; role, network connection and job belong to a
    load that runs as a Glue job, gluepot's own or that of the JDBC route.

    Args:
        file: The plan file.
        account: The id of the account that they are for.
        tables: What is read, as planned: the JDBC route's job names columns and their types.
    """
    called = names(file)
    resources = [
        *_buckets(file, called),
        *_secrets(file, called),
        Resource(
            "database",
            file.target.database,
            database.wanted(file.target.location.rstrip("/")),
            needs=(_bucket(file.target.location),),
            is_data=True,
            shared=True,
            tags=file.aws.tags,
        ),
        Resource(
            "workgroup",
            called.workgroup,
            workgroup.wanted(called.results, file.aws.kms_key),
            needs=(_bucket(called.results),),
            shared=bool(file.aws.workgroup),
            tags=file.aws.tags,
        ),
    ]
    if file.route == "jdbc":
        resources += [*_role(file, called, account), *jdbc.resources(file, called, tables)]
    elif file.engine == "glue":
        resources += [*_role(file, called, account), _job(file, called)]
    return tuple(resources)


def left_over(file: PlanFile) -> tuple[Resource, ...]:
    """List what an earlier version of a plan file may have taken, and this one does not: where it stands, it goes."""
    called = names(file)
    job_key, role_key = ("job", called.job), ("role", called.role)
    unwanted = []
    in_glue = file.engine == "glue" or file.route == "jdbc"
    if not in_glue:
        unwanted.append(role_key)
    if file.engine != "glue" or file.route == "jdbc":
        unwanted.append(job_key)
    if not in_glue or file.aws.network is None:
        unwanted.append(("connection", called.connection))
    needs: dict[Key, tuple[Key, ...]] = {job_key: (role_key, ("connection", called.connection))}
    if file.route != "jdbc":
        unwanted += (of_route := jdbc.needs(file, called))
        needs |= of_route
    return tuple(
        Resource(
            *key, wanted={"Role": called.role} if key[0] == "job" else {}, needs=needs.get(key, ()), is_left_over=True
        )
        for key in unwanted
    )


def _buckets(file: PlanFile, called: Names) -> Iterator[Resource]:
    for _, name in dict.fromkeys(map(_bucket, (file.target.location, called.assets, called.results))):
        yield Resource(
            "bucket",
            name,
            bucket.wanted(called.region, file.aws.kms_key),
            is_data=True,
            shared=True,
            must_exist=not file.aws.create_buckets,
            tags=file.aws.tags,
        )


def _secrets(file: PlanFile, called: Names) -> Iterator[Resource]:
    if called.secret:
        is_there = called.secret == stored_secret(file.source)
        yield Resource(
            "secret",
            called.secret,
            secret.wanted(file.aws.kms_key),
            shared=is_there or bool(file.aws.secret),
            must_exist=is_there,
            tags=file.aws.tags,
        )


def _role(file: PlanFile, called: Names, account: str) -> Iterator[Resource]:
    """List what a job runs as, and where."""
    by = jdbc.jdbc_names(file, called).job if file.route == "jdbc" else called.job
    description = f"made by gluepot: its job {by} runs as this role"
    trusted, policy = role.trust(GLUE, account), job_policy(file, called, account)
    if file.route == "jdbc":
        policy["Statement"] += jdbc.statements(Arns(called.region, account), file, called)
    wanted = role.wanted(description, trusted, policy, file.aws.permissions_boundary)
    yield Resource("role", called.role, wanted, tags=file.aws.tags)
    if file.aws.network is not None:
        yield Resource("connection", called.connection, connection.network(file.aws.network), tags=file.aws.tags)


def _job(file: PlanFile, called: Names) -> Resource:
    """Describe what runs a load as a Glue job."""
    needs: list[Key] = [("role", called.role), _bucket(called.assets)]
    if file.aws.network is not None:
        needs.append(("connection", called.connection))
    return Resource("job", called.job, job.wanted(job_definition(file, called)), tuple(needs), tags=file.aws.tags)


def _bucket(place: str) -> Key:
    """Name the bucket of a place `s3://BUCKET/PREFIX`."""
    return "bucket", place.removeprefix("s3://").partition("/")[0]
