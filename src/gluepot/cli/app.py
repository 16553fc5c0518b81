"""Which commands there are, with an example and the exit codes of each. They import their jobs late."""

from typing import Annotated

import typer

from gluepot import __version__
from gluepot.cli import say
from gluepot.cli.aws import provisioning
from gluepot.cli.collect import checking, collecting, marks, status
from gluepot.cli.crawl import crawling
from gluepot.cli.load import explaining, loading, proving
from gluepot.cli.options import Debug
from gluepot.cli.query import querying
from gluepot.cli.reporting import (
    OF_FILES,
    OF_LOADS,
    OF_MARKS,
    OF_QUERIES,
    OF_READING,
    OF_RESOURCES,
    OF_SAMPLES,
    reported,
)
from gluepot.cli.source import source as looking
from gluepot.cli.start import sandboxing, starting

CODES = {
    0: "complete",
    1: "bug",
    2: "configuration or usage",
    3: "incomplete: something was denied, throttled out or failed, and is named",
    4: "nothing could be reached",
    5: "another run is at work on this output_path or mark",
    6: "this machine ran short, or ended a process that the run needs",
}


def _taught(example: str, *codes: int) -> str:
    """Build what stands below a command's options; a blank line is a line break there."""
    listed = "; ".join(f"{code} {CODES[code]}" for code in (0, *codes))
    return f"Example: {example}\n\nExit codes: {listed}."


def _app(name: str, text: str, epilog: str | None = None) -> typer.Typer:
    return typer.Typer(
        name=name,
        help=text,
        epilog=epilog,
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )


ALL = _taught("gluepot init, then gluepot run -c gluepot.toml", *list(CODES)[1:])
WHAT = (
    "Collect what an AWS Glue Data Catalog knows, incrementally, and push it to a metadata platform; "
    "load a keyspace of Cassandra or Astra into its tables."
)
app = _app("gluepot", WHAT, ALL)
sources = _app("source", "Look into a Cassandra or Astra keyspace, and write the sample into one.")
hwm = _app("hwm", "Show or set the high-water mark, from which the next run starts.")
config = _app("config", "Describe the configuration.")
load = _app("load", "Load a keyspace of Cassandra or Astra into tables of the Glue catalog.")
aws = _app("aws", "Make, and remove, what a load takes in AWS: roles, buckets, secret, database, job, workgroup.")
crawler = _app("crawler", "Crawl what is in S3 already into tables of the Glue catalog, with AWS Glue's own crawlers.")
explain = _app("explain", "Say plainly what another way of doing it can and cannot do.")
access = _app("access", "Print the least access that the configuration needs.")


def _version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        say.data(f"gluepot {__version__}")
        raise typer.Exit


