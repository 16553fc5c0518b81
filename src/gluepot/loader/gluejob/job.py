"""A load as a Glue job: staged to S3, started, followed by its state, its log and its records, and stopped.

    plan file -> assets: wheel, modules, script, plan -> job -> run -> Spark: `gluepot.loader.entry`
    run's state + log + records of the load in S3 -> how it gets on, and why it failed

Nothing that is staged holds a secret: the job reads the source's from Secrets Manager, as its role.
"""

from __future__ import annotations

import io
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot.errors import ConfigError, DeniedError, LakeError
from gluepot.lake.commit.errors import store_error
from gluepot.landing import StoreError
from gluepot.loader.core.choosing import ANY, chosen_loads
from gluepot.loader.core.connect import lake_of
from gluepot.loader.engines import portable
from gluepot.loader.engines.handed import NAME as HANDED
from gluepot.loader.engines.handed import NOTE, NOTED, Begun, Handed, Note
from gluepot.loader.engines.status import NAME as STATUS
from gluepot.loader.engines.status import Status
from gluepot.loader.gluejob import modules as jobmodules
from gluepot.loader.gluejob import wheel as jobwheel
from gluepot.loader.gluejob.causes import cause
from gluepot.loader.gluejob.log import JobLog
from gluepot.loader.gluejob.plan import job_plan
from gluepot.loader.gluejob.progress import Progress
from gluepot.loader.gluejob.runs import JobRuns
from gluepot.loader.stack.jobfile import SCRIPT, execution_class
from gluepot.loader.stack.jobsize import size_of
from gluepot.loader.stack.provisioning import open_account
from gluepot.loader.stack.stack import names, stack
from gluepot.plan.identity import new_id
from gluepot.provision.applying import Applying
from gluepot.provision.changes import plan as compare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gluepot.errors import GluepotError
    from gluepot.landing import Landing
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.core.watcher import Watcher
    from gluepot.loader.gluejob.runs import JobRun
    from gluepot.loader.plan.planning import PlannedLoad
    from gluepot.loader.stack.jobsize import Size
    from gluepot.loader.stack.names import Names
    from gluepot.plan.identity import Rule
    from gluepot.plan.table import LoadPlan

PLAN: Final = "--plan"
LOAD: Final = "--load-id"
"""What the script is told; everything else it is given is Glue's own."""

FAILED: Final = "FAILED"
APPLY: Final = "gluepot aws apply makes it"
TEXT: Final = '''"""Runs a load of gluepot as a Glue job: the same script for every load, which its run names."""

import os
import sys

region = sys.argv[sys.argv.index("--gluepot-region") + 1]
os.environ.setdefault("AWS_REGION", region)
os.environ.setdefault("AWS_DEFAULT_REGION", region)

from gluepot.loader.entry import main

code = main(sys.argv[1:])
if code:
    sys.exit(code)
'''


