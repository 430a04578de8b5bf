"""What the cache keeps, and how to get rid of it."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from gan_cli.data.materialise import cache_folder
from gan_cli.errors import UserError

# The folders of the cache, with what they hold.
_KINDS = {
    "archives": "unpacked archives of images",
    "data": "prepared images",
    "duplicates": "which images are copies of others",
    "headers": "what the headers of image files say",
    "features": "classifiers and downloaded networks of evaluations",
    "statistics": "statistics of real images",
    "precision": "how fast networks compute in float32 and bfloat16",
    "tried": "which networks from elsewhere were tried out",
}
# What is being removed; a process that died while it did so leaves it.
_REMOVED = ".removed"


@dataclass(frozen=True)
class CachedKind:
    """One folder of the cache: what it holds, in how many entries and bytes."""

    folder: Path
    what: str
    entries: int
    size: int


def cache_contents() -> list[CachedKind]:
    """Returns what each folder of the cache holds; those that are empty or missing are left out.

    Raises:
      UserError: a folder cannot be read, or nobody knows where the cache is.
    """
    found = []
    for kind, what in _KINDS.items():
        folder = cache_folder(kind)
        try:
            entries = list(folder.iterdir()) if folder.is_dir() else []
            size = sum(
                file.lstat().st_size
                for file in folder.rglob("*")
                if file.is_file() and not file.is_symlink()
            )
        except OSError as error:
            raise _problem(folder, "read", error) from error
        if entries:
            found.append(CachedKind(folder, what, len(entries), size))
    return found


def list_or_clear(action: str) -> str:
    """Returns what the cache holds, for `list`, or removes it and says so, for `clear`.

    Raises:
      UserError: as of `cache_contents` and `clear_cache`.
    """
    return clear_cache() if action == "clear" else "\n".join(cache_lines())


def cache_lines() -> list[str]:
    """Returns a line for each kind of cached files, and one for all.

    Raises:
      UserError: as of `cache_contents`.
    """
    kinds = cache_contents()
    root = cache_folder("data").parent
    if not kinds:
        return [f"{root} holds nothing"]
    lines = [f"{_amount(kind.size):>9}  {kind.folder.name}: {kind.what}" for kind in kinds]
    total = _amount(sum(kind.size for kind in kinds))
    return [*lines, f"{total:>9}  in {root}; gan-train --cache clear removes it"]


def clear_cache() -> str:
    """Removes everything that the cache holds; returns a line on what was removed.

    Only the folders that gan-cli makes are removed: the cache may lie in a folder of other files.
    A run that trains from prepared images on disk keeps them until it ends.

    Raises:
      UserError: something cannot be removed, or nobody knows where the cache is.
    """
    kinds = cache_contents()
    for kind in kinds:
        try:
            if kind.folder.is_symlink():
                raise OSError(None, "is a link", str(kind.folder))
            # An archive of which half is removed would be taken for a whole one.
            aside = kind.folder.with_name(f".{kind.folder.name}-{os.getpid()}{_REMOVED}")
            kind.folder.rename(aside)
            shutil.rmtree(aside)
        except OSError as error:
            raise _problem(kind.folder, "removed", error) from error
    root = cache_folder("data").parent
    for left in root.glob(f".*{_REMOVED}"):
        shutil.rmtree(left, ignore_errors=True)
    return f"removed from {root}: {_amount(sum(kind.size for kind in kinds))}"


def _problem(folder: Path, done: str, error: OSError) -> UserError:
    return UserError(f"{error.filename or folder}: cannot be {done}: {error.strerror or error}")


def _amount(size: int) -> str:
    """Returns a number of bytes in the unit that suits it."""
    if size < 1_000:
        return f"{size} bytes"
    amount, unit = size / 1_000, "kB"
    for larger in ("MB", "GB", "TB"):
        if amount < 1_000:
            break
        amount, unit = amount / 1_000, larger
    return f"{amount:.1f} {unit}"
