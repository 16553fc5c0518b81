"""From a crawler's file to the AWS resources that it takes, as data: a pure function, nothing is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gluepot.crawler.crawlercheck import split
from gluepot.crawler.policy import crawler_policy
from gluepot.provision.kinds import database, role
from gluepot.provision.resource import Resource

if TYPE_CHECKING:
    from gluepot.crawler.crawlerfile import CrawlerFile, Target

GLUE: Final = "glue.amazonaws.com"

_RECRAWL: Final = {"everything": "CRAWL_EVERYTHING", "new_folders": "CRAWL_NEW_FOLDERS_ONLY"}
_UPDATE: Final = {"update": "UPDATE_IN_DATABASE", "log": "LOG"}
_DELETE: Final = {"deprecate": "DEPRECATE_IN_DATABASE", "delete": "DELETE_FROM_DATABASE", "log": "LOG"}


def owner(file: CrawlerFile, region: str) -> str:
    """Say whose a crawler's resources are, as their tag has it."""
    return f"crawler/{file.name}/{region}"


def stack(file: CrawlerFile, region: str, account: str) -> tuple[Resource, ...]:
    """List the resources of a crawler: the database, the role with its policy, the crawler.

    Args:
        file: The crawler's file.
        region: Where the crawler and the catalog are.
        account: The id of the account that they are for.
    """
    described = f"made by gluepot: its crawler {file.name} works as this role"
    policy = crawler_policy(file, region, account)
    wanted = role.wanted(described, role.trust(GLUE, account), policy, file.permissions_boundary)
    return (
        Resource(
            "database",
            file.database,
            database.wanted(""),
            is_data=True,
            shared=True,
            must_exist=not file.create_database,
            tags=file.tags,
        ),
        Resource("role", file.role_name, wanted, tags=file.tags),
        Resource(
            "crawler",
            file.name,
            crawler(file),
            needs=(("database", file.database), ("role", file.role_name)),
            tags=file.tags,
        ),
    )


def crawler(file: CrawlerFile) -> dict[str, Any]:
    """Say what a crawler is, as CreateCrawler takes it; its configuration as data.

    https://docs.aws.amazon.com/glue/latest/webapi/API_CreateCrawler.html
    """
    return {
        "Role": file.role_name,
        "DatabaseName": file.database,
        "Description": "made by gluepot",
        "Targets": {"S3Targets": [_target(target) for target in file.targets]},
        "Schedule": file.schedule,
        "TablePrefix": file.tables.prefix,
        "RecrawlPolicy": {"RecrawlBehavior": _RECRAWL[file.recrawl]},
        "SchemaChangePolicy": {
            "UpdateBehavior": _UPDATE[file.update_behaviour],
            "DeleteBehavior": _DELETE[file.delete_behaviour],
        },
        "Configuration": configuration(file),
    }


def configuration(file: CrawlerFile) -> dict[str, Any]:
    """Write the configuration, a JSON text of its own in the API.

    https://docs.aws.amazon.com/glue/latest/dg/crawler-configuration.html
    """
    grouping: dict[str, Any] = {}
    if file.tables.combine:
        grouping["TableGroupingPolicy"] = "CombineCompatibleSchemas"
    if file.tables.level:
        grouping["TableLevelConfiguration"] = file.tables.level
    output: dict[str, Any] = {}
    if file.tables.partitions_inherit:
        output["Partitions"] = {"AddOrUpdateBehavior": "InheritFromTable"}
    if file.tables.keep_columns:
        output["Tables"] = {"AddOrUpdateBehavior": "MergeNewColumns"}
    return {
        "Version": 1.0,
        **({"Grouping": grouping} if grouping else {}),
        **({"CrawlerOutput": output} if output else {}),
    }


def _target(target: Target) -> dict[str, Any]:
    bucket, prefix = split(target.path)
    written: dict[str, Any] = {"Path": f"s3://{bucket}/{prefix}/" if prefix else f"s3://{bucket}/"}
    written["Exclusions"] = list(target.exclude)
    if target.sample_size is not None:
        written["SampleSize"] = target.sample_size
    return written
