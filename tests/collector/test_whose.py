"""A run, its mark, its generation and its files are of one name, server and landing: no other picks them up."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.collecting import column, short, table
from tests.support.generations import MARK, catalog, write
from tests.support.runs import FIRST, stage

from gluepot.collector.check import generation_status
from gluepot.collector.claim import landing_in_generation
from gluepot.collector.collect import Options, collect
from gluepot.collector.extract.manifest import read_manifest
from gluepot.collector.hwm import EPOCH
from gluepot.collector.run import push_pending, run
from gluepot.collector.settings import marks_of
from gluepot.collector.status import status
from gluepot.config import Config, from_mapping
from gluepot.errors import OutputError
from gluepot.kada import Extractor
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.collector.collect import Collected
    from gluepot.collector.extract.manifest import Manifest
    from gluepot.collector.run import Pushed
    from gluepot.config import Config
    from gluepot_sandbox.aws import Emulator

A, B = "a_glue", "b_glue"


class Place:
    """One working folder: its marks, its generations, its output, and any number of landings."""

    def __init__(self, home: Path, aws: Emulator) -> None:
        self.home, self.aws, self.day = home, aws, 0
        aws.add(tables=[table("t"), table("u")])

    def config(self, server: str | None = A, landing: str = "lz", **keys: Any) -> Config:
        """Write a configuration whose output, marks and landing lie here."""
        places = {"output_path": str(self.home / "output"), "hwm": str(self.home)}
        to = {"landing": {"url": str(self.home / landing)}} if landing else {}
        return from_mapping({"regions": ["us-east-1"], "server": server, **places, **to, **keys})

    def collect(self, name: str = "glue", **keys: Any) -> Collected:
        """Collect from the mark that stands to the next day."""
        self.day += 1
        return collect(self.config(**keys), name=name, end=f"2030-01-{self.day:02d} 00:00:00")

    def run(self, name: str = "glue", **keys: Any) -> tuple[Manifest, Pushed]:
        """Do what `gluepot run` does, at a mark of the test's own."""
        push_pending(self.config(**keys), name=name)
        done = self.collect(name, **keys)
        return done.manifests[0][1], push_pending(self.config(**keys), name=name)

    def push(self, name: str = "glue", **keys: Any) -> Pushed:
        """Push what lies in the output folder."""
        return push_pending(self.config(**keys), name=name)

    def mark(self, name: str = "glue") -> str:
        """The mark that stands."""
        return marks_of(self.config()).read(name)

    def landed(self, landing: str = "lz", family: str = "METADATA") -> list[str]:
        """The names of the tables in all files of a landing."""
        rows: list[dict[str, str]] = []
        for path in sorted((self.home / landing).glob(f"{family}_*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                rows += list(csv.DictReader(file, delimiter="|"))
        if family == "EVENTS":
            return [f"{row['EVENT_TYPE']} {short(row['OBJECT_ID'])}" for row in rows]
        return [row["NAME"] for row in rows if row["OBJECT_TYPE"] == "TABLE"]


@pytest.fixture
def place(aws: Emulator, tmp_path: Path) -> Place:
    """A working folder with two tables in the catalog."""
    return Place(tmp_path, aws)


def statuses(pushed: Pushed) -> list[tuple[str, str]]:
    """Say what became of each run."""
    return [(run.server, run.status) for run in pushed.runs]


# files ----------------------------------------------------------------------------------------------


def test_files_of_another_server_are_named_and_never_pushed(place: Place) -> None:
    place.collect(server=A)
    manifest, pushed = place.run(server=B, landing="other")
    assert statuses(pushed) == [(A, "foreign"), (B, "pushed")]
    assert pushed.exit_code == 0, "what is another's is no failure of ours"
    assert "it is of a_glue, not of b_glue" in pushed.runs[0].why
    assert "push it with its own configuration" in pushed.runs[0].why
    assert (manifest.full, place.landed("other")) == (True, ["t", "u"])
    left = place.push(server=A)
    assert ("a_glue", "pushed") in statuses(left)
    assert place.landed("lz") == ["t", "u"]


def test_a_snapshot_under_a_clock_that_fell_behind_its_mark_is_pushed(place: Place, aws: Emulator) -> None:
    place.day = 19
    place.run()
    aws.add(tables=[table("v")])
    place.day = 2
    manifest, pushed = place.run()
    assert manifest.start > manifest.end
    assert (manifest.full, statuses(pushed)) == (True, [(A, "pushed")])
    assert sorted(set(place.landed())) == ["t", "u", "v"]


def test_a_push_of_nothing_but_anothers_files_is_no_success(place: Place) -> None:
    place.collect(server=A)
    pushed = place.push(server=B)
    assert (statuses(pushed), pushed.exit_code) == ([(A, "foreign")], 3)


def test_files_of_another_name_are_left_to_it(place: Place) -> None:
    place.collect("nightly")
    pushed = place.push()
    assert "collected under the name nightly, not glue" in pushed.runs[0].why
    assert (place.landed(), place.mark("nightly")) == ([], EPOCH)
    place.push("nightly")
    assert (place.landed(), place.mark("nightly"), place.mark()) == (["t", "u"], "2030-01-01 00:00:00", EPOCH)


def test_a_server_that_left_the_accounts_does_not_stop_the_others(place: Place) -> None:
    roles = {A: "arn:aws:iam::111111111111:role/r", B: "arn:aws:iam::222222222222:role/r"}
    accounts = [{"server": server, "role": role} for server, role in roles.items()]
    place.collect(server="", accounts=accounts)
    pushed = place.push(server="", accounts=accounts[:1])
    assert statuses(pushed) == [(A, "pushed"), (B, "foreign")]


def test_two_servers_cannot_end_at_one_mark_in_one_folder(place: Place) -> None:
    place.collect(server=A)
    place.day = 0
    with pytest.raises(OutputError, match="a run of b_glue cannot end at 2030-01-01") as error:
        place.collect(server=B)
    assert "an output_path of its own" in error.value.hint
    assert statuses(place.push(server=A)) == [(A, "pushed")]


def test_what_was_collected_with_other_content_is_collected_again(place: Place) -> None:
    place.collect(mask=False)
    manifest, pushed = place.run(mask=True)
    assert statuses(pushed) == [(A, "superseded"), (A, "pushed")]
    assert place.landed() == ["t", "u"]
    assert (manifest.asked and manifest.asked.mask, place.mark()) == (True, "2030-01-02 00:00:00")


# landings -------------------------------------------------------------------------------------------


def test_a_new_landing_gets_a_snapshot_and_is_told_why(place: Place) -> None:
    place.run(landing="test")
    manifest, pushed = place.run(landing="production")
    assert (manifest.full, pushed.exit_code) == (True, 0)
    (why,) = manifest.why_full
    assert f"the mark 2030-01-01 00:00:00 is of a_glue at {place.home}/test" in why
    assert f"not of a_glue at {place.home}/production: a full snapshot is written" in why
    assert [warned.message for warned in manifest.warnings] == [why]
    assert place.landed("production") == ["t", "u"]
    assert place.landed("production", "EVENTS") == []
    again, _ = place.run(landing="production")
    assert (again.full, again.why_full, place.landed("production")) == (False, [], ["t", "u"])


def test_a_server_whose_name_was_mended_gets_a_snapshot(place: Place) -> None:
    place.run(server="typo_glue")
    manifest, _ = place.run(server=A)
    assert manifest.full
    assert manifest.server == A
    assert len(place.landed()) == 4


def test_what_is_gone_meanwhile_is_told_to_a_landing_that_had_it(place: Place) -> None:
    """Two configurations that share a name: each landing is compared with what was seen for it."""
    place.run(landing="one")
    place.run(landing="two")
    place.aws.change(tables=[table("t")])
    place.run(landing="two")
    manifest, _ = place.run(landing="one")
    assert place.landed("two", "EVENTS") == ["DELETED u"]
    assert place.landed("one", "EVENTS") == ["DELETED u"]
    assert "compared with what was seen there at 2030-01-01 00:00:00" in manifest.why_full[0]


def test_a_landing_is_compared_with_what_it_had_whichever_mark_moved(place: Place) -> None:
    """Both began at the same mark, which only the first to arrive has moved."""
    place.collect(server=A, landing="one")
    place.collect(server=B, landing="two")
    place.push(server=A, landing="one")
    place.push(server=B, landing="two")
    assert place.mark() == "2030-01-01 00:00:00"
    place.aws.change(tables=[table("t")])
    manifest, _ = place.run(server=B, landing="two")
    assert (manifest.full, place.landed("two", "EVENTS")) == (True, ["DELETED u"])


def test_a_rotated_key_or_another_spelling_is_no_other_landing(place: Place) -> None:
    place.run(landing="lz")
    manifest, _ = place.run(landing="x/../lz/")
    assert not manifest.full


def test_a_snapshot_may_go_to_the_landing_that_was_meant(place: Place) -> None:
    """A landing's typo is mended between collecting and pushing: nothing is collected twice."""
    place.collect(landing="typo")
    place.collect(landing="typo")
    assert statuses(place.push(landing="lz")) == [(A, "pushed"), (A, "pushed")]
    assert landing_in_generation(place.config(), "glue", place.mark(), A) == str(place.home / "lz")
    manifest, _ = place.run(landing="lz")
    assert not manifest.full


def test_what_was_noted_as_sent_to_another_landing_is_sent(place: Place) -> None:
    """A landing that may only be written lets files move aside one by one: their place is the receipt."""
    place.collect(landing="one")
    output = place.home / "output"
    (path,), (manifest,) = output.glob("METADATA_*"), output.glob("MANIFEST_*")
    (output / "pushed").mkdir()
    path.rename(output / "pushed" / path.name)
    (output / "pushed" / manifest.name).write_bytes(manifest.read_bytes())
    (sent,) = place.push(landing="two").runs
    assert {file.status for file in sent.files} == {"sent"}
    assert place.landed("two") == ["t", "u"]
    assert read_manifest(place.home / "two" / manifest.name).landing == str(place.home / "two")
    assert not list(output.glob("*_*"))


def test_an_increment_does_not_go_where_the_rest_is_not(place: Place) -> None:
    place.run(landing="one")
    place.collect(landing="one")
    pushed = place.push(landing="two")
    assert (statuses(pushed), pushed.exit_code) == ([(A, "withheld")], 3)
    assert "had the rest of it: the next run collects it again" in pushed.runs[0].why
    assert place.landed("two") == []


def test_without_a_landing_the_output_folder_is_one(place: Place) -> None:
    done = place.collect(landing="")
    assert done.manifests[0][1].landing == str(place.home / "output")
    marks_of(place.config()).write("glue", done.manifests[0][1].end)
    for path in (place.home / "output").glob("*_*"):
        path.unlink()
    manifest, _ = place.run(landing="lz")
    assert (manifest.full, place.landed()) == (True, ["t", "u"])


def test_one_of_several_servers_gets_a_new_landing(place: Place) -> None:
    roles = {A: "arn:aws:iam::111111111111:role/r", B: "arn:aws:iam::222222222222:role/r"}
    place.aws.change(tables=[table("t", at="111111111111"), table("u", at="222222222222")])
    accounts: list[dict[str, Any]] = [{"server": server, "role": role} for server, role in roles.items()]
    place.run(server="", accounts=accounts)
    accounts[1]["landing"] = {"url": str(place.home / "own")}
    done = place.collect(server="", accounts=accounts)
    told = {manifest.server: manifest.full for _, manifest in done.manifests}
    assert told == {A: False, B: True}
    assert len(done.warnings) == 1
    place.push(server="", accounts=accounts)
    assert (place.landed("own"), place.landed(f"lz/{A}")) == (["u"], ["t"])


def test_check_and_hwm_say_what_the_next_run_will_be(place: Place) -> None:
    place.run(landing="one")
    assert "incremental" in generation_status(place.config(landing="one"), "glue", place.mark())
    other = generation_status(place.config(landing="two"), "glue", place.mark())
    assert "a full snapshot is written" in other
    assert "mask was false and is true" in generation_status(
        place.config(landing="one", mask=True), "glue", place.mark()
    )


# content --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"mask": True}, "mask was false and is true"),
        ({"formats": ["jsonl", "k"]}, 'formats was ["k"] and is ["jsonl","k"]'),
        ({"databases": {"include": ["sales", "x"]}}, 'databases was ["*"] and is ["sales","x"]'),
        ({"tables": {"exclude": ["v*"]}}, 'tables was ["*"] and is {"include":["*"],"exclude":["v*"]}'),
        ({"shared": "none"}, 'shared was "auto" and is "none"'),
    ],
)
def test_other_content_is_a_full_snapshot_that_is_told(place: Place, keys: dict[str, Any], said: str) -> None:
    place.run()
    manifest, _ = place.run(**keys)
    assert manifest.full
    assert manifest.why_full == [f"{said}: the landing has it otherwise, so a full snapshot is written"]
    again, _ = place.run(**keys)
    assert not again.full


