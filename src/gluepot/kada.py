"""KADA's documented surface, as a thin facade over gluepot's own jobs.

Source: KADA's page "Glue (via Collector method) - v3.0.0", and "Collector Integration General Notes" for the helpers.
The page reads the mark under `--name` and writes it under the type; that is the script's choice and stays so here.
`gluepot run` reads and writes it under one name.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gluepot.collector.hwm import Marks, now
from gluepot.collector.runfolder import locked, set_aside
from gluepot.config import from_mapping, load_plain
from gluepot.errors import ConfigError, ScopeError, UnreachableError
from gluepot.mask.credentials import RedactingFilter, Redactor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.collector.extract.manifest import Manifest
    from gluepot.config import Config

NAME = "glue"
"""The collector's type, which names marks and generations where no server does."""

log = logging.getLogger("gluepot.kada")

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"


def load_config(path: str | Path) -> dict[str, Any]:
    """Read a configuration file as the keyword arguments of `Extractor`; references to secrets stay references.

    Raises:
        ConfigError: The file cannot be read or parsed.
    """
    return load_plain(path)


def get_hwm(prefix: str, file_path: str | Path | None = None) -> tuple[str, str]:
    """Give the start and the end of the next run, as `YYYY-MM-DD HH:MM:SS` in UTC.

    Args:
        prefix: Names the file, `<prefix>_hwm.txt`.
        file_path: The directory of that file, or the file itself where the name ends in `.txt`; the current
            directory when not given.

    Raises:
        StateError: The file holds no mark.
    """
    return Marks.at(file_path).read(prefix), now()


def publish_hwm(prefix: str, date: str, file_path: str | Path | None = None) -> None:
    """Write the mark from which the next run starts.

    Args:
        prefix: Names the file, `<prefix>_hwm.txt`.
        date: The mark, `YYYY-MM-DD HH:MM:SS` in UTC; `T` and `Z` are accepted.
        file_path: As for `get_hwm`.

    Raises:
        ConfigError: `date` is no mark.
        OutputError: The file cannot be written.
    """
    Marks.at(file_path).write(prefix, date)


def get_generic_logger(name: str = "root") -> logging.Logger:
    """Give the logger of that name, set up to write to stderr; `root` is the root logger.

    A logger that somebody has set up already keeps its handlers and its level.
    """
    logger = logging.getLogger(None if name == "root" else name)
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(LINE))
        handler.addFilter(RedactingFilter(Redactor()))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    return logger


_REGIONS: Sequence[str] = ["ap-southeast-2"]
"""KADA's documented default."""


