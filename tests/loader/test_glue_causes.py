"""Why a Glue job failed: told from its log, never as "FAILED"."""

from __future__ import annotations

import pytest

from gluepot.errors import ConfigError, DeniedError, EngineError, SourceError
from gluepot.loader.gluejob.causes import KNOWN, cause

DENIED = (
    "botocore.exceptions.ClientError: An error occurred (AccessDeniedException) when calling the GetSecretValue "
    "operation: User: arn:aws:sts::123456789012:assumed-role/loader/GlueJobRunnerSession is not authorized to perform: "
    "secretsmanager:GetSecretValue on resource: gluepot-shop-source because no identity-based policy allows the action"
)
EXAMPLES = {
    "could not install its Python modules": "ERROR: No matching distribution found for msgspec==0.22.0",
    "Glue may not run as the job's role": "Role arn:aws:iam::1:role/r should be given assume role permissions for Glue",
    "no way to S3": "VPC S3 endpoint validation failed for SubnetId: subnet-1. VPC: vpc-1.",
    "no free addresses": "The specified subnet does not have enough free addresses to satisfy the request.",
    "DPUs are all in use": "Exceeded maximum concurrent compute capacity for your account: 100.",
    "no machines": "Job failed: Resource unavailable",
    "out of memory": "Container killed by YARN for exceeding memory limits. 12.0 GB of 12 GB physical memory used.",
    "out of disk": "OSError: [Errno 28] No space left on device",
    "secret in Secrets Manager": "(ResourceNotFoundException) when calling the GetSecretValue operation: x",
    "did not reach the source": "cassandra.cluster.NoHostAvailable: ('Unable to connect to any servers', {})",
    "lacks a module": "ModuleNotFoundError: No module named 'gluepot'",
}


def told(message: str, *lines: str, state: str = "FAILED") -> str:
    return str(cause(state, message, lines, 480))


@pytest.mark.parametrize("what", EXAMPLES)
def test_a_cause_that_is_known_is_told_with_what_to_do(what: str) -> None:
    for found in (cause("FAILED", EXAMPLES[what], [], 1), cause("FAILED", "exit code 1", [EXAMPLES[what], "x"], 1)):
        assert what in found.what
        assert EXAMPLES[what][:60] in found.why
        assert found.hint


def test_every_known_cause_has_an_example() -> None:
    assert len(EXAMPLES) == len(KNOWN)


def test_what_the_role_may_not_is_named_with_the_action_and_the_resource() -> None:
    found = cause("FAILED", "Error Category: PERMISSION_ERROR; ...", ["x", DENIED, "y"], 1)
    assert isinstance(found, DeniedError)
    assert (found.action, found.resource) == ("secretsmanager:GetSecretValue", "gluepot-shop-source")
    assert "allow secretsmanager:GetSecretValue on gluepot-shop-source" in found.hint


def test_another_cause_is_the_last_exception_of_the_log() -> None:
    lines = (
        "Traceback (most recent call last):",
        '  File "s.py", line 3, in <module>',
        "    first()",
        "ValueError: the first",
        "During handling of the above exception, another exception occurred:",
        "Traceback (most recent call last):",
        "gluepot.errors.LakeError: committing failed: the store said no",
        "26/11/21 INFO ShutdownHookManager: Deleting directory",
    )
    assert "gluepot.errors.LakeError: committing failed: the store said no" in told("exit code 1", *lines)


def test_an_error_of_gluepots_own_has_its_class_and_its_hint() -> None:
    """As `loader.entry` says it, before its status can be written."""
    lines = [
        "gluepot.errors.ConfigError: there is no plan file at s3://b/plan.json",
        "hint: gluepot load run stages it",
    ]
    found = cause("FAILED", "exit code 2", [*lines, "SystemExit: 2"], 1)
    assert isinstance(found, ConfigError)
    assert str(found) == f"the job failed: {lines[0]}"
    assert found.hint == "gluepot load run stages it"
    last = cause("FAILED", "exit code 3", [*lines, "gluepot.errors.SourceError: it broke"], 1)
    assert isinstance(last, SourceError)
    assert last.hint == "run it again: what is staged is used"
    assert type(cause("FAILED", "exit code 1", [*lines, "ValueError: no good"], 1)) is EngineError


def test_without_a_log_glues_own_message_is_told_without_its_category() -> None:
    message = "Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 12; ValueError: no good"
    assert told(message) == "the job failed: ValueError: no good"
    assert told("") == "the job failed: it ended FAILED, and its log says nothing"


def test_a_timeout_names_the_minutes_and_a_stop_is_no_failure_of_the_load() -> None:
    late = cause("TIMEOUT", "", ["ValueError: what was going on"], 480)
    assert late.what == "the job was stopped by Glue after 480 minutes"
    assert "glue.timeout_minutes" in late.hint
    assert told("", state="STOPPED") == "the job was stopped"


def test_causes_have_the_class_that_says_what_to_do() -> None:
    assert isinstance(cause("FAILED", EXAMPLES["no way to S3"], [], 1), ConfigError)
    assert isinstance(cause("FAILED", EXAMPLES["out of memory"], [], 1), EngineError)
    assert isinstance(cause("FAILED", EXAMPLES["did not reach the source"], [], 1), SourceError)
    assert len(str(cause("FAILED", "x" * 5000, [], 1))) < 500
