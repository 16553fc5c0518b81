"""Run by a Python with DuckDB and its extensions: run what `gluepot load sql --engine duckdb` prints, give the rows.

`read.py SCRIPT.json FOLDER`: the folder is where DuckDB finds extensions, as if they had been installed there.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import duckdb


def main(script: str, folder: str) -> None:
    """Run the setup, then every statement without its LIMIT, which is for people."""
    con = duckdb.connect(config={"extension_directory": folder})
    ((version, platform),) = con.execute("SELECT version(), (SELECT * FROM pragma_platform())").fetchall()
    place = Path(folder) / version / platform
    place.mkdir(parents=True, exist_ok=True)
    for name in ("httpfs", "aws", "avro", "iceberg"):
        found = importlib.util.find_spec(f"duckdb_extension_{name}")
        home = Path(str(found.origin if found else "")).parent / "extensions" / version
        shutil.copy(home / f"{name}.duckdb_extension", place)
    told = json.loads(Path(script).read_text())["duckdb"]
    for sql in told["setup"]:
        con.execute(sql)
    rows = {name: con.execute(sql.replace(" LIMIT 10;", "")).fetchall() for name, sql in told["statements"].items()}
    sys.stdout.write(json.dumps(rows, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