def test_a_table_that_left_the_filter_is_not_deleted(place: Place) -> None:
    place.run()
    manifest, _ = place.run(tables={"exclude": ["u"]})
    assert manifest.warnings[-1].message == "not asked for any more: 1 table, which stay at the landing as they were"
    assert place.landed(family="EVENTS") == []
    place.run()
    assert place.landed(family="EVENTS") == [], "and it is not new when it is asked for again"


def test_a_region_that_is_not_configured_any_more_is_said_once_and_nothing_of_it_is_deleted(place: Place) -> None:
    place.aws.add(tables=[table("far", region="eu-west-1")])
    place.run(regions=["us-east-1", "eu-west-1"])
    manifest, _ = place.run()
    said = [warning.message for warning in manifest.warnings]
    assert said == ["not read any more: eu-west-1 of a_glue; what was written of it stays at the landing"]
    assert place.run()[0].warnings == []
    place.run(regions=["us-east-1", "eu-west-1"])
    assert place.landed(family="EVENTS") == [], "nor is it new when it is read again"
    assert sorted(place.landed()) == ["far", "t", "u"]


def test_what_was_left_out_is_not_new_to_the_catalog(place: Place) -> None:
    place.aws.add(tables=[table("w", database="more")])
    place.run(databases={"include": ["sales"]}, tables={"exclude": ["u"]})
    manifest, _ = place.run()
    assert place.landed(family="EVENTS") == []
    assert sorted(place.landed()) == ["t", "t", "u", "w"]
    assert manifest.counts["created"] == 0


