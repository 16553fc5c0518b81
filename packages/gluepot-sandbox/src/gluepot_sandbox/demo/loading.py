"""The demo's first half: a keyspace of a real Cassandra becomes Iceberg tables, proven equal, and is queried."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

from gluepot.files import write_atomically
from gluepot.loader.core import extra
from gluepot_sandbox.demo.catalog import REGION
from gluepot_sandbox.demo.folder import shown

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot_sandbox.aws import Emulator
    from gluepot_sandbox.cassandra import Node
    from gluepot_sandbox.demo.screen import Screen

BUCKET: Final = "demo-tables"
DATABASE: Final = "astraglue"
PASSWORD: Final = "DEMO_CASSANDRA_PASSWORD"  # noqa: S105 - the variable's name
NAME: Final = "load.toml"
SQL: Final = (
    "SELECT type, count(*) AS titles, min(release_year) AS since FROM movies_and_tv GROUP BY type ORDER BY titles"
)

_PLAN: Final = """\
[source]
keyspace = "astraglue_ks"
contact_points = ["{host}"]
port = {port}
user = "cassandra"
password = "env:{password}"

[target]
database = "{database}"
location = "s3://{bucket}/astraglue_ks"
region = "{region}"
create_database = true

[table.viewings]
partition = ["month(seen)"]
static = "split"
types.price = "decimal(10,2)"
"""


def tell(screen: Screen, home: Path, aws: Emulator) -> None:
    """Tell the first half; where there is no Cassandra to be had, say why, and let the second half go on."""
    why = missing()
    if why:
        screen.step("A Cassandra keyspace becomes tables")
        screen.say(f"Left out: {why}.")
        screen.say("The demo goes on with the catalog.")
        return
    from gluepot_sandbox import cassandra as server  # noqa: PLC0415 - lazy: start-up

    command = f"gluepot source sample -c {shown(home / NAME)}"
    screen.step("A real Cassandra, and the walkthrough's sample in it", command)
    with screen.busy("Apache Cassandra starts on this machine"):
        node = server.start()
    with node:
        os.environ[PASSWORD] = node.password
        aws.client("s3", region=REGION).create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        _sample(screen, node)
        file = _plan(screen, home, node)
        _planned(screen, file)
        _run(screen, file)
        _verified(screen, file)
        _queried(screen, file)
        _kept_secret(screen, node, home, aws)


def missing() -> str:
    """Say what keeps Cassandra from being started; empty where nothing does."""
    if not extra.is_installed():
        return "it takes pip install 'gluepot[load]'"
    from gluepot_sandbox import cassandra as server  # noqa: PLC0415 - lazy: start-up

    return server.unavailable()


def _sample(screen: Screen, node: Node) -> None:
    from gluepot.source import sample  # noqa: PLC0415 - lazy: start-up

    with screen.busy("the sample is written"):
        session = node.connect()
        try:
            written = sample.write(session, create=True)
            version = session.execute("SELECT release_version FROM system.local").one()[0]
        finally:
            session.cluster.shutdown()
    screen.say(f"Apache Cassandra {version} at {node.host}:{node.port}, keyspace {written.keyspace}:")
    screen.table(("TABLE", "ROWS"), list(written.rows.items()))


def _plan(screen: Screen, home: Path, node: Node) -> Path:
    text = _PLAN.format(
        host=node.host, port=node.port, password=PASSWORD, database=DATABASE, bucket=BUCKET, region=REGION
    )
    file = write_atomically(home / NAME, text.encode())
    screen.step("The plan: what becomes of it, before anything is touched", f"gluepot load plan -c {shown(file)}")
    screen.lines(text)
    return file


def _planned(screen: Screen, file: Path) -> None:
    from gluepot import plan_load  # noqa: PLC0415 - lazy: start-up

    planned = plan_load(file)
    plan = planned.plan
    table = next(one for one in plan.tables if one.source == "viewings")
    rows = [(one.name, one.type, one.source or one.role, one.cql) for one in table.columns]
    screen.say(f"{plan.keyspace}.{table.source} becomes {plan.database}.{table.name}:")
    screen.table(("COLUMN", "TYPE", "FROM", "CQL TYPE"), rows, wide="TYPE")
    screen.look(
        "the types: a uuid is text, since Athena reads no uuid; a varint is decimal(38, 0); nothing is guessed."
    )
    screen.claim("the plan refuses nothing", not planned.refusals, planned.refusals)


def _run(screen: Screen, file: Path) -> None:
    from gluepot import run_load  # noqa: PLC0415 - lazy: start-up

    screen.step("The load: read, stage, one snapshot for each table", f"gluepot load run -c {shown(file)}")
    with screen.busy("token ranges are read, converted, staged and committed"):
        done = run_load(file).tables
    rows = [
        (one.table.name, one.read, one.rows, one.committed.files if one.committed else 0, str(one.error or "committed"))
        for one in done
    ]
    screen.table(("TABLE", "READ", "ROWS", "FILES", "RESULT"), rows, wide="RESULT")
    screen.claim("every table is committed", all(one.error is None for one in done), [one.error for one in done])
    counts = {one.table.name: one.rows for one in done}
    screen.claim("the 120 titles are there", counts.get("movies_and_tv") == 120, counts)  # noqa: PLR2004 - the sample's


def _verified(screen: Screen, file: Path) -> None:
    from gluepot import verify_load  # noqa: PLC0415 - lazy: start-up

    screen.step("The proof: lake and source, range by range", f"gluepot load verify --rescan -c {shown(file)}")
    with screen.busy("the lake is read as Athena reads it, and the source again"):
        found = verify_load(file, rescan=True)
    rows = [
        (one.table.name, one.found.rows, f"{one.found.checksum % 2**64:016x}", "equal" if one.is_equal else "DIFFERS")
        for one in found
    ]
    screen.table(("TABLE", "ROWS", "CHECKSUM", "RESULT"), rows)
    screen.claim("every table equals its source", all(one.is_equal for one in found), rows)


def _queried(screen: Screen, file: Path) -> None:
    from gluepot import query  # noqa: PLC0415 - lazy: start-up

    screen.step("The tables, queried", f'gluepot query "{SQL}" -c {shown(file)}')
    answer = query(SQL, file)
    rows = answer.to_pylist()
    screen.table(tuple(name.upper() for name in answer.schema.names), [tuple(row.values()) for row in rows])
    titles = sum(row["titles"] for row in rows)
    screen.claim("the query finds every title", titles == 120, titles)  # noqa: PLR2004 - the sample's


def _kept_secret(screen: Screen, node: Node, home: Path, aws: Emulator) -> None:
    """Look for the password wherever the load could have left it."""
    s3: Any = aws.client("s3", region=REGION)
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    bodies = [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys]
    bodies += [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    tables = aws.client("glue", region=REGION).get_tables(DatabaseName=DATABASE)["TableList"]
    bodies.append(json.dumps(tables, default=str).encode())
    held = [body for body in bodies if node.password.encode() in body]
    screen.claim("Cassandra's password is in no file, no object and no catalog entry", not held, len(held))
