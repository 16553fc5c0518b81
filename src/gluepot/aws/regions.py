"""Which regions there are: as AWS's library lists them, and as names have addresses, since there are new ones."""

from __future__ import annotations

import functools
import os
import socket
from typing import TYPE_CHECKING, Final

import botocore.session

from gluepot.aws.arn import partition_of

if TYPE_CHECKING:
    from collections.abc import Callable

_ENDPOINTS: Final = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_GLUE")


@functools.cache
def known() -> tuple[str, ...]:
    """List the regions that have Glue, of every partition."""
    session = botocore.session.get_session()
    partitions = session.get_available_partitions()
    return tuple(sorted({one for part in partitions for one in session.get_available_regions("glue", part)}))


def has_address(host: str) -> bool:
    """Tell whether a host's name has an address."""
    try:
        return bool(socket.getaddrinfo(host, 443))
    except OSError:
        return False


def is_there(region: str, *, has_address: Callable[[str], bool] = has_address) -> bool:
    """Tell whether there is a region; one that is not in the list is believed if Glue has an address there.

    Args:
        region: Its name.
        has_address: Tells whether a host's name has an address.
    """
    if region in known() or any(os.environ.get(name) for name in _ENDPOINTS):
        return True
    suffix = "amazonaws.com.cn" if partition_of(region) == "aws-cn" else "amazonaws.com"
    return has_address(f"glue.{region}.{suffix}")
