"""`gluepot source` as it is typed, against a real Cassandra; what it prints and writes holds no password."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import commands

from gluepot.source import sample

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from gluepot_sandbox.cassandra import Node

KEYSPACE = "sampled_ks"


class Folder:
    """A folder with a plan file for the node.

    Args:
        folder: The folder.
        node: The node.
    """

    def __init__(self, folder: Path, node: Node) -> None:
        self.folder = folder
        self.node = node
        self.plan(KEYSPACE)

    def plan(self, keyspace: str, **more: str) -> None:
        """Write the plan file."""
        source = {"user": self.node.user, "password": "env:CASSANDRA_PASSWORD", "keyspace": keyspace, **more}
        lines = [f'{name} = "{value}"' for name, value in source.items()]
        points = [f'contact_points = ["{self.node.host}"]', f"port = {self.node.port}"]
        target = ['database = "lake"', 'location = "s3://our-lake/x"', 'region = "us-east-1"']
        text = "\n".join(["[source]", *points, *lines, "", "[target]", *target, ""])
        (self.folder / "plan.toml").write_text(text)

    def run(
        self, *arguments: str, code: int = 0, process: bool = False, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one command, which ends with this code."""
        mine = {"CASSANDRA_PASSWORD": self.node.password, "AWS_EC2_METADATA_DISABLED": "true", **environ}
        given = ("source", *arguments, "-c", "plan.toml")
        done = commands.run(*given, folder=self.folder, environ={**os.environ, **mine}, process=process)
        assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        assert self.node.password not in done.stdout + done.stderr
        return done


@pytest.fixture(scope="module")
def home(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A plan file, and a keyspace with the sample in it."""
    home = Folder(tmp_path_factory.mktemp("home"), node)
    home.run("sample", process=True)
    return home


def test_the_sample_is_written_and_twice_is_as_good_as_once(home: Folder, session: Any) -> None:
    told = json.loads(home.run("sample", "--output", "json").stdout)
    assert told == {"keyspace": KEYSPACE, "rows": {sample.TITLES: 120, sample.VIEWINGS: 60}}
    (count,) = session.execute(f"SELECT count(*) FROM {KEYSPACE}.{sample.TITLES}").one()
    assert count == 120


def test_the_sample_is_shown_with_its_tables_types_and_sizes(home: Folder) -> None:
    text = home.run("show", process=True).stdout
    assert f"{sample.TITLES}  120 rows" in text
    assert "show_id       partition key  text      string" in text
    assert "device  type, used by viewings" in text


def test_one_table_is_shown_with_rows(home: Folder) -> None:
    plain = json.loads(home.run("show", sample.VIEWINGS, "--rows", "3", "--output", "json").stdout)
    (table,) = plain["tables"]
    assert len(table["sample"]) == 3
    assert {"took", "taste", "marksByName"} <= set(table["sample"][0])


def test_the_page_is_written_and_holds_no_password(home: Folder) -> None:
    done = home.run("show", "--html", "ks.html")
    assert (done.stdout, done.stderr) == ("", "wrote ks.html\n")
    page = (home.folder / "ks.html").read_text(encoding="utf-8")
    assert sample.TITLES in page
    assert home.node.password not in page


def test_a_secret_wherever_a_keyspace_has_room_for_one_is_shown_nowhere(
    home: Folder, keyspace: str, session: Any
) -> None:
    token, password = "ghp_" + "planted" * 5 + "p", "Tr0ub4dor3x"
    session.execute(f'CREATE TYPE {keyspace}."of {token}" ("secret={password}" text, api_key text)')
    session.execute(
        f'CREATE TABLE {keyspace}.logins (id int PRIMARY KEY, password text, note text, "x {token}" text, '
        f'held frozen<"of {token}">, named map<text, text>) '
        f"WITH comment = 'fed by ftp://reader:{password}@h/ and {token}'"
    )
    session.execute(
        f"INSERT INTO {keyspace}.logins (id, password, note, held, named) VALUES (1, 'swordfish', 'use {token}', "
        f"{{\"secret={password}\": 'plain', api_key: '0f9e8d7c6b5a'}}, {{'token': '0f9e8d7c6b5b', 'a': 'kept'}})"
    )
    home.plan(keyspace)
    try:
        home.run("show", "--html", "planted.html")
        shown = [home.run("show", "logins", "--output", form).stdout for form in ("text", "json")]
    finally:
        home.plan(KEYSPACE)
    for text in (*shown, (home.folder / "planted.html").read_text(encoding="utf-8")):
        assert "fed by ftp://reader:***@h/" in text
        assert "kept" in text
        for secret in (token, password, "swordfish", "0f9e8d7c6b5a", "0f9e8d7c6b5b"):
            assert secret not in text


def test_rows_of_somebody_else_stay_alone_unless_yes_is_said(home: Folder, session: Any) -> None:
    session.execute(f"INSERT INTO {KEYSPACE}.{sample.TITLES} (show_id, title) VALUES ('mine', 'Mine')")
    done = home.run("sample", code=2)
    assert f"{sample.TITLES} has mine" in done.stderr
    assert "--yes" in done.stderr
    home.run("sample", "--yes")
    row = session.execute(f"SELECT title FROM {KEYSPACE}.{sample.TITLES} WHERE show_id = 'mine'").one()
    assert row.title == "Mine"
    session.execute(f"DELETE FROM {KEYSPACE}.{sample.TITLES} WHERE show_id = 'mine'")


def test_a_table_of_that_name_with_other_columns_is_refused(home: Folder, keyspace: str, session: Any) -> None:
    session.execute(f"CREATE TABLE {keyspace}.{sample.TITLES} (id int PRIMARY KEY)")
    assert "is not the sample's" in home.run("sample", "--keyspace", keyspace, code=2).stderr


def test_a_keyspace_that_is_missing_is_not_created_where_that_is_not_wanted(home: Folder) -> None:
    done = home.run("sample", "--keyspace", "not_there", "--no-create-keyspace", code=2)
    assert "there is no keyspace 'not_there'" in done.stderr


@pytest.mark.parametrize(
    ("plan", "arguments", "told", "code"),
    [
        ({"keyspace": "sampled"}, (), KEYSPACE, 2),
        ({}, ("movies",), sample.TITLES, 2),
        ({"password": "wrong-password"}, (), "wrong user or password", 2),
        ({"password": "env:NOT_SET"}, (), "NOT_SET", 2),
    ],
)
def test_what_is_wrong_is_told(
    home: Folder, plan: dict[str, str], arguments: tuple[str, ...], told: str, code: int
) -> None:
    home.plan(**{"keyspace": KEYSPACE, **plan})
    try:
        done = home.run("show", *arguments, code=code)
    finally:
        home.plan(KEYSPACE)
    assert told in done.stderr
    assert "wrong-password" not in done.stderr


def test_a_plan_file_that_is_missing_is_named(home: Folder) -> None:
    (home.folder / "plan.toml").rename(home.folder / "away.toml")
    try:
        assert "plan.toml" in home.run("show", code=2).stderr
    finally:
        (home.folder / "away.toml").rename(home.folder / "plan.toml")
