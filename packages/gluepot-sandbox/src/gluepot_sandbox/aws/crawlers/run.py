"""One crawl: list, classify, group, and write what was found into the catalog, as the crawler's role may."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

from gluepot.crawler.patterns import is_read
from gluepot_sandbox.aws import roles
from gluepot_sandbox.aws.crawlers import folders, tables
from gluepot_sandbox.aws.crawlers.folders import File
from gluepot_sandbox.aws.crawlers.reports import LOG_GROUP
from gluepot_sandbox.aws.crawlers.schemas import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gluepot_sandbox.aws.crawlers.folders import FoundTable
    from gluepot_sandbox.aws.crawlers.reports import Report
    from gluepot_sandbox.aws.crawlers.state import Crawler

SHOWN: Final = 200
"""Files of no known look that the log names at most."""


class DeniedError(Exception):
    """The crawler's role lacks a permission."""


class Crawl:
    """One run of a crawler.

    Args:
        crawler: The crawler; the folders that it has seen are kept in it.
        report: Takes what is done and said.
    """

    def __init__(self, crawler: Crawler, report: Report) -> None:
        """Look up what the crawler works with."""
        from moto.glue.models import glue_backends  # noqa: PLC0415 - lazy: start-up

        self._crawler = crawler
        self._report = report
        self._given = crawler.given
        self._role = roles.find(crawler.account, str(self._given["Role"]))
        self._glue: Any = glue_backends[crawler.account][crawler.region]
        self._configuration = json.loads(self._given.get("Configuration") or "{}")

    def run(self) -> None:
        """Crawl; what stops it is in the report."""
        name, database = self._crawler.name, str(self._given["DatabaseName"])
        self._report.log("BENCHMARK", f"Running Start Crawl for Crawler {name}")
        try:
            self._check(database)
            found = [table for target in self._given["Targets"].get("S3Targets", ()) for table in self._look(target)]
            self._report.log("BENCHMARK", f"Classification complete, writing results to database {database}")
            self._write(database, found)
        except DeniedError as error:
            self._report.fail(str(error))
        self._report.log("BENCHMARK", f"Finished writing to Catalog in {time.strftime('%Y-%m-%dT%H:%M:%SZ')}")
        self._report.log("BENCHMARK", "Crawler has finished running and is in state READY")

    def _check(self, database: str) -> None:
        group = self._arn("logs", f"log-group:{LOG_GROUP}")
        self._require("logs:CreateLogGroup", group)
        self._require("logs:CreateLogStream", group)
        self._require("logs:PutLogEvents", f"{group}:log-stream:{self._crawler.name}")
        self._require("glue:GetDatabase", self._glue_arn(f"database/{database}"))
        if database not in self._glue.databases:
            raise DeniedError(f"Database {database} not found. (Service: AWSGlue; Error Code: EntityNotFoundException)")

    # looking -----------------------------------------------------------------------------------------

    def _look(self, target: Mapping[str, Any]) -> list[FoundTable]:
        """List a target and classify its files."""
        bucket, _, prefix = str(target["Path"]).removeprefix("s3://").partition("/")
        prefix = prefix.strip("/")
        listed = list(self._list(bucket, prefix, target.get("Exclusions", ())))
        chosen = _sampled(listed, int(target.get("SampleSize") or 0))
        files, unknown = [], []
        for key, stored in chosen:
            self._require("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
            schema = schema_of(key, stored.value)
            if schema is None:
                unknown.append(f"s3://{bucket}/{key}")
            else:
                files.append(File(key, stored.size, schema))
        if unknown:
            names = ", ".join(unknown[:SHOWN])
            self._report.log(
                "WARN", f"Classification is UNKNOWN for {len(unknown)} files, no table is made of: {names}"
            )
        base = (bucket, *filter(None, prefix.split("/")))
        added, others = folders.added(bucket, files, self._known()) if self._is_new_only() else ([], files)
        return added + folders.tables(folders.tree(base, others), level=self._level(), combine=self._combines())

    def _known(self) -> list[str]:
        """Give where the tables lie that this crawler keeps."""
        held = self._glue.databases[str(self._given["DatabaseName"])].tables.values()
        return [_location(table) for table in held if _parameters(table).get(tables.UPDATED) == self._crawler.name]

    def _list(self, bucket: str, prefix: str, exclusions: Iterable[str]) -> Iterator[tuple[str, Any]]:
        from moto.s3.models import FakeKey, s3_backends  # noqa: PLC0415 - lazy: start-up

        self._require("s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": f"{prefix}/" if prefix else ""})
        held = s3_backends[self._crawler.account]["aws"].buckets.get(bucket)
        if held is None:
            reason = (
                "The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket"
            )
            raise DeniedError(f"{reason}; Bucket: {bucket})")
        begin = f"{prefix}/" if prefix else ""
        for key, stored in sorted(held.keys.items()):
            if not isinstance(stored, FakeKey) or not (key.startswith(begin) or key == prefix):
                continue
            inner = key[len(begin) :] if key.startswith(begin) else key.rsplit("/", 1)[-1]
            folder = f"s3://{bucket}/{key.rpartition('/')[0]}"
            if is_read(inner, stored.size, exclusions) and self._is_wanted(folder):
                yield key, stored

    def _is_wanted(self, folder: str) -> bool:
        """Leave out folders that earlier crawls have seen, where only new ones are crawled."""
        self._crawler.looking.add(folder)
        policy = (self._given.get("RecrawlPolicy") or {}).get("RecrawlBehavior")
        return policy != "CRAWL_NEW_FOLDERS_ONLY" or folder not in self._crawler.seen

    # writing -----------------------------------------------------------------------------------------

    def _write(self, database: str, found: list[FoundTable]) -> None:
        held = self._glue.databases[database].tables
        taken = {name: _location(table) for name, table in held.items()}
        by_location = {location.rstrip("/"): name for name, location in taken.items() if location}
        for table in found:
            known = by_location.get(table.location.rstrip("/"))
            name = known or tables.free_name(table, str(self._given.get("TablePrefix") or ""), taken)
            taken[name] = table.location
            self._write_table(database, name, table)
        self._remove(database, {table.location.rstrip("/") for table in found})

    def _write_table(self, database: str, name: str, found: FoundTable) -> None:
        input_ = tables.table_input(found, name, self._crawler.name, (found.schema.files, found.schema.size))
        held = self._glue.databases[database].tables
        if name not in held:
            self._require("glue:CreateTable", self._glue_arn(f"table/{database}/{name}"))
            self._glue.create_table(database, name, input_)
            self._report.tables["ADD"].append(name)
            self._report.log("INFO", f"Created table {name} in database {database}")
        else:
            self._update_table(database, name, input_)
        self._write_partitions(database, name, found)

    def _update_table(self, database: str, name: str, input_: dict[str, Any]) -> None:
        held = self._glue.databases[database].tables[name]
        old = held.versions[str(held._current_version)]  # noqa: SLF001 - moto keeps the newest version there only
        merge = self._output("Tables") == "MergeNewColumns"
        if self._is_new_only():
            return  # a part of the table says nothing of the whole
        new = tables.updated(old, input_, merge=merge)
        if new is None:
            return
        if self._policy("UpdateBehavior") == "LOG":
            self._report.log("INFO", f"Table {name} in database {database} has changed; UpdateBehavior is LOG")
            return
        self._require("glue:UpdateTable", self._glue_arn(f"table/{database}/{name}"))
        self._glue.update_table(database, name, new)
        self._report.tables["UPDATE"].append(name)
        self._report.log("INFO", f"Updated table {name} in database {database}")

    def _write_partitions(self, database: str, name: str, found: FoundTable) -> None:
        if found.depth < 1:
            return
        table = self._glue.databases[database].tables[name]
        current = table.versions[str(table._current_version)]  # noqa: SLF001 - as above
        inherit = self._output("Partitions") == "InheritFromTable"
        columns = current["StorageDescriptor"]["Columns"] if inherit else None
        for leaf in sorted(found.leaves):
            input_ = tables.partition_input(found, leaf, columns)
            if str(input_["Values"]) in table.partitions:
                continue
            self._require("glue:BatchCreatePartition", self._glue_arn(f"table/{database}/{name}"))
            table.create_partition(input_)
            self._report.partitions["ADD"][name].append("/".join(leaf))

    def _remove(self, database: str, found: set[str]) -> None:
        """Do with tables whose files are gone what the schema change policy says."""
        if self._is_new_only():
            return
        held = self._glue.databases[database].tables
        for name, table in list(held.items()):
            current = table.versions[str(table._current_version)]  # noqa: SLF001 - as above
            ours = _parameters(table).get(tables.UPDATED) == self._crawler.name
            if ours and _location(table).rstrip("/") not in found:
                self._gone(database, name, current)

    def _gone(self, database: str, name: str, current: dict[str, Any]) -> None:
        match self._policy("DeleteBehavior"):
            case "DELETE_FROM_DATABASE":
                self._require("glue:DeleteTable", self._glue_arn(f"table/{database}/{name}"))
                self._glue.delete_table(database, name)
                self._report.tables["DELETE"].append(name)
            case "DEPRECATE_IN_DATABASE" if tables.DEPRECATED not in current["Parameters"]:
                self._require("glue:UpdateTable", self._glue_arn(f"table/{database}/{name}"))
                marked = {**current["Parameters"], tables.DEPRECATED: str(int(time.time() * 1000))}
                self._glue.update_table(database, name, {**current, "Parameters": marked})
                self._report.tables["UPDATE"].append(name)
            case _:
                self._report.log("INFO", f"Table {name} in database {database} has no files any more")

    # what the crawler is told -------------------------------------------------------------------------

    def _is_new_only(self) -> bool:
        policy = (self._given.get("RecrawlPolicy") or {}).get("RecrawlBehavior")
        return policy == "CRAWL_NEW_FOLDERS_ONLY" and bool(self._crawler.seen)

    def _policy(self, behaviour: str) -> str:
        defaults = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"}
        return str((self._given.get("SchemaChangePolicy") or {}).get(behaviour, defaults[behaviour]))

    def _output(self, what: str) -> str:
        held = (self._configuration.get("CrawlerOutput") or {}).get(what) or {}
        return str(held.get("AddOrUpdateBehavior", ""))

    def _level(self) -> int:
        return int((self._configuration.get("Grouping") or {}).get("TableLevelConfiguration") or 0)

    def _combines(self) -> bool:
        policy = (self._configuration.get("Grouping") or {}).get("TableGroupingPolicy")
        return str(policy) == "CombineCompatibleSchemas"

    # permissions --------------------------------------------------------------------------------------

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self._crawler.region}:{self._crawler.account}:{resource}"

    def _glue_arn(self, resource: str) -> str:
        return self._arn("glue", resource)

    def _require(self, action: str, resource: str, context: Mapping[str, str] | None = None) -> None:
        """Stop where the role may not do it; Glue asks for permission on what is above, too."""
        above = [resource]
        if action.startswith("glue:"):
            database = resource.partition(":table/")[2].partition("/")[0]
            above = [
                self._glue_arn("catalog"),
                *([self._glue_arn(f"database/{database}")] if database else []),
                resource,
            ]
        for arn in above:
            if self._role is None or not roles.may(self._role, action, arn, context):
                raise DeniedError(
                    f"User: {self._session()} is not authorized to perform: {action} on resource: {arn} because no "
                    f"identity-based policy allows the {action} action (Status Code: 403; Error Code: AccessDenied)"
                )

    def _session(self) -> str:
        name = str(self._given["Role"]).rpartition("/")[2]
        return f"arn:aws:sts::{self._crawler.account}:assumed-role/{name}/AWS-Crawler"


def _parameters(table: Any) -> dict[str, str]:  # noqa: ANN401 - moto ships no types
    current = table.versions[str(table._current_version)]  # noqa: SLF001 - as above
    return dict(current.get("Parameters") or {})


def _location(table: Any) -> str:  # noqa: ANN401 - moto ships no types
    current = table.versions[str(table._current_version)]  # noqa: SLF001 - as above
    return str((current.get("StorageDescriptor") or {}).get("Location") or "")


def _sampled(listed: list[tuple[str, Any]], most: int) -> list[tuple[str, Any]]:
    """Take at most so many files of each folder; all of them where none is told."""
    if not most:
        return listed
    counts: dict[str, int] = {}
    chosen = []
    for key, stored in listed:
        folder = key.rpartition("/")[0]
        counts[folder] = counts.get(folder, 0) + 1
        if counts[folder] <= most:
            chosen.append((key, stored))
    return chosen
