"""Writes the hashes of the jars that poms name beside each, in jars.sha256; `make lock` runs it."""

from __future__ import annotations

from pathlib import Path

from tests.support.jars import RUNTIME

from gluepot_sandbox.cassandra import artefacts

ROOT = Path(__file__).parents[1]
POMS = {
    ROOT / "benchmarks/dsbulk/pom.xml": (),
    artefacts.POM: (),
    ROOT / "tests/loader/jdbc/pom.xml": (RUNTIME,),
    ROOT / "tests/loader/sparkreader/pom.xml": (RUNTIME,),
    ROOT / "tests/support/trino/pom.xml": (RUNTIME,),
}

for pom, options in POMS.items():
    artefacts.pin(pom, *options)
