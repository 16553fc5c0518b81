"""What the documentation shows is what happens: its blocks are run, its references compared, its links followed."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from tests.support import background, pages, warm
from tests.support.availability import not_available
from tests.support.pages import REASONS, ROOT, RUNNABLE
from tools import reference

from gluepot import config
from gluepot.crawler import readfile as crawlerfile
from gluepot.loader.plan import readfile
from gluepot.source import sample
from gluepot_sandbox import aws as emulator
from gluepot_sandbox import cassandra as servers
from gluepot_sandbox.aws import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.pages import Block

    from gluepot_sandbox.cassandra import Node

REGION = "ap-southeast-2"
HUB, SECOND = "123456789012", "210987654321"
CATALOG: dict[str, dict[str, tuple[str, ...]]] = {
    HUB: {"media": ("titles", "people"), "sales": ("orders", "orders_tmp")},
    SECOND: {"finance": ("ledger",)},
}
"""What the reader's accounts hold, as far as these tests go."""

PAGES = pages.pages()
CONFIGURATIONS = [
    block
    for page in PAGES
    for block in pages.blocks(page)
    if block.language in {"json", "toml", "yaml"} and block.word("file")
]
REFERENCE = reference.pages()
RUN = [page for page in PAGES if any("test" in block.words for block in pages.blocks(page))]


@pytest.fixture
def aws(server: emulator.Emulator) -> emulator.Emulator:
    """Two accounts with a catalog each, roles to reach the second, and a landing bucket."""
    server.reset()
    server.add(
        roles=[
            Role(f"arn:aws:iam::{HUB}:role/Hub", max_session_seconds=43200),
            Role(f"arn:aws:iam::{SECOND}:role/KadaGlueRole", external_id="our-external-id", max_session_seconds=43200),
        ],
        accounts={"AKIASECOND0000000000": SECOND},
    )
    for account, databases in CATALOG.items():
        key = emulator.ACCESS_KEY if account == HUB else "AKIASECOND0000000000"
        fill(server.client("glue", access_key=key, region=REGION), databases)
    for bucket in ("our-landing", "our-lake"):
        server.client("s3", region="us-east-1").create_bucket(Bucket=bucket)
    return server


def fill(glue: object, databases: dict[str, tuple[str, ...]]) -> None:
    for database, tables in databases.items():
        glue.create_database(DatabaseInput={"Name": database})  # type: ignore[attr-defined] # boto3's types are generated
        for table in tables:
            columns = [{"Name": "id", "Type": "bigint"}, {"Name": "name", "Type": "string", "Comment": "as printed"}]
            storage = {"Columns": columns, "Location": f"s3://our-lake/{database}/{table}/"}
            glue.create_table(DatabaseName=database, TableInput={"Name": table, "StorageDescriptor": storage})  # type: ignore[attr-defined] # likewise


