"""How often a request to an object store is sent, and by whom: by exactly one layer, whatever it is part of.

What is one request is sent again here, signed anew: whether it may be repeated, and what its first answer meant, only
the landing knows. Of what takes many requests (a listing, an upload in parts) obstore sends each again by itself:
beginning anew for one part that failed might never end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from gluepot.backoff import Backoff
from gluepot.landing.faults import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from obstore.store import RetryConfig

T = TypeVar("T")

NEVER: Final[RetryConfig] = {"max_retries": 0}
"""Of obstore's client for what is sent again here."""

LIMIT: Final = timedelta(minutes=4)
"""After this obstore gives up: it signs a request once, and a signature is good for five minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How patient a landing is.

    Args:
        sends: How often one request is sent, at the most.
        pauses: Between two of them.
    """

    sends: int
    pauses: Backoff

    def run(self, call: Callable[[], T], passing: Callable[[Exception], bool] | None = None) -> T:
        """Make a call that is one request, and again where that may help.

        Args:
            call: Sends the request.
            passing: Tells whether another try may help; where it is left out, if the store was not reached.

        Raises:
            StoreError: What the last one met, or the first that does not pass.
        """
        return self.pauses.retry(call, self.sends, passing or is_unreachable)

    def config(self) -> RetryConfig:
        """Say the same to obstore, for what takes many requests."""
        return {
            "max_retries": self.sends - 1,
            "retry_timeout": LIMIT,
            # obstore draws a pause between the first one and `base` times the last: on average it doubles. Ours are
            # drawn from nothing on, so that half of the longest is as long as they are on average
            "backoff": {
                "init_backoff": timedelta(seconds=self.pauses.first),
                "max_backoff": timedelta(seconds=self.pauses.longest / 2),
                "base": 4,
            },
        }


BRIEF: Final = Retries(sends=5, pauses=Backoff(first=0.4, longest=5.0))
"""About three seconds: somebody waits for a push, or for a mark."""

PATIENT: Final = Retries(sends=10, pauses=Backoff(first=1.0, longest=20.0))
"""About a minute: behind a request of a load may stand hours of work."""


def is_unreachable(error: Exception) -> bool:
    """Tell whether another try may help."""
    return isinstance(error, StoreError) and error.kind == "unreachable"


def is_half(error: Exception) -> bool:
    """Tell whether an answer broke off in its middle: the one thing that obstore does not ask for again."""
    return isinstance(error, StoreError) and error.half