def test_what_could_not_be_read_for_a_snapshot_is_written_once_it_can(place: Place) -> None:
    place.run()
    place.aws.change(faults=[Fault(FaultKind.DENIED, operation="GetTables")])
    manifest, _ = place.run(formats=["jsonl"])
    assert (manifest.full, manifest.complete) == (True, False)
    place.aws.change(faults=[])
    later, _ = place.run(formats=["jsonl"])
    assert not later.full
    assert sum(file.rows for file in later.files if file.family == "tables" or "TABLE" in file.name.upper()) >= 2


# upgrade --------------------------------------------------------------------------------------------


def test_a_generation_that_names_no_landing_adopts_the_one_configured(place: Place) -> None:
    write("one_server", place.home)
    marks_of(place.config()).write("glue", MARK)
    place.day = 1
    manifest, _ = place.run(server="shop_glue")
    assert not manifest.full
    assert "names no landing, as release 0.1 wrote it" in manifest.warnings[0].message
    assert str(place.home / "lz") in manifest.warnings[0].message
    place.aws.change(tables=[table("t", column("other"), VersionId="3")])
    again, _ = place.run(server="shop_glue")
    assert (again.full, again.warnings) == (False, [])
    assert place.run(server="shop_glue", landing="new")[0].full


def test_a_server_that_changed_with_the_upgrade_is_seen(place: Place) -> None:
    write("one_server", place.home)
    marks_of(place.config()).write("glue", MARK)
    place.day = 1
    manifest, _ = place.run(server="other_glue")
    assert manifest.full
    assert "is of shop_glue, not of other_glue" in manifest.why_full[0]


