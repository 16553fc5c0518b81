"""Writes the generations of this folder; see README.md."""

from __future__ import annotations

import gzip
import os
import tempfile
from pathlib import Path
from typing import Any

from tests.support.generations import HERE, MARK, catalog

from gluepot.collector.collect import collect
from gluepot.config import from_mapping
from gluepot_sandbox import aws as emulator

ROLE = "arn:aws:iam::111111111111:role/r"
CONFIGS: dict[str, dict[str, Any]] = {
    "one_server": {"server": "shop_glue"},
    "two_servers": {"accounts": [{"server": "a_glue"}, {"server": "b_glue", "role": ROLE}]},
}


def main() -> None:
    """Collect the catalog with each configuration, and keep the generation."""
    with emulator.start() as aws, tempfile.TemporaryDirectory() as home:
        os.environ.update(aws.environment())
        aws.settings(emulator.Settings(tables=tuple(catalog())))
        for name, keys in CONFIGS.items():
            paths = {"output_path": f"{home}/{name}", "hwm": f"{home}/{name}-state"}
            done = collect(from_mapping({"regions": ["us-east-1"], **paths, **keys}), end=MARK)
            assert done.complete
            (path,) = Path(paths["hwm"]).glob("*.sqlite")
            (HERE / f"{name}.sqlite.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


if __name__ == "__main__":
    main()
