"""Where extract files are pushed: S3, Azure Blob, a local folder or memory behind one small surface.

`from_url` opens a landing; `Landing` sends, reads and lists. This package is the only importer of obstore.
"""

from gluepot.aws.s3credential import Credentials, S3Credential
from gluepot.landing.faults import Kind, StoreError
from gluepot.landing.location import is_url
from gluepot.landing.options import LandingOptions
from gluepot.landing.receipt import Receipt, StoredObject, Verified, Version
from gluepot.landing.store import Landing, from_url

__all__ = [
    "Credentials",
    "Kind",
    "Landing",
    "LandingOptions",
    "Receipt",
    "S3Credential",
    "StoreError",
    "StoredObject",
    "Verified",
    "Version",
    "from_url",
    "is_url",
]