def test_the_facade_counts_its_output_as_the_landing(place: Place) -> None:
    plain = {"output_path": str(place.home / "one"), "regions": ["us-east-1"], "server": A, "hwm": str(place.home)}
    starts = [EPOCH, "2030-02-01 00:00:00", "2030-02-02 00:00:00"]
    keys: list[dict[str, Any]] = [{"landing": {"url": "s3://bucket/x"}}, {}, {"output_path": str(place.home / "two")}]
    full = []
    for at, (start, more) in enumerate(zip(starts, keys, strict=True), 1):
        config, end = from_mapping(plain | more), f"2030-02-0{at} 00:00:00"
        done = collect(config, name=A, start=start, end=end, options=Options(in_place=True))
        full.append(done.manifests[0][1].full)
    assert full == [True, False, True]


def test_status_tells_what_is_not_ours(place: Place) -> None:
    place.collect(server=A)
    place.collect(server=B, landing="other")
    told = {run.server: (run.state, run.landing) for run in status(place.config(server=B, landing="other")).runs}
    assert told == {A: ("foreign", str(place.home / "lz")), B: ("pending", str(place.home / "other"))}


def test_an_upload_loop_does_not_take_along_what_is_pushed_elsewhere(place: Place) -> None:
    place.collect(server=A)
    facade: dict[str, Any] = {"output_path": str(place.home / "output"), "regions": ["us-east-1"], "server": B}
    facade["hwm"] = str(place.home)
    with pytest.raises(OutputError, match="still to be pushed elsewhere"):
        Extractor(**facade).run()
    place.push(server=A)
    assert Extractor(**facade).run()[0].landing == str(place.home / "output")


