"""How a lake is reached: one set of renewing credentials behind Glue, the object store and pyiceberg's files."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from pyarrow.fs import AwsStandardS3RetryStrategy

from gluepot.aws import s3credential
from gluepot.aws.credentials import renewable
from gluepot.aws.plainhttp import check
from gluepot.aws.s3place import s3_place
from gluepot.glue.lake_tables import LakeTables
from gluepot.lake.commit.files import PROFILE, LakeFiles
from gluepot.landing import LandingOptions, from_url
from gluepot.waiting.patience import current

if TYPE_CHECKING:
    from gluepot.aws.access import Access
    from gluepot.aws.credentials import Renewable
    from gluepot.aws.s3place import S3Place
    from gluepot.landing import Landing

SILENT_SECONDS: Final = 60
"""How long Arrow's S3 client waits for an answer's next byte."""


class Patient(AwsStandardS3RetryStrategy):
    """How Arrow's S3 client repeats requests while tables are read; pyiceberg makes it by name.

    It counts tries and draws pauses by itself: these are as many as the patience of the run is likely to take.
    """

    def __init__(self) -> None:
        super().__init__(max_attempts=attempts(current().seconds))


def attempts(seconds: float) -> int:
    """Give the tries of which AWS's client makes the last one when it has waited for some seconds, on average.

    A pause is drawn up to 1, 2, 4, 8, 16 and then 20 seconds:
    https://github.com/aws/aws-sdk-cpp/blob/main/src/aws-cpp-sdk-core/source/client/RetryStrategy.cpp
    """
    tries, waited = 1, 0.0
    while waited < seconds:
        waited += min(2.0 ** (tries - 1), 20.0) / 2
        tries += 1
    return tries


class Account:
    """An AWS account in one region, as a load uses it.

    Args:
        access: How it is reached, or credentials that renew themselves.
        region: Of the catalog and of the bucket.
    """

    def __init__(self, access: Access | Renewable, region: str) -> None:
        self.credentials = renewable(access, region)
        self.region = region

    def __repr__(self) -> str:
        return f"Account({self.region})"

    @cached_property
    def glue(self) -> LakeTables:
        """Glue, with clients that renew their credentials."""
        return LakeTables(self.credentials, self.region)

    def landing(self, location: str) -> Landing:
        """Open a location in S3; nothing is called yet."""
        credentials = s3credential.provider(self.credentials, self.region)
        options = LandingOptions(region=self.region, profile=self.credentials.profile)
        return from_url(location, options, credentials=credentials)

    def renew(self) -> None:
        """Throw the credentials away: the service calls them expired."""
        self.credentials.renew(self.credentials.get_frozen_credentials())

    @cached_property
    def _service(self) -> S3Place:
        place = s3_place(self.region, self.credentials.profile)
        check(place.endpoint, "S3")
        return place

    def io_properties(self) -> dict[str, str]:
        """Give what pyiceberg needs to read tables from S3, with credentials that are good now; never printed."""
        frozen = self.credentials.get_frozen_credentials()
        given = {
            "py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO",
            "s3.access-key-id": frozen.access_key,
            "s3.secret-access-key": frozen.secret_key,
            "s3.session-token": frozen.token,
            "s3.region": self.region,
            "s3.endpoint": self._service.endpoint,
            "s3.retry-strategy-impl": f"{Patient.__module__}.{Patient.__name__}",
            "s3.request-timeout": str(SILENT_SECONDS),
            "s3.connect-timeout": "10",
        }
        return {name: value for name, value in given.items() if value}

    def commit_properties(self) -> dict[str, str]:
        """Give what pyiceberg needs to commit, and to prove, through the landing; never printed."""
        own = {"py-io-impl": f"{LakeFiles.__module__}.{LakeFiles.__name__}", PROFILE: self.credentials.profile}
        return {**self.io_properties(), **own}
