"""STS as an account reaches it: in whichever of its regions answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from gluepot.aws.faults import DENIED, code_of
from gluepot.aws.session import client_config

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from botocore.session import Session

T = TypeVar("T")

PATIENT: Final = client_config(8, seconds=30, parameter_validation=False)
"""Each account makes a call of STS per session only, so one that is throttled or fails may well take its time."""

BRIEF: Final = client_config(2, seconds=30, parameter_validation=False)
"""Where another region can be asked."""


class Sts:
    """Asks one region after the other until one answers, and that one first from then on.

    A region that is switched off for an account refuses every credential, and a network may lead to the STS of some
    regions only (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html).

    Args:
        regions: Of the account, in their order.
    """

    def __init__(self, regions: Sequence[str]) -> None:
        self._regions = tuple(regions)

    def ask(self, session: Session, call: Callable[[Any], T]) -> T:
        """Make a call.

        Args:
            session: Whose credentials sign it.
            call: Makes it with a region's client.

        Raises:
            ClientError: Every region refused: a denial, else what the first one said.
            BotoCoreError: None answered.
        """
        faults: list[ClientError | BotoCoreError] = []
        for region in self._regions:
            config = PATIENT if region == self._regions[-1] else BRIEF
            try:
                answer = call(session.create_client("sts", region_name=region, config=config))
            except (ClientError, BotoCoreError) as error:
                faults.append(error)
            else:
                self._regions = (region, *(other for other in self._regions if other != region))
                return answer
        raise next(filter(_is_denial, faults), faults[0])


def _is_denial(error: Exception) -> bool:
    return isinstance(error, ClientError) and code_of(error)[0] in DENIED
