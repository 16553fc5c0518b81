"""A real Trino in a process of its own, for what Athena is to run; literals of its SQL for values of the lake."""

from __future__ import annotations

import base64
import subprocess
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Self

from tests.support.jars import jars

from gluepot.lake.types.isotime import us_text
from gluepot_sandbox.cassandra import artefacts

if TYPE_CHECKING:
    from gluepot.lake.types.typetext import LakeType

HOME: Final = Path(__file__).with_name("trino")
_SIMPLE: Final = {
    "boolean": "boolean", "int": "integer", "long": "bigint", "float": "real", "double": "double", "date": "date",
    "string": "varchar", "binary": "varbinary", "timestamp": "timestamp(6)",
    "timestamptz": "timestamp(6) with time zone",
}  # fmt: skip


class Trino:
    """A Trino that answers statements, one after the other; a context manager that stops it."""

    def __init__(self) -> None:
        compiler = Path(artefacts.java()).resolve().with_name("javac")
        if not compiler.exists():
            from tests.support.availability import not_available

            not_available("there is a Java runtime without a compiler (on Debian: apt-get install openjdk-17-jdk)")
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        classes = f"{jars(HOME / 'pom.xml')}/*"
        command = [artefacts.java(), "-Xmx1g", "-cp", classes, str(HOME / "Trino.java")]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=self._log, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
        self._log.close()

    def rows(self, sql: str) -> list[list[str]]:
        """Run one statement; values come as Java writes them."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(base64.b64encode(sql.encode()).decode() + "\n")
        stdin.flush()
        while (line := stdout.readline()) != "answer\n":
            assert line, self._died()
        found = []
        while line := stdout.readline().rstrip("\n"):
            kind, *values = line.split("\t")
            assert kind == "row", f"{values}\n{sql[:2000]}"
            found.append(values)
        return found

    def _died(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-2000:]


def type_of(kind: LakeType) -> str:
    """Write a lake type as Athena's Iceberg reader has it."""
    match kind.name:
        case "decimal":
            return f"decimal({kind.precision}, {kind.scale})"
        case "list":
            return f"array({type_of(kind.args[0])})"
        case "map":
            return f"map({type_of(kind.args[0])}, {type_of(kind.args[1])})"
        case "struct":
            pairs = zip(kind.fields, kind.args, strict=True)
            return f"row({', '.join(f'{quoted(name)} {type_of(one)}' for name, one in pairs)})"
    return _SIMPLE[kind.name]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any, kind: LakeType) -> str:
    """Write a value of the lake; times are numbers, as Iceberg has them."""
    return f"cast({'NULL' if value is None else _literal(value, kind)} AS {type_of(kind)})"


def _literal(value: Any, kind: LakeType) -> str:  # noqa: PLR0911 - a line for each kind of value
    match kind.name:
        case "list":
            return f"ARRAY[{', '.join(literal(one, kind.args[0]) for one in value)}]"
        case "map":
            keys = ", ".join(literal(key, kind.args[0]) for key, _ in value)
            values = ", ".join(literal(one, kind.args[1]) for _, one in value)
            return f"MAP(ARRAY[{keys}], ARRAY[{values}])"
        case "struct":
            pairs = zip(kind.fields, kind.args, strict=True)
            return f"ROW({', '.join(literal(value[name], one) for name, one in pairs)})"
        case "binary":
            return f"X'{value.hex()}'"
        case "date":
            return f"date_add('day', {value}, date '1970-01-01')"
        case "timestamptz" | "timestamp":
            # a time without a zone is of the session's, which is not UTC
            text = us_text(value).removesuffix("Z").replace("T", " ")
            return f"timestamp '{text}{' UTC' if kind.name == 'timestamptz' else ''}'"
        case "string":
            value = str(value).replace("'", "''")
    odd = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    return f"'{odd.get(str(value), value)}'" if kind.name in {"float", "double"} else f"'{value}'"
