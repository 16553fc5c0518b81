"""One call from its arrival to its answer: who, how fast, what fails, what is answered, what is recorded."""

from __future__ import annotations

import asyncio
import time
import traceback
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import msgspec

from gluepot_sandbox.aws import faults, folding, glue, identity, permissions, search, sts, validation
from gluepot_sandbox.aws.answers import Answer, RefusalError, refuse
from gluepot_sandbox.aws.athena import service as athena
from gluepot_sandbox.aws.crawlers import api as crawlers
from gluepot_sandbox.aws.faults import Subject
from gluepot_sandbox.aws.forward import Moto
from gluepot_sandbox.aws.glue import GlueCall
from gluepot_sandbox.aws.jobs import api as jobs
from gluepot_sandbox.aws.kept import api as kept
from gluepot_sandbox.aws.settings import UNANSWERED, Call, FaultKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot_sandbox.aws.identity import Caller
    from gluepot_sandbox.aws.settings import Fault
    from gluepot_sandbox.aws.state import State

WRITES = {"CreateTable", "UpdateTable", "CreateDatabase"}

READING = {**glue.OPERATIONS, "SearchTables": search.answer}
"""Calls of Glue that read the catalog, answered from what is seeded, injected and stored."""

CHECKED = {"glue", "athena", "secretsmanager", "sts", "iam"}
"""Services whose calls are held against botocore's model; S3's are moto's."""

JSON_SERVICES = {"AWSGlue": "glue", "AmazonAthena": "athena", "secretsmanager": "secretsmanager"}
"""Services whose requests are JSON, by what stands before the operation in `X-Amz-Target`."""


class Request(NamedTuple):
    """An HTTP request, read."""

    method: str
    path: str  # with the query, as it was sent
    headers: Mapping[str, str]
    body: bytes


class Parsed(NamedTuple):
    """What a request asks for."""

    service: str
    operation: str
    parameters: Mapping[str, Any]


class Reply(NamedTuple):
    """An answer, and the fault that the connection is to suffer."""

    answer: Answer
    fault: Fault | None


class Front:
    """The emulated AWS, without its sockets."""

    def __init__(self, state: State) -> None:
        """Begin with a state; moto starts when it is needed."""
        self.state = state
        self.moto = Moto()
        self.url = ""  # known once the server listens
        self._writing = asyncio.Lock()

    async def reply(self, request: Request) -> Reply:
        """Answer a request, and record it."""
        arrived = time.time()
        signature = identity.read_signature(request.headers, request.path.partition("?")[2])
        parsed = parse(request, signature.service if signature else "")
        caller: Caller | None = None
        fault: Fault | None = None
        try:
            caller = identity.identify(self.state, signature)
            await self._wait(parsed)
            subject = _subject(request, parsed, caller)
            fault = faults.pick(self.state, subject)
            refusal = faults.refusal(fault, subject, caller.arn) if fault else None
            if refusal is not None:
                raise refusal  # noqa: TRY301 - the one place where all refusals become answers
            permissions.require(caller, parsed, request.path)
            if parsed.service in CHECKED:
                validation.require(parsed.service, parsed.operation, parsed.parameters)
            answer = await self._answer(request, parsed, caller, fault)
            athena.count(self.state, signature.access_key if signature else "", request.path, answer)
        except RefusalError as refusal:
            answer = refuse(parsed.service, refusal)
        except Exception as error:  # noqa: BLE001 - a bug of the emulator must not look like one of the client
            self.state.invalid.append("".join(traceback.format_exception(error)))
            answer = refuse(parsed.service, RefusalError("InternalFailure", f"the emulator failed: {error!r}", 500))
        if self.state.settings.record:
            self.state.calls.append(_record(request, parsed, caller, Reply(answer, fault), arrived))
        return Reply(answer, fault)

    async def _wait(self, parsed: Parsed) -> None:
        settings = self.state.settings
        usual = settings.latency_ms if parsed.service == "glue" else 0.0
        latency = settings.latency_of.get(parsed.operation, usual)
        if latency:
            await asyncio.sleep(latency / 1000)

    async def _answer(self, request: Request, parsed: Parsed, caller: Caller, fault: Fault | None) -> Answer:
        if fault is not None and fault.kind is FaultKind.CUT:
            return Answer(b"")
        if parsed.service == "glue":
            faults.take(self.state, caller.account, caller.region, parsed.operation)
        if fault is not None and fault.kind is FaultKind.HANG:
            await asyncio.sleep(fault.seconds)
        if parsed.service == "sts" and parsed.operation in sts.OPERATIONS:
            return sts.OPERATIONS[parsed.operation](self.state, caller, parsed.parameters)
        if parsed.service == "glue":
            return await self._glue(request, parsed, caller, fault)
        if parsed.service == "athena" and parsed.operation in athena.OPERATIONS:
            await self.moto.ready()
            url = f"http://{request.headers['Host']}"
            return await athena.answer(self.state, athena.AthenaCall(parsed.operation, caller, parsed.parameters, url))
        return await self._forward(request, parsed, caller)

    async def _forward(self, request: Request, parsed: Parsed, caller: Caller) -> Answer:
        if kept.is_of_workgroups(parsed):
            await self.moto.ready()
            return kept.of_workgroups(self.state, caller, parsed)
        answer = kept.before(request, caller, parsed) or await self.moto.forward(*request, caller.account)
        kept.after(request, caller, parsed, answer)
        return answer

    async def _glue(self, request: Request, parsed: Parsed, caller: Caller, fault: Fault | None) -> Answer:
        call = GlueCall(parsed.operation, caller.account, caller.arn, caller.region, parsed.parameters)
        if fault is not None and fault.kind is FaultKind.EMPTY_PAGE and call.operation in {"GetTables", "GetDatabases"}:
            return glue.empty_page(self.state, call)
        if call.operation in READING:
            return READING[call.operation](self.state, call)
        if crawlers.is_ours(call):
            await self.moto.ready()
            return crawlers.answer(self.state, call)
        if jobs.is_ours(call):
            await self.moto.ready()
            return jobs.answer(self.state, call, self.url)
        request, call = folding.folded(request, call)
        if kept.is_ours(call):
            await self.moto.ready()
            return kept.answer(self.state, call)
        answer = await self._forward_glue(request, call)
        kept.after(request, caller, parsed, answer)
        return answer

    async def _forward_glue(self, request: Request, call: GlueCall) -> Answer:
        """Pass a call to moto, in the catalog that it names; writes one at a time, so that versions hold."""
        glue.require_access(self.state, call, call.catalog_id, str(call.parameters.get("DatabaseName", "")))
        glue.require_columns(call)
        if call.operation not in WRITES:
            return await self.moto.forward(*request, call.catalog_id[:12])
        async with self._writing:
            glue.require_version(self.state, call)
            answer = await self.moto.forward(*request, call.catalog_id[:12])
            if call.operation == "CreateTable" and not answer.error:
                table = call.parameters.get("TableInput") or {}
                key = (call.catalog_id, call.region, str(call.parameters.get("DatabaseName")), str(table.get("Name")))
                self.state.creators[key] = call.principal
            return answer


