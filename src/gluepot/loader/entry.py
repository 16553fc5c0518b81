"""What spark-submit and AWS Glue run: a load from its plan file, on the Spark that is there.

    spark-submit entry.py --plan s3://BUCKET/PREFIX/plan.json [--load-id ID] [--secret NAME]

The plan file holds references in place of secrets; the token is read from Secrets Manager by each process that connects
to the source. How the load gets on is said in lines on standard output, and in `status.json` beside the plan.
Arguments that are not known here are Glue's own, and are left alone.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from gluepot import errors
from gluepot.errors import ConfigError, ErrorRecord, GluepotError
from gluepot.loader.engines import handed, portable
from gluepot.loader.engines.status import NAME, Teller
from gluepot.mask.credentials import Redactor
from gluepot.secret import Secret, secrets_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.landing import Landing
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.jobs import LoadResult

BUG: Final = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Load; returns the exit code, which is that of `gluepot load run`.

    Args:
        argv: The arguments; those of the process where not given.
    """
    asked, _ = _parser().parse_known_args(argv)
    redactor = Redactor()
    try:
        run = Run(asked, redactor)
    except GluepotError as error:
        return report(error, redactor)
    return run.run()


class Run:
    """One run of a load on the Spark that is there.

    Args:
        asked: The arguments.
        redactor: Learns the plan's secrets, and keeps them out of what is said.
    """

    def __init__(self, asked: argparse.Namespace, redactor: Redactor) -> None:
        folder, _, name = asked.plan.rpartition("/")
        self._asked = asked
        self._redactor = redactor
        self._folder = landing(folder)
        self._name = name
        self._teller = Teller(self._write, self._say, redactor.redact)

    def run(self) -> int:
        """Load, say how it gets on, and give the exit code."""
        try:
            file = self._file()
            done = self._load(file)
        except GluepotError as error:
            self._teller.failed(error)
            return report(error, self._redactor)
        except BaseException:
            self._teller.end(BUG)
            raise
        for wrong in (*(loaded.error for loaded in done.tables), done.unended):
            if wrong is not None:
                report(wrong, self._redactor)
        return self._teller.loaded(done.tables, done.unended)

    def _file(self) -> PlanFile:
        """Read the plan file, and learn its secrets, where they can be had."""
        where = self._asked.plan
        body = self._read(self._name)
        if body is None:
            raise ConfigError(f"there is no plan file at {where}", hint="gluepot load run stages it")
        file = portable.decode(body, where)
        if self._asked.secret:
            file = with_secret(file, self._asked.secret)
        from gluepot.aws.secrets import resolve  # noqa: PLC0415 - botocore is slow to load
        from gluepot.cassandra.connect import credentials_of  # noqa: PLC0415 - beside its use

        for _, secret in secrets_of(file):
            with contextlib.suppress(ConfigError):  # connecting will tell
                self._redactor.register_secret(credentials_of(secret, "", resolve)[1])
        return file

    def _load(self, file: PlanFile) -> LoadResult:
        from gluepot.loader.jobs import LoadOptions, run_load  # noqa: PLC0415 - pyarrow is slow to load

        chosen = self._chosen()
        options = LoadOptions(
            load_id=self._asked.load_id,
            ids={begun.table.name: begun.load_id for begun in chosen.tables},
            run=chosen.run,
            take_over=chosen.take_over,
            engine="spark",
        )
        return run_load(file, options, watcher=self._teller, say=self._say)

    def _chosen(self) -> handed.Handed:
        """Read what was chosen by who has put the plan there; nothing where nobody has."""
        body = self._read(handed.NAME)
        try:
            return msgspec.json.decode(body, type=handed.Handed) if body else handed.Handed(load_id="", tables=())
        except msgspec.DecodeError as error:
            where = f"{self._asked.plan.rpartition('/')[0]}/{handed.NAME}"
            hint = "put the plan into a folder of its own: gluepot load run does"
            raise ConfigError(f"{where} does not say which loads were chosen", str(error), hint) from None

    def _read(self, name: str) -> bytes | None:
        """Read what lies in the plan's folder; None where it is not there."""
        from gluepot.aws.access import region_named  # noqa: PLC0415 - beside its use
        from gluepot.lake.commit.errors import store_error  # noqa: PLC0415 - likewise
        from gluepot.landing import StoreError  # noqa: PLC0415 - likewise

        try:
            return self._folder.get(name)
        except StoreError as error:
            folder = self._asked.plan.rpartition("/")[0]
            raise store_error(error, f"reading {name} at {folder}", region_named()) from error

    def _say(self, line: str) -> None:
        say(line, self._redactor)

    def _write(self, body: bytes) -> None:
        """Write the status; a load goes on without."""
        try:
            self._folder.put(NAME, body)
        except GluepotError as error:
            self._say(f"the status could not be written: {error}")


def with_secret(file: PlanFile, name: str) -> PlanFile:
    """Point a plan's source to a secret {user, password} of Secrets Manager."""
    secret = Secret(f"secretsmanager:{name}")
    source = file.source
    key = "token" if source.is_astra else "password"
    return replace(file, source=replace(source, **{key: secret}))


def landing(folder: str) -> Landing:
    """Open the folder of a plan file: in S3, or of this machine.

    Raises:
        ConfigError: It is none.
    """
    if not folder.startswith("s3://"):
        from gluepot.landing import from_url  # noqa: PLC0415 - obstore is slow to load

        return from_url(folder or ".")
    from gluepot.aws.access import Access, region_named  # noqa: PLC0415 - beside its use
    from gluepot.lake.commit.account import Account  # noqa: PLC0415 - pyarrow and botocore are slow to load

    return Account(Access(), region_named()).landing(folder)


def report(error: GluepotError, redactor: Redactor) -> int:
    """Say an error as Python's tracebacks end, which is what looks for causes in a job's log; gives its exit code."""
    say(f"{errors.__name__}.{ErrorRecord.of(error).kind}: {error}", redactor)
    if error.hint:
        say(f"hint: {error.hint}", redactor)
    return error.exit_code


def say(line: str, redactor: Redactor) -> None:
    """Say a line at once: the log of a job is read while it runs."""
    sys.stdout.write(f"{redactor.redact(line)}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--plan", required=True, help="where the plan file is: JSON in S3, or on this machine")
    parser.add_argument("--load-id", default="", help="the load to join, or to begin")
    parser.add_argument("--secret", default="", help="the secret {user, password} of the source in Secrets Manager")
    return parser


if __name__ == "__main__":
    sys.exit(main())
