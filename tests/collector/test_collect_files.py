"""The files of a run: their dialect, parts, folders, manifest; what holds a run up, and what is left then."""

from __future__ import annotations

import gzip
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.collecting import REGION, column, read_k, short, table, verify_folder

from gluepot.collector import runfolder
from gluepot.collector.extract import staging
from gluepot.collector.extract.manifest import find_manifests, read_manifest
from gluepot.errors import BusyError, OutputError
from gluepot_sandbox.aws import DEFAULT_ACCOUNT, Seed, SeedDatabases

if TYPE_CHECKING:
    from tests.support.collecting import Collector

    from gluepot_sandbox.aws import Emulator

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("collect_once.py")
END = "2030-01-01 00:00:00"


def program(run: Collector, *, end: str = END, **more: Any) -> subprocess.Popen[bytes]:
    """Start a collection as a process of its own."""
    command = [sys.executable, str(PROGRAM), str(run.output), str(run.state), end]
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, **more)


def finish(child: subprocess.Popen[bytes], code: int = 0) -> bytes:
    """Wait for a program, hold it to its exit code, and return what it said."""
    said = child.communicate()[1]
    assert child.returncode == code, said
    return said


def hidden(run: Collector) -> list[str]:
    """What the runs have left hidden, the lock aside."""
    return [path.name for path in run.output.rglob(".*") if path.name != runfolder.LOCK]


def test_the_files_keep_to_the_dialect_and_the_manifest_to_the_files(aws: Emulator, run: Collector) -> None:
    odd = [column('a "b" | c', "int", Comment="line\nline\r\n;"), column("ü", "string", Parameters={"k": "v"})]
    aws.add(tables=[table("t", *odd, Description='"|\n'), table("gone")])
    run()
    aws.change(tables=[table("t", *odd[:1], Description='"|\n')])
    found = run()
    found.verify()
    assert {entry.family for entry in found.manifest.files} == {"METADATA", "EVENTS", "LINKAGES"}
    assert found.row("t")["DESCRIPTION"] == '"|\n'
    assert found.row('a "b" | c', "COLUMN")["DESCRIPTION"] == "line\nline\r\n;"
    assert found.manifest.start == "2030-01-01 00:00:00"
    assert (found.manifest.name, found.manifest.server) == ("glue", f"{DEFAULT_ACCOUNT}_glue")


def test_large_families_go_into_numbered_parts(aws: Emulator, run: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "PART_BYTES", 200_000)
    monkeypatch.setattr(staging, "HELD_BYTES", 50_000)
    aws.add(seeds=[Seed((SeedDatabases(count=6, tables=60, columns=3),))])
    found = run()
    names = [entry.name for entry in found.manifest.files if entry.family == "METADATA"]
    assert names[:3] == [f"METADATA_20300101000000{part}.csv" for part in ("", "_0002", "_0003")]
    assert len(names) > 4
    assert all(entry.bytes < 250_000 for entry in found.manifest.files)
    assert len(found.names("TABLE")) == 360
    found.verify()


def test_compressed_files_hold_the_same_rows(aws: Emulator, run: Collector) -> None:
    aws.add(seeds=[Seed((SeedDatabases(count=2, tables=30, columns=3),))])
    plain, packed = run(full=True), run(full=True, compress=True)
    assert sorted(map(str, plain.metadata)) == [
        one.replace("'UNCHANGED'", "'CREATED'") for one in sorted(map(str, packed.metadata))
    ]
    assert all(entry.name.endswith(".csv.gz") for entry in packed.manifest.files)
    packed.verify()
    body = (run.output / packed.manifest.files[0].name).read_bytes()
    assert body[4:8] == bytes(4), "no time in the header: the same rows are the same bytes"
    assert gzip.decompress(body).startswith(b'"OBJECT_TYPE"|')


