"""Waiting for a new role: IAM tells the rest of AWS about it within seconds, mostly.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html, "Changes that I make are not always immediately
visible". Until then Glue refuses a job or a crawler with InvalidInputException, and the words below.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final, TypeVar

from gluepot.backoff import Backoff
from gluepot.errors import RemoteError, ScopeError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

SECONDS: Final = 90.0
"""How long a new role is waited for."""

TRIES: Final = Backoff(first=1.0, longest=10.0, jitter=False)
"""Between two tries: nobody else waits for this role."""

_NOT_YET: Final = re.compile(
    r"unable to assume|cannot be assumed|could not assume|not assume (the )?role|trust ?policy|"
    r"role .* (not found|does not exist)",
    re.IGNORECASE,
)
"""How Glue words it; a role that does not trust Glue at all is worded no other way."""


def once_assumable(
    call: Callable[[], T],
    *,
    limit: float = SECONDS,
    tell: Callable[[str], None] = lambda _: None,
    tries: Backoff = TRIES,
    clock: Callable[[], float] = time.monotonic,
) -> T:
    """Make a call that names a role, again and again until the service can assume it.

    Args:
        call: The call.
        limit: Seconds after which it is given up.
        tell: Is told that it is waited for.
        tries: The pauses between two tries.
        clock: Tells seconds.

    Raises:
        RemoteError: The role cannot be assumed still.
        ScopeError: Anything else that the call raises, at once.
    """
    end, turn = clock() + limit, 0
    while True:
        try:
            return call()
        except ScopeError as error:
            if error.code != "InvalidInputException" or not _NOT_YET.search(error.why):
                raise
            if clock() + tries.ceiling(turn) > end:
                hint = "look at the role's trust policy: it must name glue.amazonaws.com; then run again"
                what = f"the role cannot be assumed, {limit:.0f} seconds after it was made"
                raise RemoteError(what, error.why, hint, code=error.code) from error
        tell("waiting until AWS Glue knows the new role")
        tries.wait(turn)
        turn += 1
