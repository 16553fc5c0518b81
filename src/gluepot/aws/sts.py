"""STS as an account reaches it: in whichever of its regions answers."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from gluepot.aws.calling import client_of, config_of
from gluepot.aws.faults import DENIED, code_of
from gluepot.aws.verdicts import verdict_of
from gluepot.waiting.patience import Verdict, current

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from botocore.session import Session

T = TypeVar("T")

CONFIG: Final = config_of(seconds=30, parameter_validation=False)

_WORTH: Final = (Verdict.PASSING, Verdict.THROTTLED, Verdict.REFUSED, Verdict.FINAL, Verdict.UNKNOWN)
"""Of what several regions say, what is believed: first that another try may help, then a reason."""


class Sts:
    """Asks one region after the other until one answers, and that one first from then on.

    A region that is switched off for an account refuses every credential, and a network may lead to the STS of some
    regions only (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html).

    Args:
        regions: Of the account, in their order.
    """

    def __init__(self, regions: Sequence[str]) -> None:
        self._regions = tuple(regions)
        self._name = f"STS in {', '.join(regions)}"

    def ask(self, session: Session, call: Callable[[Any], T]) -> T:
        """Make a call.

        Args:
            session: Whose credentials sign it.
            call: Makes it with a region's client.

        Raises:
            ClientError: Every region refused: a denial, else what one said.
            BotoCoreError: None answered.
        """

        @cache
        def client(region: str) -> Any:  # noqa: ANN401 - botocore ships no types
            return client_of(session, "sts", region, once=True, config=CONFIG)

        return current().run(lambda: self._round(client, call), verdict_of, host=self._name)

    def _round(self, client: Callable[[str], Any], call: Callable[[Any], T]) -> T:
        """Ask each region once."""
        faults: list[ClientError | BotoCoreError] = []
        for region in self._regions:
            try:
                answer = call(client(region))
            except (ClientError, BotoCoreError) as error:
                faults.append(error)
            else:
                self._regions = (region, *(other for other in self._regions if other != region))
                return answer
        raise next(filter(_is_denial, faults), None) or min(faults, key=lambda fault: _WORTH.index(verdict_of(fault)))


def _is_denial(error: Exception) -> bool:
    return isinstance(error, ClientError) and code_of(error)[0] in DENIED
