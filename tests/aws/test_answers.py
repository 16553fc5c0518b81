"""Every client refuses a broken answer by itself; an error means the same everywhere; ARNs know their partition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from tests.support.patient import Waited

from gluepot.aws.arn import Arns, arn
from gluepot.aws.bodies import TRUNCATED
from gluepot.aws.calling import client_of
from gluepot.aws.faults import is_expired, is_passing, is_throttled
from gluepot.aws.session import session_for
from gluepot.waiting.patience import using
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from gluepot_sandbox.aws import Emulator

BROKEN = [FaultKind.TRUNCATE, FaultKind.TRUNCATE_SILENT, FaultKind.MALFORMED]


@pytest.fixture
def glue(aws: Emulator) -> Any:
    aws.client("glue").create_database(DatabaseInput={"Name": "sales"})
    keys = aws.environment()
    session = session_for(Credentials(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"]))
    aws.forget()
    return client_of(session, "glue", "us-east-1")


@pytest.mark.parametrize("kind", BROKEN)
def test_an_answer_that_stays_broken_is_raised_and_never_taken_for_an_empty_one(
    aws: Emulator, glue: Any, kind: FaultKind
) -> None:
    aws.change(faults=[Fault(kind, operation="GetDatabase")])
    waited = Waited()
    with using(waited.patience), pytest.raises(ClientError, match=TRUNCATED) as refused:
        glue.get_database(Name="sales")
    assert refused.value.operation_name == "GetDatabase"
    assert is_passing(refused.value)
    assert len(aws.calls("GetDatabase")) == len(waited.clock.slept) + 1


@pytest.mark.parametrize("kind", BROKEN)
def test_an_answer_that_is_broken_once_is_asked_for_again(aws: Emulator, glue: Any, kind: FaultKind) -> None:
    aws.change(faults=[Fault(kind, operation="GetDatabase", times=1)])
    assert glue.get_database(Name="sales")["Database"]["Name"] == "sales"


def error(code: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetTable")


@pytest.mark.parametrize(
    ("raised", "expired", "throttled", "passing"),
    [
        (error("ExpiredTokenException"), True, False, False),
        (error("ThrottlingException"), False, True, False),
        (error("SlowDown", 503), False, True, True),
        (error("InternalServiceException", 500), False, False, True),
        (error("OperationTimeoutException"), False, False, True),
        (error("AccessDeniedException"), False, False, False),
    ],
)
def test_what_an_error_means(raised: ClientError, *, expired: bool, throttled: bool, passing: bool) -> None:
    assert (is_expired(raised), is_throttled(raised), is_passing(raised)) == (expired, throttled, passing)


def test_an_arn_has_the_partition_of_its_region() -> None:
    assert arn("glue", "table/a/b", region="cn-north-1", account="*") == "arn:aws-cn:glue:cn-north-1:*:table/a/b"
    arns = Arns("us-gov-west-1", "123456789012")
    assert arns.of("glue", "catalog") == "arn:aws-us-gov:glue:us-gov-west-1:123456789012:catalog"
    assert arns.s3("bucket/key") == "arn:aws-us-gov:s3:::bucket/key"
    assert arn("iam", "root", account="123456789012") == "arn:aws:iam::123456789012:root"
