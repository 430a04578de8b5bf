"""Finds the image files below a folder, and keeps count of everything that it passes over."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from gan_cli.data.decode import HEIC_ENDINGS, reads_heic
from gan_cli.io.regular import open_regular
from gan_cli.io.wording import counted

ENDINGS = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".avif", ".tga", ".jp2"),
    *(HEIC_ENDINGS if reads_heic() else ()),
)
# Files that hold images all the same: a folder of nothing else is a class that would be lost.
_UNREAD_ENDINGS = (
    *(*HEIC_ENDINGS, ".jxl", ".svg", ".psd", ".raw", ".cr2", ".nef", ".dng", ".exr", ".hdr"),
    *(".dcm", ".nii", ".npy", ".eps", ".ico"),
)
# What macOS puts into archives: a copy of each name, without an image behind it.
_JUNK_FOLDER = "__MACOSX"
_JUNK_FILES = ("thumbs.db", "desktop.ini")
# Written by a dry run into a folder that is no run directory yet.
_OWN_PICTURE = "dry-run-reals.png"
_SHOWN = 3
# An export names its model near its beginning.
_HEAD_BYTES = 2**16


@dataclass(frozen=True)
class FoundFiles:
    """The image files below a folder, ordered by name, and what else is there.

    Attributes:
      others: other files; hidden ones and those of the operating system are left out.
      own: folders that gan-cli wrote, with nothing of which was read.
    """

    images: tuple[Path, ...]
    others: tuple[Path, ...] = ()
    own: tuple[Path, ...] = ()

    def notes(self, root: Path) -> tuple[str, ...]:
        """Returns a sentence for the files and one for the folders that are passed over."""
        notes = []
        if self.others:
            endings = Counter(_ending(path) for path in self.others).most_common()
            kinds = ", ".join(f"{count:,} {ending}" for ending, count in endings)
            first = ", ".join(str(path.relative_to(root)) for path in self.others[:_SHOWN])
            more = ", ..." if len(self.others) > _SHOWN else ""
            which = counted(
                len(self.others),
                f"file in {root} is no image of a known kind and is",
                f"files in {root} are no images of a known kind and are",
            )
            notes.append(
                f"{which} passed over: {kinds} ({first}{more}){self.how_to_read_heic(root)}"
            )
        if self.own:
            shown = ", ".join(str(path) for path in self.own[:_SHOWN])
            more = ", ..." if len(self.own) > _SHOWN else ""
            notes.append(f"runs and exports of gan-cli are not read as data: {shown}{more}")
        return tuple(notes)

    def lines(self) -> tuple[str, ...]:
        """Returns a line for each file and folder that is passed over."""
        return (
            *(f"{path}: is no image of a known kind" for path in self.others),
            *(f"{path}: was written by gan-cli" for path in self.own),
        )

    def instead(self) -> str:
        """Returns what a folder without images holds, as the end of a sentence."""
        if not self.others and self.own:
            return f"; {self.own[0]} was written by gan-cli, and is only read where it is data.path"
        if not self.others:
            return ""
        endings = Counter(_ending(path) for path in self.others).most_common(_SHOWN)
        return "; it holds " + ", ".join(f"{count:,} {ending}" for ending, count in endings)

    def how_to_read_heic(self, folder: Path) -> str:
        """Returns the end of a sentence on how to read the HEIC files in a folder, if any."""
        if any(
            _ending(path) in HEIC_ENDINGS and path.is_relative_to(folder) for path in self.others
        ):
            return "; pip install 'gan-cli[heic]' reads .heic and .heif"
        return ""

    def only_outside(self, folder: Path) -> "FoundFiles":
        """Returns what is passed over outside one of the folders, without images."""
        return FoundFiles(
            (),
            tuple(path for path in self.others if not path.is_relative_to(folder)),
            tuple(path for path in self.own if not path.is_relative_to(folder)),
        )

    def unread_classes(self, root: Path, folders: set[str]) -> list[str]:
        """Returns the folders that hold images, none of them of a known kind.

        Args:
          folders: those with images of a known kind.
        """
        unread = [path for path in self.others if _ending(path) in _UNREAD_ENDINGS]
        parts = (path.relative_to(root).parts for path in unread)
        return sorted({part[0] for part in parts if len(part) > 1} - folders)


def find_files(root: Path) -> FoundFiles:
    """Finds all image files below a folder, through links and without hidden files and folders.

    Raises:
      OSError: a folder cannot be read.
    """
    images: list[Path] = []
    others: list[Path] = []
    own: list[Path] = []
    visited = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in visited:
            # A link to a folder above this one; following it would never end.
            folders.clear()
            continue
        visited.add((status.st_dev, status.st_ino))
        if Path(folder) != root and _is_own(Path(folder), folders, names):
            own.append(Path(folder))
            folders.clear()
            continue
        # In place: os.walk visits what is left here. Hidden folders hold thumbnails and the like.
        folders[:] = sorted(name for name in folders if name[0] != "." and name != _JUNK_FOLDER)
        for name in names:
            if name[0] == "." or name.lower() in _JUNK_FILES or name == _OWN_PICTURE:
                continue
            # Not a broken link, nor a pipe, whose reader would wait without end.
            is_image = name.lower().endswith(ENDINGS)
            if not is_image or not os.path.isfile(os.path.join(folder, name)):
                others.append(Path(folder, name))
            else:
                images.append(Path(folder, name))
    return FoundFiles(tuple(sorted(images)), tuple(sorted(others)), tuple(sorted(own)))


def _is_own(folder: Path, folders: list[str], names: list[str]) -> bool:
    """Returns whether a folder is a run directory or an export of gan-cli, by what is in it."""
    is_run = "config.yaml" in names and ("environment.json" in names or "checkpoints" in folders)
    if is_run or "export.json" not in names:
        return is_run
    try:
        with open_regular(folder / "export.json") as file:
            return b'"model_sha256"' in file.read(_HEAD_BYTES)
    except OSError:
        return False


def _ending(path: Path) -> str:
    return path.suffix.lower() or "without an ending"
