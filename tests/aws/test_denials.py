"""Which permission AWS names in a denial, in each of the forms that its services have for it."""

from __future__ import annotations

import pytest

from gluepot.aws.denials import named_action

OURS = ("glue:GetTables", "arn:aws:glue:eu-west-1:123456789012:catalog")
KEY = "arn:aws:kms:eu-west-1:123456789012:key/k"
ROLE = "arn:aws:iam::123456789012:role/r"


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (f"User: u is not authorized to perform: kms:Decrypt on resource: {KEY} because", ("kms:Decrypt", KEY)),
        (f"User: u is not authorized to perform: kms:Decrypt on resource: {KEY}.", ("kms:Decrypt", KEY)),
        (f"User: u is not authorized to perform kms:Decrypt on the resource {KEY}, which", ("kms:Decrypt", KEY)),
        (f"Not authorized to perform sts:AssumeRole on resource {ROLE}", ("sts:AssumeRole", ROLE)),
        ("Not authorized to perform sts:AssumeRoleWithWebIdentity", ("sts:AssumeRoleWithWebIdentity", "*")),
        ("User: u is not authorized to perform: glue:gettables", ("glue:gettables", OURS[1])),
        ("Insufficient Lake Formation permission(s)", OURS),
        ("", OURS),
    ],
)
def test_the_permission_that_is_named_counts_else_the_calls_own(message: str, named: tuple[str, str]) -> None:
    assert named_action(message, *OURS) == named
