"""Where S3 is for a profile: its region, its address where that is not AWS's own, the certificates that it trusts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore import UNSIGNED
from botocore.config import Config
from botocore.configprovider import ConfiguredEndpointProvider

from gluepot.aws.access import region_named
from gluepot.aws.session import profile_session
from gluepot.errors import ConfigError
from gluepot.host import capped

if TYPE_CHECKING:
    from botocore.session import Session

FALLBACK: Final = "us-east-1"
"""Where nobody names a region, as AWS's own clients of S3 do."""


@dataclass(frozen=True, kw_only=True)
class S3Place:
    """How S3 is reached by a client that does not read AWS's configuration itself.

    Args:
        region: What requests are signed for.
        endpoint: Its address; empty for AWS's own.
        ca_bundle: The file of certificates that are trusted in place of the system's; empty for the system's.
    """

    region: str
    endpoint: str = ""
    ca_bundle: str = ""

    def certificates(self) -> bytes:
        """Read the certificates, PEM; empty for the system's.

        Raises:
            ConfigError: They cannot be read.
        """
        if not self.ca_bundle:
            return b""
        try:
            return capped.read(Path(self.ca_bundle).expanduser(), capped.SETTINGS)
        except OSError as error:
            hint = "correct ca_bundle of the profile, or AWS_CA_BUNDLE"
            raise ConfigError(f"cannot read the CA bundle {self.ca_bundle}", error.strerror or "", hint) from error


def s3_place(region: str = "", profile: str = "") -> S3Place:
    """Find S3 as AWS's clients do: by the environment, then by the profile.

    Args:
        region: The region where one is named.
        profile: Where credentials come from; empty for the environment's profile.

    Raises:
        CredentialsError: There is no such profile.
    """
    session = profile_session(profile)
    named = region_named(region, profile) or FALLBACK
    bundle = str(session.get_config_variable("ca_bundle") or "")
    return S3Place(region=named, endpoint=_endpoint(session, named), ca_bundle=bundle)


def _endpoint(session: Session, region: str) -> str:
    """Give the address that is configured, or that FIPS and dual-stack ask for."""
    if not session.get_config_variable("ignore_configured_endpoint_urls"):
        provider = ConfiguredEndpointProvider(session.full_config, session.get_scoped_config(), "s3")
        if configured := provider.provide():
            return str(configured)
    if not any(map(session.get_config_variable, ("use_fips_endpoint", "use_dualstack_endpoint"))):
        return ""
    client: Any = session.create_client("s3", region_name=region, config=Config(signature_version=UNSIGNED))
    return str(client.meta.endpoint_url)
