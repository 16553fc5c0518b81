"""AWS is called by TLS, or on this machine: what is signed and what is answered may not be read on the way.

An endpoint comes from the environment or from a profile, so one line in a file of somebody else's can lead elsewhere.
"""

from __future__ import annotations

import ipaddress
import logging
import os
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from gluepot.errors import ConfigError
from gluepot.waiting.patience import current

if TYPE_CHECKING:
    from gluepot.waiting.patience import Patience

HINT: Final = (
    "write https:// in AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE> or the profile's endpoint_url; for a network that "
    "you trust, set allow_http = true (in a plan file below [limits])"
)
TLS_HINT: Final = (
    "name its authority: AWS_CA_BUNDLE=FILE, or ca_bundle of the profile; behind a proxy that opens TLS, the proxy's. "
    "Is the clock right?"
)
"""What to do where no TLS connection comes about."""

_warn: Final = logging.getLogger("gluepot.aws").warning
_told: WeakKeyDictionary[Patience, set[str]] = WeakKeyDictionary()
"""Of each run, the hosts of which it has been told that nothing is encrypted."""


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check(endpoint: str, whose: str) -> None:
    """Refuse an endpoint without TLS that is not on this machine, unless the run may use one; then warn, once in a run.

    Args:
        endpoint: Its URL.
        whose: Whose it is, for people: `Glue`.

    Raises:
        ConfigError: It is refused.
    """
    host = urlsplit(endpoint).hostname or ""
    if not endpoint.lower().startswith("http://") or is_loopback(host):
        return
    run = current()
    if not run.allow_http:
        raise ConfigError(f"the endpoint of {whose} is not encrypted", f"it is http://{host}", HINT)
    told = _told.setdefault(run, set())
    if host not in told:
        told.add(host)
        _warn("%s is called without TLS at http://%s, as allow_http says: anybody on the way can read it", whose, host)


def check_environment(services: tuple[str, ...]) -> None:
    """Refuse what the environment says of services, before a process is asked that finds it out.

    Args:
        services: As the variables name them: `GLUE`.

    Raises:
        ConfigError: One of them would be called without TLS.
    """
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return
    for service in services:
        endpoint = os.environ.get(f"AWS_ENDPOINT_URL_{service}") or os.environ.get("AWS_ENDPOINT_URL", "")
        check(endpoint, service.lower())
