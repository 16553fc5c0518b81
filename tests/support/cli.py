"""A home for command-line tests: a folder, an emulated AWS, and the command, in this process or in one of its own."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from tests.support import commands
from tests.support.emulated import inherited

from gluepot_sandbox import aws as emulator

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

BUCKET = "landing-zone"
SECRETS = (emulator.SECRET_KEY, "s3kr3t-of-the-table-42", "external-id-9f8e7d")
"""What must never be printed: the key's secret, a password in the catalog, an external id."""


class Home:
    """Where commands run.

    Args:
        folder: Their working directory, with the configuration in it.
        aws: What they find as AWS.
    """

    def __init__(self, folder: Path, aws: emulator.Emulator) -> None:
        self.folder = folder
        self.aws = aws
        self.printed: list[str] = []
        self.configure()

    def configure(self, **keys: object) -> None:
        """Write the configuration: one region and an S3 landing unless told otherwise; None leaves a key out."""
        plain = {"regions": ["us-east-1"], "server": "shop_glue", "landing": {"url": f"s3://{BUCKET}/lz"}, **keys}
        kept = {key: value for key, value in plain.items() if value is not None}
        (self.folder / "c.json").write_text(json.dumps(kept))

    def environment(self, **more: str) -> dict[str, str]:
        """Give the variables of a command: the emulator's, and none of this process that AWS clients would read."""
        mine = {**self.aws.environment(), "PYTHONPATH": str(commands.SOURCES), **more}
        return {**inherited(("AWS_", "GLUEPOT_")), **mine}

    def command(self, *arguments: str) -> list[str]:
        """Spell the real command out."""
        return commands.spelt(*arguments)

    def run(self, *arguments: str, process: bool = False, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end, in a process of its own where that is the point.

        What it printed is kept, to be searched for secrets.
        """
        environment = self.environment(**environ)
        done = commands.run(*arguments, folder=self.folder, environ=environment, process=process)
        self.printed += [done.stdout, done.stderr]
        assert "Traceback" not in done.stderr or "--debug" in arguments, done.stderr
        return done

    def ok(self, *arguments: str, code: int = 0, process: bool = False) -> str:
        """Run a command that must end with this code, and give its stdout."""
        done = self.run(*arguments, process=process)
        assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: str, code: int = 0, process: bool = False) -> Any:
        """Run a command with --output json, and give the object that stands on stdout."""
        return json.loads(self.ok(*arguments, "--output", "json", code=code, process=process))

    @property
    def mark(self) -> str:
        """The mark under the default name; empty where there is none."""
        path = self.folder / "glue_hwm.txt"
        return path.read_text().strip() if path.exists() else ""

    def files(self, below: str = "output") -> list[str]:
        """List the files directly in a folder."""
        folder = self.folder / below
        return sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []

    def landed(self) -> list[str]:
        """List the objects at the landing."""
        answer = self.aws.client("s3").list_objects_v2(Bucket=BUCKET)
        return [str(found["Key"]) for found in answer.get("Contents", [])]

    def create(self, database: str, *tables: str, **more: Any) -> None:
        """Create a database, where it is missing, and tables in it."""
        glue = self.aws.client("glue")
        if database not in {found["Name"] for found in glue.get_databases()["DatabaseList"]}:
            glue.create_database(DatabaseInput={"Name": database})
        storage = {"Columns": [{"Name": "id", "Type": "int"}, {"Name": "note", "Type": "string"}]}
        for table in tables:
            glue.create_table(DatabaseName=database, TableInput={"Name": table, "StorageDescriptor": storage, **more})


def next_second() -> None:
    """Wait until marks, which have whole seconds, are others."""
    now = int(time.time())
    while int(time.time()) == now:
        time.sleep(0.02)
