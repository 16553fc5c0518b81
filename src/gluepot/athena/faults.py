"""What Athena refuses or fails with, in gluepot's errors: what happened, why, what to do.

Calls are refused with `InvalidRequestException` and words only; statements that fail say a name of Trino's errors first
(https://trino.io/docs/current/develop/client-protocol.html), or Athena's own sentences. Both are told apart here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from gluepot.aws.faults import code_of, scope_error
from gluepot.errors import ConfigError, DeniedError, LakeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.exceptions import BotoCoreError

    from gluepot.athena.place import Place
    from gluepot.errors import GluepotError

_PLACE: Final = re.compile(r"line (\d+):(\d+): ")
_NAME: Final = re.compile(r"^([A-Z][A-Z_]+): ")
_DENIED: Final = re.compile(
    r"access ?denied|insufficient (lake formation )?permission|permission denied|not authorized to perform",
    re.IGNORECASE,
)
_MISSING: Final = frozenset(
    {"TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND", "CATALOG_NOT_FOUND", "COLUMN_NOT_FOUND", "FUNCTION_NOT_FOUND"}
)
_LIMITS: Final = ("EXCEEDED_", "QUERY_TIMEOUT", "Query exhausted resources", "Query timeout", "GENERIC_INSUFFICIENT")
_SYNTAX: Final = (
    "mismatched input",
    "no viable alternative",
    "extraneous input",
    "Only one sql statement",
    "token recognition",
)

SYNTAX_HINT: Final = "the SQL is Athena's: https://docs.aws.amazon.com/athena/latest/ug/select.html"
APPLY: Final = "gluepot aws apply -c plan.toml makes the plan's own"


def refused(error: ClientError | BotoCoreError, operation: str, place: Place) -> GluepotError:
    """Say what a refused call means.

    Args:
        error: What botocore raised.
        operation: The API operation.
        place: Where the statement was to run.
    """
    what = f"Athena's workgroup {place.workgroup}"
    if not isinstance(error, ClientError) or code_of(error)[0] != "InvalidRequestException":
        return scope_error(error, what, f"athena:{operation}", place.arn)
    said = code_of(error)[1]
    lowered = said.lower()
    if "workgroup" in lowered and ("not found" in lowered or "disabled" in lowered):
        state = "is disabled" if "disabled" in lowered else "is not there"
        hint = f"{APPLY}; --workgroup NAME takes another, as primary, which every account has"
        return ConfigError(f"the workgroup {place.workgroup} {state} in {place.region}", said, hint)
    if "output location" in lowered or "output bucket" in lowered:
        return _output(said, place)
    if _PLACE.search(said) or any(text in said for text in _SYNTAX):
        return ConfigError("the SQL has a syntax error", said, SYNTAX_HINT)
    return ConfigError("Athena does not take the statement", said, SYNTAX_HINT)


def _output(said: str, place: Place) -> ConfigError:
    if "no output location" in said.lower():
        hint = "set results under [aws], use --results s3://BUCKET/PREFIX, or set it in the workgroup"
        return ConfigError("Athena was not told where results go", said, hint)
    bucket = place.output.partition("s3://")[2].partition("/")[0]
    hint = f"create the bucket {bucket} in {place.region}, or name another place: --results s3://BUCKET/PREFIX; {APPLY}"
    return ConfigError(f"Athena cannot write results to {place.output}", said, hint)


def failed(execution: Mapping[str, Any], place: Place) -> GluepotError:  # noqa: PLR0911 - a line for each kind
    """Say why a statement failed or was cancelled.

    Args:
        execution: As GetQueryExecution gives it.
        place: Where it ran.
    """
    status = execution["Status"]
    details = status.get("AthenaError", {})
    why = status.get("StateChangeReason") or details.get("ErrorMessage") or "Athena gives no reason"
    query_id = execution.get("QueryExecutionId", "")
    if status["State"] == "CANCELLED":
        return _cancelled(why, query_id)
    name = found[1] if (found := _NAME.match(why)) else ""
    if _DENIED.search(why):
        return _denied(why, place)
    if name in _MISSING:
        return ConfigError("the SQL names what Athena does not find", why, _NEXT.get(name, ""))
    if any(why.startswith(text) or text in why for text in _LIMITS):
        return LakeError(
            "the statement needs more than Athena gives", why, "read fewer columns, rows or ranges at once"
        )
    if name.startswith(("HIVE_", "ICEBERG_")):
        return LakeError("Athena cannot read a table", why, "gluepot load verify reads it without Athena")
    if name == "SYNTAX_ERROR" or _PLACE.search(why) or any(text in why for text in _SYNTAX):
        return ConfigError("the SQL cannot be run", why, SYNTAX_HINT)
    if details.get("Retryable"):
        return LakeError("the statement failed in Athena", why, "run it again: Athena says that this may pass")
    return _failure(name, why, query_id)


def _failure(name: str, why: str, query_id: str) -> LakeError:
    if any(text in why for text in _LIMITS):
        hint = "read fewer columns, rows or ranges at once"
        return LakeError("the statement needs more than Athena gives", why, hint)
    if name.startswith(("HIVE_", "ICEBERG_")):
        return LakeError("Athena cannot read a table", why, "gluepot load verify reads it without Athena")
    return LakeError("the statement failed in Athena", why, f"query {query_id} in Athena's console says more")


_NEXT: Final = {
    "TABLE_NOT_FOUND": "load it first, or name it as DATABASE.TABLE",
    "SCHEMA_NOT_FOUND": "a database of the Glue catalog is meant: name a table as DATABASE.TABLE",
    "COLUMN_NOT_FOUND": "DESCRIBE TABLE names the columns; Lake Formation hides those that are not granted",
    "FUNCTION_NOT_FOUND": "the functions are Trino's; the workgroup needs engine version 3",
}


def _cancelled(why: str, query_id: str) -> LakeError:
    if "scanned limit" in why.lower():
        return LakeError(
            "Athena stopped the statement", why, "raise the workgroup's limit of bytes scanned, or read less"
        )
    return LakeError(f"the statement was cancelled in Athena, query {query_id}", why, "run it again")


def _denied(why: str, place: Place) -> DeniedError:
    if "output" in why.lower():
        where, action = place.output, "s3:PutObject, s3:GetBucketLocation and s3:AbortMultipartUpload"
    else:
        where, action = (
            "the tables' locations, and grant SELECT in Lake Formation where that governs them",
            "s3:GetObject, s3:ListBucket and glue:GetTable",
        )
    hint = f"allow {action} on {where}"
    return DeniedError(
        "Athena was denied what the statement needs", why, hint, code="AccessDenied", action=action, resource=where
    )
