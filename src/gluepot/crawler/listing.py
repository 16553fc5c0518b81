"""What lies below a crawler's targets: objects and bytes as S3 lists them, and what of it the crawler would read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gluepot.crawler.crawlercheck import split
from gluepot.crawler.patterns import is_read
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gluepot.aws.clients import Clients
    from gluepot.crawler.crawlerfile import Target

PAGE: Final = 1000
"""Objects that S3 lists at once."""

MOST: Final = 1_000_000
"""Objects of one target that are listed; of a target with more the rest is not counted, and that is said."""


@dataclass(slots=True)
class Folder:
    """One folder that holds files: how many, and when the oldest was written (seconds since 1970)."""

    files: int = 0
    size: int = 0
    oldest: float = float("inf")


@dataclass(frozen=True, slots=True)
class Size:
    """What one target holds.

    Args:
        path: The target.
        objects: Objects listed.
        size: Their bytes.
        left_out: Objects that exclusions, emptiness or their names keep out.
        folders: Folders with files that a crawl looks at.
        files: Files that it reads, `sample_size` of each folder at most.
        read_bytes: Bytes of these, on average of their folder; what is really read of a file may be its end only.
        pages: LIST requests that the listing took.
        is_whole: Whether everything was listed.
    """

    path: str
    objects: int
    size: int
    left_out: int
    folders: int
    files: int
    read_bytes: int
    pages: int
    is_whole: bool


def look(
    clients: Clients,
    target: Target,
    *,
    since: float | None = None,
    watcher: Callable[[int], None] = lambda _: None,
) -> Size:
    """List a target.

    Args:
        clients: The account.
        target: What to list.
        since: Only folders are crawled all of whose files are younger (seconds since 1970); None for all.
        watcher: Is told how many objects have been listed.

    Raises:
        ConfigError: There is no such bucket.
        ScopeError: S3 refuses; what is missing is named.
    """
    bucket, prefix = split(target.path)
    begin = f"{prefix}/" if prefix else ""
    folders: dict[str, Folder] = {}
    objects = size = left_out = pages = 0
    whole = True
    for page in _pages(clients, bucket, begin):
        pages += 1
        for listed in page:
            objects, size = objects + 1, size + int(listed["Size"])
            key = str(listed["Key"])[len(begin) :]
            if is_read(key, int(listed["Size"]), target.exclude):
                _count(folders.setdefault(key.rpartition("/")[0], Folder()), listed)
            else:
                left_out += 1
        watcher(objects)
        if objects >= MOST:
            whole = False
            break
    new = [folder for folder in folders.values() if since is None or folder.oldest > since]
    most = target.sample_size or MOST
    files = [min(folder.files, most) for folder in new]
    read = sum(folder.size * count // folder.files for folder, count in zip(new, files, strict=True))
    return Size(target.path, objects, size, left_out, len(new), sum(files), read, pages, whole)


def _count(folder: Folder, found: dict[str, Any]) -> None:
    folder.files += 1
    folder.size += int(found["Size"])
    folder.oldest = min(folder.oldest, found["LastModified"].timestamp())


def _pages(clients: Clients, bucket: str, prefix: str) -> Iterator[list[dict[str, Any]]]:
    given: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "MaxKeys": PAGE}
    while True:
        page = clients.find("s3", "ListObjectsV2", clients.global_arn("s3", bucket), **given)
        if page is None:
            hint = "look at the target's path: the bucket's name, and the account that you are in"
            raise ConfigError(f"there is no bucket {bucket}", "a target of the crawler is in it", hint)
        yield page.get("Contents", [])
        if not page.get("IsTruncated"):
            return
        given["ContinuationToken"] = page["NextContinuationToken"]
