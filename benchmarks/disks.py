"""The disk that `benchmarks.chaos` writes to, and its faults: full, read-only, no quota left."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# Room for a run of the campaign, and for little more; btrfs makes none that is smaller.
DISK_SIZE = "128m"
# What btrfs counts as one, by its name for quotas.
FIRST_SUBVOLUME = "0/256"


@dataclass(frozen=True)
class Place:
    """The folders of a campaign.

    Attributes:
      folder: holds the config and the images.
      run: the run directory under attack, on a file system of its own where `disk` is given.
      disk: a folder on that file system, or None.
    """

    folder: Path
    run: Path
    disk: Path | None


def from_the_start(
    put_right: Callable[[Place], contextlib.AbstractContextManager],
    harm: Callable[[Place], None],
) -> Callable[[Place], contextlib.AbstractContextManager]:
    """Returns a fault that harms the disk before the command starts, not while it runs."""

    @contextlib.contextmanager
    def around(place: Place) -> Iterator[None]:
        with put_right(place):
            harm(place)
            yield

    return around


def fill_the_disk(place: Place, process: subprocess.Popen | None = None) -> None:
    """Fills the file system to the last byte."""
    assert place.disk is not None
    with (place.disk / "ballast").open("ab", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))


@contextlib.contextmanager
def room_again(place: Place) -> Iterator[None]:
    yield
    assert place.disk is not None
    (place.disk / "ballast").unlink(missing_ok=True)


@contextlib.contextmanager
def writable_again(place: Place) -> Iterator[None]:
    yield
    # Whether or not it has come to that.
    if os.statvfs(place.run).f_flag & os.ST_RDONLY:
        subprocess.run(["umount", place.run], check=True)


def forbid_writing(place: Place, process: subprocess.Popen | None = None) -> None:
    """Mounts a read-only view over the run directory; open files stay open for writing."""
    if place.run.is_dir():
        subprocess.run(["mount", "--bind", place.run, place.run], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", place.run], check=True)


def set_quota(disk: Path, limit: str) -> None:
    # Asked of the folder above, which has none: where a quota is used up, it cannot be lifted.
    subprocess.run(
        ["btrfs", "-q", "qgroup", "limit", limit, FIRST_SUBVOLUME, disk.parent], check=True
    )


@contextlib.contextmanager
def quota_lifted(place: Place) -> Iterator[None]:
    yield
    assert place.disk is not None
    set_quota(place.disk, "none")


def use_up_quota(place: Place, process: subprocess.Popen | None = None) -> None:
    """Lowers the quota below what is used; then no process can write, not even root's."""
    assert place.disk is not None
    set_quota(place.disk, "1")


@contextlib.contextmanager
def disk_of_its_own(folder: Path) -> Iterator[Path | None]:
    """Yields a folder on a small file system; None where mounting is not allowed.

    It is btrfs, which has quotas, where there are its tools.
    """
    folder.mkdir()
    image, subvolume = folder.with_name(f"{folder.name}.img"), folder / "subvolume"
    commands: tuple[list[str | Path], ...] = (
        ["truncate", "--size", DISK_SIZE, image],
        ["mkfs.btrfs", "--quiet", "--mixed", image],
        ["mount", "-o", "loop", image, folder],
        ["btrfs", "-q", "quota", "enable", folder],
        ["btrfs", "-q", "subvolume", "create", subvolume],
    )
    try:
        if all(_succeeds(command) for command in commands):
            yield subvolume
        elif _succeeds(["mount", "-t", "tmpfs", "-o", f"size={DISK_SIZE}", "tmpfs", folder]):
            yield folder
        else:
            yield None
    finally:
        while os.path.ismount(folder):
            subprocess.run(["umount", folder], check=True)


def has_quotas(disk: Path) -> bool:
    return _succeeds(["btrfs", "qgroup", "show", disk])


def _succeeds(command: Sequence[str | Path]) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