UNKNOWN: Final = Handed(load_id="", tables=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A load that a job was started for.

    Args:
        job: The job.
        run_id: The run.
        size: What the run gets; None where the job says so itself, as a visual one does.
        handed: The load and its tables; empty where only the job knows them.
    """

    job: str
    run_id: str
    size: Size | None = None
    handed: Handed = UNKNOWN

    @property
    def load_id(self) -> str:
        """The load."""
        return self.handed.load_id


@dataclass(frozen=True, slots=True)
class Outcome:
    """Why a run failed.

    Args:
        error: What kept all of it from going on; None where nothing did.
        tables: Per table, what kept it from being loaded.
    """

    error: GluepotError | None = None
    tables: Mapping[str, GluepotError] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """The worst of all."""
        errors = [*self.tables.values(), *([self.error] if self.error else ())]
        return max((error.exit_code for error in errors), default=0)


class Job:
    """The Glue job of a plan file.

    Args:
        file: The plan file.
        say: Is told each step; nothing secret is in it.
    """

    def __init__(self, file: PlanFile, say: Callable[[str], None] = lambda _: None) -> None:
        self.file = file
        self.names: Names = names(file)
        self.clients = open_account(file)
        self.runs = JobRuns(self.clients, self.names.job)
        self.lake = lake_of(file.target)
        self._say = say

    def submit(self, planned: PlannedLoad, rule: Rule = ANY, *, take_over: bool = False) -> Submitted:
        """Stage a load and start a run for it, or take up the run of who died before they knew of it.

        Args:
            planned: The plan, which refuses nothing.
            rule: Which loads are joined or finished.
            take_over: Whether tables that were loaded from another source may be loaded over.

        Raises:
            ConfigError: Role or secret are missing, or the source cannot be read by a job.
            BusyError: A run of the job is under way.
            ScopeError: AWS denied or did not answer; what is missing is named.
        """
        staged = portable.encode(job_plan(self.file, self.names.secret))
        self._require()
        left = self._left_behind(planned.plan, rule)
        if left is not None:
            return left
        handed = self._handed(planned.plan, rule, take_over=take_over)
        arguments = self._stage(staged, handed)
        self._ensure()
        size = size_of(self.file, planned.costs.values())
        given = {
            "Arguments": arguments,
            "WorkerType": size.worker_type,
            "NumberOfWorkers": size.workers,
            "Timeout": self.file.glue.timeout_minutes,
            "ExecutionClass": execution_class(self.file.glue),
        }
        run_id = self.runs.start(given, PLAN)
        self._note(arguments[PLAN], run_id)
        return Submitted(job=self.names.job, run_id=run_id, size=size, handed=handed)

    def handed(self, run: JobRun) -> Handed | None:
        """Read which load a run is for; None where gluepot did not start it, or its record is gone."""
        body = self._beside(run, HANDED)
        return msgspec.json.decode(body, type=Handed) if body else None

    def _said(self, run: JobRun) -> Status | None:
        """Read what a run's load has said of itself; None where it came to say nothing."""
        body = self._beside(run, STATUS)
        return msgspec.json.decode(body, type=Status) if body else None

    def _beside(self, run: JobRun, name: str) -> bytes | None:
        """Read what lies beside the plan of a run."""
        place = run.arguments.get(PLAN, "").rpartition("/")[0]
        found: bytes | None = self._stored(place, lambda landing: landing.get(name)) if place else None
        return found

    def outcome(self, run: JobRun, log: JobLog) -> Outcome:
        """Say why a run ended as it did: what its load said itself, else what its log says."""
        if run.has_succeeded or not run.is_over:
            return Outcome()
        said = self._said(run) if run.state == FAILED else None
        if said is None or said.state != "failed":
            return Outcome(cause(run.state, run.message, log.ends(), run.minutes))
        tables = {name: status.error.error() for name, status in said.tables.items() if status.error}
        if said.error is None and not tables:
            return Outcome(cause(run.state, run.message, log.ends(), run.minutes))
        return Outcome(said.error.error() if said.error else None, tables)

    def log(self, run_id: str) -> JobLog:
        """Open the log of a run; nothing is called yet."""
        return JobLog(self.clients, run_id)

    def progress(self, handed: Handed, watcher: Watcher | None = None) -> Progress:
        """Open the records of a load; nothing is called yet."""
        return Progress(self.lake, handed, watcher)

    def dollars(self, run: JobRun) -> float:
        """Say what a run has cost so far, at the plan's prices."""
        return run.dollars(self.file.prices)

    def _require(self) -> None:
        """Look for what `gluepot aws apply` makes; whoever may not look finds out from Glue."""
        called = self.names
        missing = []
        if not self._is_there("iam", "GetRole", {"RoleName": called.role}):
            missing.append(f"role {called.role}")
        if called.secret and not self._is_there("secretsmanager", "DescribeSecret", {"SecretId": called.secret}):
            missing.append(f"secret {called.secret}")
        if missing:
            raise ConfigError(f"there is no {' and no '.join(missing)}", "the job cannot run without", APPLY)

    def _is_there(self, service: str, operation: str, given: dict[str, Any]) -> bool:
        try:
            return self.clients.find(service, operation, "*", **given) is not None
        except DeniedError:
            return True

    def _handed(self, plan: LoadPlan, rule: Rule, *, take_over: bool) -> Handed:
        """Choose the load of every table, as a load on this machine does."""
        chosen = chosen_loads(plan, self.lake, rule, self._say)
        tables = tuple(
            Begun(table=table, load_id=choice.load_id) for table, choice in zip(plan.tables, chosen.loads, strict=True)
        )
        newest = rule.load_id or max((choice.load_id for choice in chosen.loads), default=new_id())
        return Handed(load_id=newest, tables=tables, run=chosen.run, take_over=take_over)

    def _left_behind(self, plan: LoadPlan, rule: Rule) -> Submitted | None:
        """Find the newest run where it loads these very tables, is no failure, and nobody has noted it."""
        run = None if rule.resume is False else self.runs.newest()
        if run is None or (run.is_over and not run.has_succeeded):
            return None
        handed = self.handed(run)
        if handed is None or handed.version < NOTED or self._beside(run, NOTE) is not None:
            return None
        if not _is_same(plan, handed, rule) or rule.now - run.began > timedelta(hours=rule.hours):
            return None
        self._note(run.arguments[PLAN], run.id)
        began = f"{run.began:%Y-%m-%d %H:%M:%S %Z}"
        self._say(
            f"run {run.id} of job {self.names.job} was started for these tables at {began}, by a process that died"
        )
        self._say("it is taken up, and no other is started; --no-resume loads them all the same")
        return Submitted(job=self.names.job, run_id=run.id, handed=handed)

    def _note(self, plan: str, run_id: str) -> None:
        """Note beside the staged plan which run it is for."""
        place = plan.rpartition("/")[0]
        self._stored(place, lambda landing: landing.put(NOTE, msgspec.json.encode(Note(run_id=run_id))))

    def _stage(self, plan: bytes, handed: Handed) -> dict[str, str]:
        """Put everything that the run needs into S3; returns its arguments."""
        place = f"runs/{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        wheel = jobwheel.wheel()
        modules = self._modules(wheel)
        self._put(SCRIPT, TEXT.encode())
        self._put(f"{place}/plan.json", plan)
        self._put(f"{place}/{HANDED}", msgspec.json.encode(handed))
        return {**modules, PLAN: f"{self.names.assets}/{place}/plan.json", LOAD: handed.load_id}

    def _modules(self, wheel: jobwheel.Wheel) -> dict[str, str]:
        """Stage what pip installs in the job, unless it is there; returns the arguments that name it."""
        wanted = jobmodules.pins(self.file.glue.version)
        if self.file.glue.wheelhouse:
            key = f"modules/{jobmodules.house_name(wheel, wanted)}"
            if not self._has(key):
                self._say(f"fetching {len(wanted)} modules for a network without a package index")
                self._send(key, jobmodules.gathered(wheel, wanted))
            return {
                "--additional-python-modules": f"{self.names.assets}/{key}",
                "--python-modules-installer-option": "--no-index",
            }
        key = f"modules/{wheel.digest}/{wheel.name}"
        if not self._has(key):
            self._put(key, wheel.body)
        return {"--additional-python-modules": ",".join([f"{self.names.assets}/{key}", *wanted])}

    def _ensure(self) -> None:
        """Create the job, or bring it up to the plan file, as `gluepot aws apply` would."""
        account = self.clients.account
        ours = [resource for resource in stack(self.file, account) if resource.kind == "job"]
        changes = compare(ours, self.clients, stack=self.names.stack)
        for done in Applying(self.clients, self.names.stack).run(changes):
            if done.error is not None:
                raise done.error
            if done.outcome == "drifted":
                self._say(f"job {self.names.job} was changed by hand and runs as it is: see gluepot aws plan")
            elif done.outcome != "left":
                self._say(f"{done.outcome} job {self.names.job}")

    def _has(self, key: str) -> bool:
        return self._stored(self.names.assets, lambda landing: landing.head(key)) is not None

    def _put(self, key: str, body: bytes) -> None:
        self._stored(self.names.assets, lambda landing: landing.put(key, body))
        self._say(f"staged {self.names.assets}/{key}")

    def _send(self, key: str, body: bytes) -> None:
        """Put what is too large for one request into S3."""
        self._stored(self.names.assets, lambda landing: landing.upload(key, io.BytesIO(body), len(body)))
        self._say(f"staged {self.names.assets}/{key}")

    def _stored(self, place: str, call: Callable[[Landing], Any]) -> Any:  # noqa: ANN401 - whatever is called answers
        try:
            return call(self.lake.account.landing(place))
        except StoreError as error:
            wrong = store_error(error, f"staging the job at {place}", self.lake.account.region)
            if isinstance(wrong, LakeError):
                wrong.hint = "run it again: nothing has been started"
            raise wrong from error


def _is_same(plan: LoadPlan, handed: Handed, rule: Rule) -> bool:
    """Say whether a load that was handed to a job is the one that is asked for."""
    if rule.load_id and rule.load_id != handed.load_id:
        return False
    before = {begun.table.name: plan.digest(begun.table) for begun in handed.tables}
    return before == {table.name: plan.digest(table) for table in plan.tables}


def run_of_load(runs: Sequence[JobRun], run_id: str) -> JobRun | None:
    """Choose the run that is asked for by its id or the begin of it; the newest where none is."""
    return next((run for run in runs if run.id.startswith(run_id)), None)
