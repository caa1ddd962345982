"""Where the files of the archive lie, and that no half-made one is ever taken for a whole one.

A file is made under its name with `.making`, entered into the manifest, and only then gets its name: whatever moment a
pass is killed in, the next one knows from the manifest which files count. One pass at a time has a table's folder; the
lock is the kernel's, so that a dead process holds none.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from sentiment_site.timeseries import parquet
from sentiment_site.timeseries.models import ArchivedPart

SUFFIX = ".making"
LOCK = ".lock"


class ArchiveRefused(Exception):
    """File, manifest and table do not fit together; nothing was deleted or restored."""


def archive_dir() -> Path:
    """Where the files lie."""
    return Path(settings.ARCHIVE_DIR)


def place_of(manifest: ArchivedPart) -> Path:
    """Where the file lies when it is whole."""
    return archive_dir() / manifest.file


def making_of(path: Path) -> Path:
    """Where a file lies until the manifest knows it."""
    return path.with_name(path.name + SUFFIX)


@contextmanager
def own_folder(table: str) -> Iterator[Path]:
    """The folder of a table, with nobody else at work in it and without what dead passes left. ArchiveRefused."""
    folder = archive_dir() / table
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ArchiveRefused(f"{table}: another pass is at work on it") from error
        _sweep(table, folder)
        yield folder


def shelve(manifest: ArchivedPart) -> None:
    """Give a finished file its name."""
    path = place_of(manifest)
    making_of(path).replace(path)
    parquet.sync(path.parent)


def is_whole(manifest: ArchivedPart) -> bool:
    """Whether the file is there as it was written."""
    path = place_of(manifest)
    return path.is_file() and parquet.digest(path) == manifest.sha256


def checked_file(manifest: ArchivedPart) -> Path:
    """The file, or ArchiveRefused when it is not there or was changed."""
    if not is_whole(manifest):
        raise ArchiveRefused(f"{manifest.file}: the file is not there or was changed")
    return place_of(manifest)


def discard(manifest: ArchivedPart) -> None:
    """Throw away a manifest that never led to a deletion, and its file: the rows are in the table."""
    place_of(manifest).unlink(missing_ok=True)
    making_of(place_of(manifest)).unlink(missing_ok=True)
    manifest.delete()


def _sweep(table: str, folder: Path) -> None:
    """Unfinished files that the manifest does not know: their pass was killed before it deleted anything."""
    known = {making_of(archive_dir() / file).name for file in _files_of(table)}
    for path in folder.iterdir():
        if path.name.startswith(parquet.MAKING) and path.is_dir():
            shutil.rmtree(path)
        elif path.name.endswith(SUFFIX) and path.name not in known:
            path.unlink()


def _files_of(table: str) -> list[str]:
    return list(ArchivedPart.objects.filter(table=table, deleted_at=None).values_list("file", flat=True))
