"""Archives of images, unpacked once into the cache."""

import bz2
import gzip
import hashlib
import io
import lzma
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from gan_cli.data.image_files import ENDINGS
from gan_cli.data.label_files import LABEL_FILES
from gan_cli.data.materialise import cache_folder
from gan_cli.errors import UserError, first_line
from gan_cli.io.regular import open_regular

ARCHIVE_ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
# Images hardly shrink in an archive. What grows beyond both bounds is made to fill the disk.
_MOST_GROWTH = 20
_ALWAYS_ALLOWED_BYTES = 2**30
_MOST_MEMBERS = 10_000_000
_MOST_AT_ONCE = 2**24
_COMPRESSED: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),  # type: ignore[dict-item,return-value]
    b"BZh": bz2.BZ2File,  # type: ignore[dict-item]
    b"\xfd7zXZ\0": lzma.LZMAFile,  # type: ignore[dict-item]
}

Member = tuple[str, int, IO[bytes] | None]


class _InPieces(io.RawIOBase):
    """A stream of which nobody may read much at once.

    Between members a tar holds records of names, which Python reads whole, however long they say
    they are: in a compressed archive of a few bytes they may have any length.
    """

    def __init__(self, stream: IO[bytes]):
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MOST_AT_ONCE:
            raise tarfile.ReadError(f"a record of {size:,} bytes stands between its files")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def _tar_stream(path: Path) -> IO[bytes]:
    """Opens the inner stream of a tar, by what the file holds and not by its name."""
    file = open_regular(path)
    start = file.read(6)
    file.seek(0)
    for magic, opener in _COMPRESSED.items():
        if start.startswith(magic):
            return opener(file)
    return file


def is_archive(path: Path) -> bool:
    """Returns whether a path is a file with the ending of an archive."""
    return path.name.lower().endswith(ARCHIVE_ENDINGS) and path.is_file()


def unpacked(path: Path) -> Path:
    """Returns a folder of the images and the files of labels in an archive.

    The archive is unpacked into the cache, unless the same file has been before.

    Raises:
      UserError: it is damaged, encrypted, leads out of its folder, or would fill the disk.
    """
    try:
        status = path.stat()
        key = f"{path.resolve()}\0{status.st_size}\0{status.st_mtime_ns}"
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
        target = cache_folder("archives") / digest
        if target.is_dir():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as aside:
            inner = Path(aside, "images")
            inner.mkdir()
            _unpack(path, inner, _most_bytes(status.st_size, target.parent))
            try:
                inner.rename(target)
            except OSError:
                # Another process was faster.
                if not target.is_dir():
                    raise
        return target
    except (
        *(OSError, ValueError, RuntimeError, NotImplementedError, EOFError),
        *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError),
    ) as error:
        reason = getattr(error, "strerror", None) or first_line(error)
        raise UserError(f"data.path: {path}: cannot be unpacked: {reason}") from error


def _most_bytes(size: int, folder: Path) -> int:
    wanted = max(_ALWAYS_ALLOWED_BYTES, _MOST_GROWTH * size)
    return min(wanted, shutil.disk_usage(folder).free)


def _unpack(path: Path, target: Path, most_bytes: int) -> None:
    total = 0
    for number, (name, size, stream) in enumerate(_members(path)):
        total += size
        if total > most_bytes or number >= _MOST_MEMBERS:
            raise UserError(
                f"data.path: {path}: would take more than {most_bytes:,} bytes; unpack it"
                " yourself if you trust it, and set data.path to the folder"
            )
        place = PurePosixPath(name.replace("\\", "/"))
        if place.is_absolute() or ".." in place.parts:
            raise UserError(f"data.path: {path}: holds '{name}', which leads out of the folder")
        is_wanted = place.name.lower().endswith(ENDINGS) or place.name in LABEL_FILES
        if stream is None:
            continue
        file = target / place
        file.parent.mkdir(parents=True, exist_ok=True)
        # Never through a file that is there: an archive may hold a name twice.
        with stream, file.open("xb") as output:
            # Other files leave an empty one of their name, by which they are counted and named.
            if is_wanted:
                _copy(stream, output, size)


def _copy(stream: IO[bytes], output: IO[bytes], size: int) -> None:
    """Copies exactly the number of bytes that was counted."""
    left = size
    while left and (piece := stream.read(min(left, 2**20))):
        output.write(piece)
        left -= len(piece)
    if left:
        raise EOFError("the archive is cut short")


def _members(path: Path) -> Iterator[Member]:
    """Yields name, size and content of each member; the content of folders and links is None."""
    if path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                is_file = not entry.is_dir()
                yield entry.filename, entry.file_size, archive.open(entry) if is_file else None
        return
    with _tar_stream(path) as stream, tarfile.open(fileobj=_InPieces(stream), mode="r:") as tape:
        for member in tape:
            yield member.name, member.size, tape.extractfile(member) if member.isreg() else None