def has_background(page: str) -> bool:
    """Tell whether a page brings servers of its own."""
    return any("background" in block.words for block in pages.blocks(page))


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What a reader's shell has: `gluepot` and `python`, and nothing that leads to an AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    paths = [str(ROOT / "src"), str(ROOT / "packages" / "gluepot-kada" / "src")]
    own = {**kept, "PYTHONPATH": os.pathsep.join(paths), "PYTHONWARNINGS": "error", "COLUMNS": "100"}
    with warm.programs(tmp_path_factory.mktemp("bin"), own) as programs:
        yield {**own, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def environment(page: str, request: pytest.FixtureRequest, readers: dict[str, str]) -> dict[str, str]:
    """The environment of a reader whose AWS is the emulator; of one without an AWS where the page starts a sandbox."""
    given: dict[str, str] = {}
    if not has_background(page):
        given = request.getfixturevalue("aws").environment(region=REGION)
    elif why := servers.unavailable():
        not_available(why)
    return {**readers, **given}


@pytest.fixture
def cassandra(page: str, environment: dict[str, str], request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a real Cassandra for pages that name one; its password is in the environment."""
    if not any("contact_points" in block.body for block in pages.blocks(page) if block.word("file")):
        yield 0
        return
    node: Node = request.getfixturevalue("node")
    session = request.getfixturevalue("session")
    environment["CASSANDRA_PASSWORD"] = node.password
    yield node.port
    # the pages write the sample; the node is shared with other files of tests that make a keyspace of its name
    session.execute(f"DROP KEYSPACE IF EXISTS {sample.KEYSPACE}", timeout=120)


@pytest.mark.parametrize("page", RUN)
def test_what_a_page_shows_is_what_happens(
    page: str, environment: dict[str, str], cassandra: int, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with contextlib.ExitStack() as stack:
        for block in pages.blocks(page):
            if file := block.word("file"):
                (home / file).parent.mkdir(parents=True, exist_ok=True)
                (home / file).write_text(block.body.replace("port = 9042", f"port = {cassandra}"))
            if "background" in block.words:
                environment = stack.enter_context(background.started(block, home, environment))
            if "test" in block.words:
                run(block, home, environment)


def run(block: Block, home: Path, environment: dict[str, str]) -> None:
    if block.language == "python":
        done = call(["python", "-c", block.body], home, environment)
        assert done.returncode == 0, f"{block.name}\n{done.stdout}{done.stderr}"
        return
    done = call(["bash", "-c", pages.script(block)], home, environment)
    shown = pages.commands(block)
    ended = list(pages.answers(done.stdout))
    assert len(ended) == len(shown), f"{block.name}\n{done.stdout}{done.stderr}"
    wanted = [0] * (len(shown) - 1) + [int(block.word("exit") or 0)]
    for command, (printed, code), expected in zip(shown, ended, wanted, strict=True):
        told = f"{block.name}: {command.text} ended with {code}\n{printed}{done.stderr}"
        assert code == expected, told
        assert not command.prints or pages.matches(command.prints, printed), told


def call(command: list[str], home: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("block", CONFIGURATIONS, ids=lambda block: block.name)
def test_every_configuration_that_is_shown_is_one(block: Block, tmp_path: Path) -> None:
    path = tmp_path / block.word("file")
    path.write_text(block.body)
    if "contact_points" in block.body:
        assert readfile.read(path, environ={"CASSANDRA_PASSWORD": "p"}).target.database
    elif "[[targets]]" in block.body:
        assert crawlerfile.read(path).targets
    else:
        assert config.load(path).regions


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_becomes_of_it(page: str) -> None:
    silent = []
    for block in pages.blocks(page):
        is_run = {"test", "background"} & set(block.words)
        told = is_run or block.word("file") or block.word("not-run") in REASONS
        if block.language in RUNNABLE and not told:
            silent.append(block.name)
    assert silent == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_inside_the_repository_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    lost = []
    for target in re.findall(r"\]\(([^)#\s]+)(#[^)\s]*)?\)", text):
        path = target[0]
        if "://" not in path and not ((ROOT / page).parent / path).exists():
            lost.append(path)
    assert lost == []


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_the_reference_is_what_make_docs_writes(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert written == REFERENCE[name], "run: make docs"


def test_the_readme_holds_the_columns_the_keys_and_the_exit_codes_of_the_code() -> None:
    from gluepot.cli.app import CODES
    from gluepot.collector.extract.k import COLUMNS
    from gluepot.config import schema

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for family, columns in COLUMNS.items():
        assert f"| {family} | {', '.join(columns)} |" in text
    keys = set(re.findall(r"`(\w+)`", section(text, "Configuration")))
    assert set(schema()["properties"]) <= keys
    assert [int(code) for code in re.findall(r"^\| (\d) \|", section(text, "Exit codes"), re.MULTILINE)] == list(CODES)


def section(text: str, title: str) -> str:
    """Cut a section out of a page."""
    return re.split(r"^## ", text.split(f"\n## {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def test_decisions_are_numbered_and_listed() -> None:
    folder = ROOT / "docs" / "adr"
    records = sorted(path for path in folder.glob("[0-9]*.md"))
    assert [path.name[:4] for path in records] == [f"{number:04d}" for number in range(1, len(records) + 1)]
    listed = (folder / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in records if path.name not in listed] == []
    for path in records:
        text = path.read_text(encoding="utf-8")
        assert [title for title in ("## Context", "## Decision", "## What it costs") if title not in text] == [], path
