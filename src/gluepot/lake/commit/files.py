"""The files that pyiceberg reads and writes for a load, through the landing: with its patience, and at its pace.

Arrow's own client of S3 counts its tries, and ends no answer of which a byte comes each second.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pyarrow as pa
from pyarrow.fs import FileInfo, FileSystemHandler, FileType, PyFileSystem
from pyiceberg.io.pyarrow import PyArrowFileIO

from gluepot.aws.faults import EXPIRED
from gluepot.aws.s3credential import fixed
from gluepot.lake.commit.errors import store_error
from gluepot.landing import LandingOptions, StoreError, from_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyarrow.fs import FileSystem

    from gluepot.landing import Landing

T = TypeVar("T")

PROFILE: Final = "gluepot.profile"
"""The property that names the profile whose endpoint and certificates hold."""


class LakeFiles(PyArrowFileIO):
    """pyiceberg's files, on S3 as a landing reaches it; pyiceberg makes it by name."""

    def _initialize_s3_fs(self, netloc: str | None) -> FileSystem:
        given = self.properties
        credentials = fixed(given["s3.access-key-id"], given["s3.secret-access-key"], given.get("s3.session-token", ""))
        options = LandingOptions(region=given["s3.region"], profile=given.get(PROFILE, ""))
        opened = from_url(f"s3://{netloc}", options, credentials=credentials)
        return PyFileSystem(Bucket(opened, str(netloc), options.region))


def is_expired(error: Exception) -> bool:
    """Tell whether S3 calls the credentials expired."""
    return isinstance(error, StoreError) and any(code in error.why for code in EXPIRED)


class Bucket(FileSystemHandler):
    """A bucket as Arrow sees a file system, as far as pyiceberg needs one; paths begin with the bucket.

    What S3 refuses is raised in a load's words; that credentials have expired is raised as it is.

    Args:
        landing: The bucket.
        name: Its name.
        region: Its region.
    """

    def __init__(self, landing: Landing, name: str, region: str) -> None:
        self._landing = landing
        self._name = name
        self._region = region

    def get_type_name(self) -> str:
        """Name the kind of file system."""
        return "gluepot"

    def normalize_path(self, path: str) -> str:
        """Paths are as they are."""
        return path

    def get_file_info(self, paths: list[str]) -> list[FileInfo]:  # type: ignore[override] # Arrow gives a list always
        """Look whether objects are there."""
        return [self._info(path) for path in paths]

    def open_input_file(self, path: str) -> pa.NativeFile:
        """Read an object whole: metadata is small, and of a data file most is read."""
        body = self._done("reading", path, lambda: self._landing.get(self._key(path)))
        if body is None:
            raise FileNotFoundError(f"Path does not exist '{path}'")
        return pa.BufferReader(body)

    def open_input_stream(self, path: str) -> pa.NativeFile:
        """Read an object from its beginning."""
        return self.open_input_file(path)

    def open_output_stream(self, path: str, metadata: Any) -> pa.NativeFile:  # noqa: ANN401, ARG002 - of Arrow
        """Write an object: it is sent when it is closed."""
        return pa.PythonFile(_Written(lambda body, size: self._send(path, body, size)), mode="w")

    def delete_file(self, path: str) -> None:
        """Remove an object."""
        self._done("removing", path, lambda: self._landing.delete(self._key(path)))

    def _send(self, path: str, body: io.BytesIO, size: int) -> None:
        self._done("writing", path, lambda: self._landing.upload(self._key(path), body, size))

    def _info(self, path: str) -> FileInfo:
        found = self._done("looking at", path, lambda: self._landing.head(self._key(path)))
        return FileInfo(path, FileType.NotFound) if found is None else FileInfo(path, FileType.File, size=found.bytes)

    def _key(self, path: str) -> str:
        return path.removeprefix(f"{self._name}/")

    def _done(self, verb: str, path: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except StoreError as error:
            if is_expired(error):
                raise
            raise store_error(error, f"{verb} s3://{path}", self._region) from error

    def _unsupported(self, *_: object, **__: object) -> Any:  # noqa: ANN401 - it returns never
        raise NotImplementedError("pyiceberg does without")

    copy_file = create_dir = delete_dir = delete_dir_contents = delete_root_dir_contents = _unsupported
    get_file_info_selector = move = open_append_stream = _unsupported

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class _Written(io.BytesIO):
    """What is written, until it is closed.

    Args:
        send: Is given the whole, and its bytes.
    """

    def __init__(self, send: Callable[[io.BytesIO, int], None]) -> None:
        super().__init__()
        self._send = send

    def close(self) -> None:
        """Send it, once."""
        if not self.closed:
            try:
                self._send(self, self.tell())
            finally:
                super().close()