def test_a_run_that_0_1_0_left_is_pushed_by_its_server(place: Place) -> None:
    """Its manifest names no landing, and does not say what was asked for."""
    stage(place.home / "output")
    assert statuses(place.push(server=B)) == [("1_glue", "foreign")]
    assert statuses(place.push(server="1_glue")) == [("1_glue", "pushed")]
    assert place.mark() == FIRST


def test_files_of_another_account_are_foreign(place: Place) -> None:
    place.collect(catalogId="123456789012")
    (found,) = place.push(catalogId="222222222222").runs
    assert (found.status, "it is of the account 123456789012" in found.why) == ("foreign", True)


def test_two_servers_of_0_1_0_are_adopted(place: Place) -> None:
    place.aws.change(tables=catalog())
    write("two_servers", place.home)
    marks_of(place.config()).write("glue", MARK)
    place.day = 1
    accounts: list[dict[str, Any]] = [{"server": A}, {"server": B, "role": "arn:aws:iam::111111111111:role/r"}]
    done = place.collect(server="", accounts=accounts)
    assert [(manifest.server, manifest.full) for _, manifest in done.manifests] == [(A, False), (B, False)]
    assert [place for warning in done.warnings for place in (A, B) if f"/lz/{place} is taken" in warning] == [A, B]


KEYS = {"AKIAEMULATEDKEY0000A": "111111111111", "AKIAEMULATEDKEY0000B": "222222222222"}


def test_without_a_server_the_caller_says_whose_files_they_are(place: Place) -> None:
    """Two configurations that name neither server nor another folder: their credentials tell them apart."""
    place.aws.change(accounts=KEYS, tables=[table("t", at="111111111111"), table("u", at="222222222222")])
    a, b = (dict[str, Any](server=None, key=key, secret="x" * 40) for key in KEYS)
    place.collect(**a)
    ran = run(place.config(**b), name="glue")
    assert statuses(ran.before) == [("111111111111_glue", "foreign")]
    assert statuses(ran.pushed) == [("111111111111_glue", "foreign"), ("222222222222_glue", "pushed")]
    assert place.landed() == ["u"]
    assert statuses(run(place.config(**a), name="glue").before)[-1] == ("111111111111_glue", "pushed")


def test_a_push_that_cannot_know_whose_files_they_are_goes_by_the_landing(place: Place) -> None:
    place.collect(server=None)
    (found,) = place.push(server=None, landing="other").runs
    assert (found.status, "no server is configured that would say whose it is" in found.why) == ("foreign", True)
    assert statuses(place.push(server=None)) == [("123456789012_glue", "pushed")]