@app.callback()
def _whole(
    *,
    _asked: Annotated[
        bool, typer.Option("--version", metavar="", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    _debug: Debug = False,
) -> None:
    pass


app.command("init", epilog=_taught("gluepot init -o gluepot.toml", 2))(reported(starting.init, OF_FILES))
app.command("check", epilog=_taught("gluepot check -c gluepot.toml", 2, 3, 4))(reported(checking.check, OF_READING))
app.command("run", epilog=_taught("gluepot run -c gluepot.toml", 2, 3, 4, 5, 6))(reported(collecting.run, OF_MARKS))
app.command("collect", epilog=_taught("gluepot collect -c gluepot.toml --full", 2, 3, 4, 5, 6))(
    reported(collecting.collect, OF_MARKS)
)
app.command("push", epilog=_taught("gluepot push -c gluepot.toml", 2, 3, 5, 6))(reported(collecting.push, OF_MARKS))
app.command("status", epilog=_taught("gluepot status -c gluepot.toml --last 3", 2))(reported(status.status, OF_READING))
app.add_typer(sources)
app.add_typer(load)
app.command("query", epilog=_taught('gluepot query "SELECT count(*) FROM titles" -c plan.toml', 2, 3))(
    reported(querying.query, OF_QUERIES)
)
app.add_typer(aws)
app.add_typer(crawler)
app.add_typer(explain)
app.add_typer(hwm)
app.add_typer(access)
app.add_typer(config)
app.command("sandbox", epilog=_taught("gluepot sandbox --aws-only", 2))(reported(sandboxing.sandbox))
app.command("demo", epilog=_taught("gluepot demo", 1, 2))(reported(sandboxing.demo))

hwm.command("show", epilog=_taught("gluepot hwm show -c gluepot.toml", 2, 3))(reported(marks.show, OF_READING))
hwm.command("set", epilog=_taught("gluepot hwm set '2026-01-31 00:00:00' -c gluepot.toml", 2, 3))(
    reported(marks.set_mark, OF_FILES)
)
config.command("schema", epilog=_taught("gluepot config schema > gluepot.schema.json"))(
    reported(starting.schema, OF_READING)
)
access.command("policy", epilog=_taught("gluepot access policy -c gluepot.toml > policy.json", 2))(
    reported(starting.policy, OF_READING)
)
access.command("role", epilog=_taught("gluepot access role -c gluepot.toml --principal 123456789012 > role.yaml", 2))(
    reported(starting.role, OF_READING)
)
load.command("init", epilog=_taught("gluepot load init -o plan.toml", 2))(reported(loading.init, OF_FILES))
load.command("plan", epilog=_taught("gluepot load plan -c plan.toml --write", 2, 3, 4))(
    reported(loading.plan, OF_FILES)
)
load.command("run", epilog=_taught("gluepot load run -c plan.toml", 2, 3, 4, 5, 6))(reported(loading.run, OF_LOADS))
load.command("status", epilog=_taught("gluepot load status -c plan.toml", 2, 3))(reported(loading.status, OF_READING))
load.command("stop", epilog=_taught("gluepot load stop -c plan.toml", 2, 3))(reported(loading.stop))
load.command("verify", epilog=_taught("gluepot load verify -c plan.toml --rescan", 2, 3, 4, 6))(
    reported(proving.verify, OF_READING)
)
load.command("sql", epilog=_taught("gluepot load sql -c plan.toml --engine duckdb", 2, 3))(
    reported(proving.sql, OF_READING)
)
load.command("schema", epilog=_taught("gluepot load schema > plan.schema.json"))(reported(loading.schema, OF_READING))
sources.command("show", epilog=_taught("gluepot source show -c plan.toml --html keyspace.html", 2, 3, 4))(
    reported(looking.show, OF_READING)
)
sources.command("sample", epilog=_taught("gluepot source sample -c plan.toml", 2, 3, 4))(
    reported(looking.sample, OF_SAMPLES)
)
crawler.command("init", epilog=_taught("gluepot crawler init -o crawler.toml", 2))(reported(crawling.init, OF_FILES))
crawler.command("plan", epilog=_taught("gluepot crawler plan -c crawler.toml", 2, 3))(
    reported(crawling.plan, OF_READING)
)
crawler.command("apply", epilog=_taught("gluepot crawler apply -c crawler.toml", 2, 3, 5))(
    reported(crawling.apply, OF_RESOURCES)
)
crawler.command("run", epilog=_taught("gluepot crawler run -c crawler.toml", 2, 3, 5))(
    reported(crawling.run, OF_RESOURCES)
)
crawler.command("stop", epilog=_taught("gluepot crawler stop -c crawler.toml", 2, 3))(reported(crawling.stop))
crawler.command("status", epilog=_taught("gluepot crawler status -c crawler.toml", 2, 3))(
    reported(crawling.status, OF_READING)
)
crawler.command("destroy", epilog=_taught("gluepot crawler destroy -c crawler.toml", 2, 3, 5))(
    reported(crawling.destroy, OF_RESOURCES)
)
crawler.command("schema", epilog=_taught("gluepot crawler schema > crawler.schema.json"))(
    reported(crawling.schema, OF_READING)
)
aws.command("plan", epilog=_taught("gluepot aws plan -c plan.toml", 2, 3))(reported(provisioning.plan, OF_READING))
aws.command("apply", epilog=_taught("gluepot aws apply -c plan.toml", 2, 3, 5))(
    reported(provisioning.apply, OF_RESOURCES)
)
aws.command("destroy", epilog=_taught("gluepot aws destroy -c plan.toml", 2, 3, 5))(
    reported(provisioning.destroy, OF_RESOURCES)
)
explain.command("jdbc", epilog=_taught("gluepot explain jdbc -c plan.toml", 2, 4))(
    reported(explaining.jdbc, OF_READING)
)