def parse(request: Request, service: str) -> Parsed:
    """Read service, operation and parameters, as the protocol of the service has them."""
    target = request.headers.get("X-Amz-Target", "")
    prefix, _, operation = target.partition(".")
    if prefix in JSON_SERVICES:
        try:
            parameters = msgspec.json.decode(request.body or b"{}")
        except (msgspec.DecodeError, UnicodeError):
            parameters = {}
        return Parsed(JSON_SERVICES[prefix], operation, parameters if isinstance(parameters, dict) else {})
    kind = request.headers.get("Content-Type", "")
    if kind.startswith("application/x-www-form-urlencoded") and service != "s3":
        form = dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
        return Parsed(service or "sts", form.get("Action", ""), form)
    return Parsed(service or "s3", target.rpartition(".")[2] or request.method, {})


def _subject(request: Request, parsed: Parsed, caller: Caller) -> Subject:
    path, _, query = request.path.partition("?") if parsed.service == "s3" else ("", "", "")
    return Subject(
        parsed.service,
        parsed.operation,
        caller.account,
        caller.region,
        *_names(parsed),
        bool(parsed.parameters.get("NextToken")),
        unquote(path).lstrip("/"),
        query,
    )


def _names(parsed: Parsed) -> tuple[str, str]:
    """Say which database and table a call names."""
    given = parsed.parameters
    own = given.get("Name", "")
    of_table = given.get("TableName") or (own if parsed.operation != "GetDatabase" else "")
    of_input = (given.get("TableInput") or given.get("DatabaseInput") or {}).get("Name", "")
    if "DatabaseName" in given:
        return str(given["DatabaseName"]), str(of_table or of_input)
    return str(own or of_input), ""


def _record(request: Request, parsed: Parsed, caller: Caller | None, reply: Reply, arrived: float) -> Call:
    database, table = _names(parsed) if parsed.service == "glue" else ("", "")
    unanswered = reply.fault is not None and reply.fault.kind in UNANSWERED
    return Call(
        service=parsed.service,
        operation=parsed.operation,
        account=caller.account if caller else "",
        principal=caller.arn if caller else "",
        region=caller.region if caller else "",
        catalog_id=str(parsed.parameters.get("CatalogId", "")),
        database=database,
        table=table,
        continued=bool(parsed.parameters.get("NextToken")),
        time=arrived,
        status=0 if unanswered else reply.answer.status,
        error=reply.answer.error,
        fault=reply.fault.kind.value if reply.fault else "",
        path=request.path if parsed.service == "s3" else "",
    )