def test_another_delimiter_is_used_everywhere(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t;|,")])
    found = run(delimiter=";")
    text = (run.output / found.manifest.files[0].name).read_text()
    assert text.splitlines()[0].count('";"') == 18
    assert '"t;|,"' in text


def test_linkages_say_where_a_table_lies_and_what_a_view_stands_on(aws: Emulator, run: Collector) -> None:
    arn = f"arn:aws:glue:{REGION}:{DEFAULT_ACCOUNT}:table/sales/t"
    view = {"SubObjects": [arn], "Representations": [{"Dialect": "SPARK", "ViewOriginalText": "SELECT 1"}]}
    aws.add(tables=[table("t"), table("v", TableType="VIRTUAL_VIEW", ViewDefinition=view, StorageDescriptor=None)])
    found = run()
    assert {(row["LINK_TYPE"], short(row["SOURCE_ID"]), row["TARGET_ID"]) for row in found.rows("LINKAGES")} == {
        ("STORED_AT", "t", "s3://lake/sales/t/"),
        ("VIEW_OF", "v", arn),
    }
    assert found.row("v", "VIEW")["QUERY_CODE"] == "SELECT 1"


def test_all_formats_hold_the_same_tables(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t", column("a", "struct<x:int>")), table("u")])
    found = run(formats=["k", "jsonl", "parquet"])
    assert {entry.format for entry in found.manifest.files} == {"k", "jsonl", "parquet"}
    found.verify()


def test_several_servers_have_a_manifest_each(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t"), table("u", region="eu-west-1")])
    accounts = [{"server": "one"}, {"server": "two", "regions": ["eu-west-1"]}]
    found = run(accounts=accounts)
    assert [folder.name for folder, _ in found.collected.manifests] == ["one", "two"]
    found.verify()
    assert hidden(run) == []


# interruptions -----------------------------------------------------------------------------------


def kill_and_finish(aws: Emulator, run: Collector, seeds: range) -> None:
    """Kill runs at random instants, look at what they leave, and finish one."""
    aws.add(seeds=[Seed((SeedDatabases(count=8, tables=150, columns=3),))])
    began = time.monotonic()
    finish(program(run, end="2029-01-01 00:00:00"))
    took = time.monotonic() - began
    (reference,) = find_manifests(run.output)
    wanted = sorted(map(str, read_k(run.output / read_manifest(reference).files[0].name, "METADATA")))
    killed = 0
    for seed in seeds:
        end = f"2030-01-{seed + 1:02d} 00:00:00"
        child = program(run, end=end)
        time.sleep(took * random.Random(seed).uniform(0.4, 1.1))
        child.kill()
        child.communicate()
        killed += child.returncode != 0
        for path in find_manifests(run.output):
            verify_folder(run.output, read_manifest(path))
        assert not (run.state / "glue_hwm.txt").exists()
        finish(program(run, end=end))
        assert hidden(run) == []
        manifest = read_manifest(run.output / f"MANIFEST_{end[:10].replace('-', '')}000000.json")
        verify_folder(run.output, manifest)
        rows = [
            row for e in manifest.files if e.family == "METADATA" for row in read_k(run.output / e.name, "METADATA")
        ]
        assert sorted(map(str, rows)) == wanted
    assert killed


@pytest.mark.long  # `test_killed.py` kills before each write, in its own process
def test_a_run_killed_at_any_instant_leaves_nothing_half_and_is_done_by_the_next(aws: Emulator, run: Collector) -> None:
    kill_and_finish(aws, run, range(5))


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_runs_killed_many_times_leave_nothing_half(aws: Emulator, run: Collector) -> None:
    kill_and_finish(aws, run, range(30))


def test_a_run_that_fails_leaves_nothing(aws: Emulator, run: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.add(tables=[table("t")])
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(Exception, match="nothing could be read"):
        run(catalogId=DEFAULT_ACCOUNT, patience_first=0)
    assert hidden(run) == []


def test_a_second_run_into_the_same_folder_is_refused_while_the_first_one_works(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t")])
    with runfolder.locked(run.output), pytest.raises(BusyError) as caught:
        run()
    assert caught.value.exit_code == 5
    assert run().names("TABLE") == ["t"]


def test_two_processes_at_once_are_one_run_and_one_refusal(aws: Emulator, run: Collector) -> None:
    aws.add(seeds=[Seed((SeedDatabases(count=2, tables=50, columns=3),))])
    aws.change(latency_ms=400)
    children = [program(run), program(run, end="2030-01-02 00:00:00")]
    said = b"".join(child.communicate()[1] for child in children)
    codes = sorted(child.returncode for child in children)
    assert codes == [0, 5], said
    assert b"BusyError" in said
    (manifest,) = find_manifests(run.output)
    verify_folder(run.output, read_manifest(manifest))


@pytest.mark.parametrize("limit", [4_000, 60_000, 400_000])
def test_a_full_disk_is_named_and_leaves_nothing_half(aws: Emulator, run: Collector, limit: int) -> None:
    """A limit on the size of files stands in for the full disk: writes fail in the middle of a file."""
    aws.add(seeds=[Seed((SeedDatabases(count=4, tables=200, columns=20),))])

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    child = program(run, preexec_fn=small)
    said = finish(child, 2)
    assert b"OutputError" in said, said
    assert not find_manifests(run.output)
    assert not list(run.output.glob("*.csv"))
    assert not list(run.state.glob("*.sqlite"))
    finish(program(run))
    assert hidden(run) == []


def test_a_folder_that_cannot_be_written_is_named(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t")])
    run.home.joinpath("file").write_text("x")
    with pytest.raises(OutputError, match="file/output"):
        run(output_path=str(run.home / "file" / "output"))
    with pytest.raises(OutputError, match="file/state"):
        run(state=str(run.home / "file" / "state"))
    assert not list(run.output.glob("*.csv"))
    assert hidden(run) == []
