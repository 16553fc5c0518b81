"""The policy of a job's role is what a load takes: it refuses nothing of it, and allows hardly more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support import rights
from tests.support.loads import DATABASE

from gluepot.loader.plan import readfile
from gluepot.loader.stack.jobpolicy import job_policy
from gluepot.loader.stack.names import names
from gluepot_sandbox.aws import DEFAULT_ACCOUNT

if TYPE_CHECKING:
    from tests.support.loads import Bench


@pytest.mark.parametrize("kind", ["iceberg", pytest.param("parquet", marks=pytest.mark.long)])
def test_a_load_and_its_repetition_take_what_the_role_may_and_no_less(bench: Bench, kind: str) -> None:
    bench.fill(600)
    bench.plan(target={"format": kind, "create_database": False})
    bench.glue.create_database(DatabaseInput={"Name": DATABASE})
    file = readfile.read(bench.path, environ=bench.environment())
    policy = job_policy(file, names(file), DEFAULT_ACCOUNT)
    bench.aws.forget()
    for _ in range(2):
        done = bench.cli("load", "run", "--no-resume")
        assert done.returncode == 0, done.stderr
    refused, unused = rights.judged(bench.aws.calls(), policy)
    assert refused == []
    assert unused == set()