class Extractor:
    """KADA's Glue collector, by its documented signature.

    Args:
        key: AWS access key, or a reference (`env:NAME`, `file:PATH`, `secretsmanager:NAME#field`).
        secret: AWS secret key, or a reference.
        server: Host of the source in K.
        catalogId: Glue catalog id, generally the account id.
        regions: Regions to read.
        role: ARN of the role to assume, where one is needed.
        output_path: Folder for the extract files, absolute or relative.
        mask: Whether literals in SQL text are replaced.
        compress: Whether the files are gzipped.
        meta_only: Only `True` is supported for Glue.
        further: Any further key of gluepot's configuration, for example `on_incomplete="fail"`.

    Raises:
        ConfigError: Something in the arguments is wrong; all problems are named at once.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - KADA's documented signature
        self,
        key: str | None = None,
        secret: str | None = None,
        server: str | None = None,
        catalogId: str | None = None,  # noqa: N803 - KADA's documented signature
        regions: Sequence[str] = _REGIONS,
        role: str | None = None,
        output_path: str = "./output",
        mask: bool = False,  # noqa: FBT001, FBT002 - KADA's documented signature
        compress: bool = False,  # noqa: FBT001, FBT002 - KADA's documented signature
        meta_only: bool = True,  # noqa: FBT001, FBT002 - KADA's documented signature
        **further: Any,  # noqa: ANN401 - whatever the configuration's keys take; checked there
    ) -> None:
        """Check the arguments as one configuration."""
        own = {"key": key, "secret": secret, "server": server, "catalogId": catalogId, "role": role}
        files = {"output_path": output_path, "mask": mask, "compress": compress, "meta_only": meta_only}
        # left out is not the same as said: where the environment names another region, there is a warning
        read = {} if regions is _REGIONS else {"regions": regions}
        self.config = from_mapping({**own, **read, **files, **further}, "Extractor(...)")

    def test_connection(self) -> None:
        """Try every account and region.

        Raises:
            UnreachableError: Not one of them answered.
        """
        _check(self.config)

    def run(self, start_hwm: str | None = None, end_hwm: str | None = None, **_context: object) -> list[Manifest]:
        """Collect into `output_path` what has changed since a mark.

        An earlier run's files move to `output_path/pushed/` first, so that an upload loop over `output_path` does
        not send them twice.

        Args:
            start_hwm: The mark to start from; without it, or without what was seen then, everything is extracted.
            end_hwm: The mark that this run ends at; now when not given.
            _context: Not used. Airflow passes its whole context to a callable that takes keywords.

        Returns:
            The manifests of the run, one per server.

        Raises:
            UnreachableError: No scope was complete.
            ScopeError: Some scope failed, and the configuration says `on_incomplete: fail`.
            BusyError: Another run is writing to `output_path`.
            OutputError: `output_path` holds a run that is to be pushed elsewhere, and an upload would take along.
        """
        _make_room(self.config)
        manifests = _collect(self.config, start_hwm, end_hwm)
        judge(manifests, self.config.on_incomplete)
        return manifests

    def list_sql(self) -> list[str]:
        """List the SQL statements that can be overwritten: none, since Glue is read through its API."""
        return []

    def get_sql(self, sql_name: str) -> str:
        """Refuse: there is no SQL.

        Raises:
            ConfigError: Always.
        """
        raise _no_sql(sql_name)

    def overwrite_sql(self, sql_name: str, statement: str) -> None:  # noqa: ARG002 - KADA's documented signature
        """Refuse: there is no SQL.

        Raises:
            ConfigError: Always.
        """
        raise _no_sql(sql_name)


def judge(manifests: Sequence[Manifest], on_incomplete: str) -> None:
    """Raise where the wrapper must not publish the mark.

    Raises:
        UnreachableError: No scope was complete.
        ScopeError: Some scope failed, and `on_incomplete` is `fail`.
    """
    problems = [problem for manifest in manifests for problem in manifest.problems]
    first = problems[0].message if problems else "the manifest names what is missing"
    if not any(_has_complete_scope(manifest) for manifest in manifests):
        raise UnreachableError("not one scope could be read", first, "see: gluepot check -c FILE")
    if on_incomplete == "fail" and not all(manifest.complete for manifest in manifests):
        hint = "the files are written and the mark has not moved; correct this and run again"
        raise ScopeError(f"the extract is incomplete ({len(problems)} problems)", first, hint)


def _has_complete_scope(manifest: Manifest) -> bool:
    """A database is a scope; a region without any is one by itself."""
    return any(scope.complete for scope in (manifest.databases or manifest.regions))


def _make_room(config: Config) -> None:
    """Move earlier runs' files to `pushed/`, and before that bring out those of a run that was killed at its end."""
    from gluepot.collector.collect import folders, recover  # noqa: PLC0415 - lazy: start-up

    with locked(Path(config.output_path)) as output:
        recover(config, output)
        for folder in folders(config, output):
            set_aside(folder)


def _collect(config: Config, start: str | None, end: str | None) -> list[Manifest]:
    """Call the job. Generations are named after the server: two collectors may share one mark file (see above)."""
    from gluepot.collector.collect import Options, collect  # noqa: PLC0415 - lazy: start-up

    # the script uploads what lies in output_path: that is the landing, as far as anybody here knows
    options = Options(in_place=True)
    collected = collect(config, name=config.server or NAME, start=start, end=end, options=options)
    for warning in collected.warnings:
        log.warning("%s", warning)
    return [manifest for _, manifest in collected.manifests]


def _check(config: Config) -> None:
    """Call the check, which raises where nothing answers."""
    from gluepot.collector.check import check_access  # noqa: PLC0415 - lazy: start-up

    check_access(config).raise_if_unreachable()


def _no_sql(name: str) -> ConfigError:
    hint = "choose with the keys databases and tables what is read"
    return ConfigError(f"there is no SQL named {name!r}", "Glue is read through its API, not with SQL", hint)
