"""The faults of `benchmarks.chaos`: each harms a run, or its surroundings, and mends those.

Faults that this machine cannot produce are left out: they need `faketime`, the right to mount file
systems or, for quotas, the tools of btrfs.
"""

import contextlib
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.disks import (
    Place,
    fill_the_disk,
    forbid_writing,
    from_the_start,
    has_quotas,
    quota_lifted,
    room_again,
    use_up_quota,
    writable_again,
)

BAD_INPUT = 2
MAY_BE_KILLED = frozenset({0, -signal.SIGKILL})


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
      name: its name in the table.
      around: a context that the command runs in.
      strike: called at a random moment while the command runs, and waited for; None: the command
        runs undisturbed.
      after: harms what an ended command has left behind.
      statuses: the exit statuses that the command may have.
      environment: variables added to the command's environment.
      limit: called in the command's process before it starts.
      needs_a_run: whether the fault is harmless before the run has begun.
    """

    name: str
    around: Callable[[Place], contextlib.AbstractContextManager] = lambda place: (
        contextlib.nullcontext()
    )
    strike: Callable[[Place, subprocess.Popen], None] | None = lambda place, process: process.kill()
    after: Callable[[Place], None] = lambda place: None
    statuses: frozenset[int] = MAY_BE_KILLED
    environment: Mapping[str, str] = field(default_factory=dict)
    limit: Callable[[], None] | None = None
    needs_a_run: bool = False


def kill_when_seen(
    *patterns: str, seconds_later: float = 0.0
) -> Callable[[Place, subprocess.Popen], None]:
    """Waits until a file of this name is being written in the run directory, then kills."""

    def strike(place: Place, process: subprocess.Popen) -> None:
        # What an earlier process left there is older.
        began = time.time_ns()
        while process.poll() is None:
            for path in (path for pattern in patterns for path in place.run.glob(pattern)):
                with contextlib.suppress(FileNotFoundError):
                    if path.stat().st_mtime_ns > began:
                        time.sleep(seconds_later)
                        process.kill()
                        return
            time.sleep(0.0005)

    return strike


def checkpoints_of(run: Path) -> list[Path]:
    """Returns the folders of the checkpoints, oldest first."""
    return sorted(run.glob("checkpoints/ckpt-*"), key=lambda path: int(path.name[5:]))


def newest_checkpoint(change: Callable[[bytes], bytes]) -> Callable[[Place], None]:
    """Damages the newest checkpoint, if there is another one to fall back to."""

    def harm(place: Place) -> None:
        found = checkpoints_of(place.run)
        if len(found) >= 2:
            file = next(found[-1].glob("state.data*"))
            file.write_bytes(change(file.read_bytes()))

    return harm


def with_a_bit_turned(content: bytes) -> bytes:
    place = len(content) // 3
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@contextlib.contextmanager
def images_gone(place: Place) -> Iterator[None]:
    images, aside = place.folder / "images", place.folder / "aside"
    images.rename(aside)
    yield
    aside.rename(images)


@contextlib.contextmanager
def an_image_damaged(place: Place) -> Iterator[None]:
    image = min((place.folder / "images").rglob("*.png"))
    content = image.read_bytes()
    image.write_bytes(content[: len(content) // 2])
    yield
    image.write_bytes(content)


@contextlib.contextmanager
def an_image_added(place: Place) -> Iterator[None]:
    image = min((place.folder / "images").rglob("*.png"))
    added = image.with_name("added.png")
    shutil.copy(image, added)
    yield
    added.unlink()


@contextlib.contextmanager
def images_kept(place: Place) -> Iterator[None]:
    """Restores the images that `spoil_images` harms."""
    images, aside = place.folder / "images", place.folder / "aside"
    shutil.copytree(images, aside)
    yield
    shutil.rmtree(images, ignore_errors=True)
    aside.rename(images)


def spoil_images(place: Place, process: subprocess.Popen) -> None:
    """Damages half of the images and removes the others while training runs, then kills it."""
    for number, path in enumerate(sorted((place.folder / "images").rglob("*.png"))):
        if number % 2:
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:20])
    kill_later(process)


def kill_later(process: subprocess.Popen, seconds: float = 3.0) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)
    process.kill()


def limit_files() -> None:
    """Limits the size of files, as a quota does."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))


def jump(by: str) -> Callable[[Place, subprocess.Popen], None]:
    """Sets the command's clock, as `faketime` reads it from the file."""

    def strike(place: Place, process: subprocess.Popen) -> None:
        (place.folder / "clock").write_text(f"{by}\n")
        kill_later(process)

    return strike


@contextlib.contextmanager
def clock_right(place: Place) -> Iterator[None]:
    (place.folder / "clock").write_text("+0\n")
    yield


def clock_from_file() -> dict[str, str]:
    found = subprocess.run(
        ["faketime", "-f", "+0", "printenv", "LD_PRELOAD"], capture_output=True, text=True
    )
    return {
        "LD_PRELOAD": found.stdout.strip(),
        "FAKETIME_TIMESTAMP_FILE": "clock",
        "FAKETIME_CACHE_DURATION": "1",
        # Which no real clock change touches either.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


REFUSED = frozenset({BAD_INPUT})
# Killed before it had anything to write, or to the end by then.
MAY_BE_REFUSED = MAY_BE_KILLED | REFUSED

KILL = Fault("killed at random")


def faults(disk: Path | None) -> list[Fault]:
    """Returns the faults that this machine can produce.

    Args:
      disk: the file system of the run that is thrown at, if it has one of its own.
    """
    found = [
        KILL,
        Fault(
            "stopped (SIGTERM)",
            strike=lambda place, process: process.terminate(),
            statuses=frozenset({0, -signal.SIGTERM, 128 + signal.SIGTERM}),
        ),
        Fault(
            "killed, newest checkpoint cut short",
            after=newest_checkpoint(lambda content: content[: len(content) // 2]),
        ),
        Fault("killed, one bit of it turned over", after=newest_checkpoint(with_a_bit_turned)),
        Fault("killed as a checkpoint is written", strike=kill_when_seen("checkpoints/.ckpt-*")),
        Fault("killed as a picture is written", strike=kill_when_seen("samples/.*")),
        # As the campaign's config has it, every tenth checkpoint is scored once it is there.
        Fault(
            "killed while the run is scored",
            strike=kill_when_seen(
                *(f"checkpoints/ckpt-{images}" for images in (3200, 6400, 9600, 12800)),
                seconds_later=0.01,
            ),
        ),
        Fault("killed as the best is named", strike=kill_when_seen("checkpoints/.best.json.*")),
        Fault("images gone", images_gone, strike=None, statuses=REFUSED),
        Fault("an image damaged", an_image_damaged, strike=None, statuses=REFUSED),
        Fault("an image added", an_image_added, strike=None, statuses=REFUSED, needs_a_run=True),
        Fault("images spoiled in mid-run", images_kept, spoil_images, statuses=MAY_BE_REFUSED),
        Fault("files limited to 8 KiB", statuses=MAY_BE_REFUSED, limit=limit_files),
    ]
    if disk is not None:
        found += [
            Fault("disk full at the start", from_the_start(room_again, fill_the_disk), strike=None,
                  statuses=REFUSED),
            Fault("disk full in mid-run", room_again, fill_the_disk, statuses=MAY_BE_REFUSED),
            Fault("read-only at the start", from_the_start(writable_again, forbid_writing),
                  strike=None, statuses=REFUSED, needs_a_run=True),
            Fault("read-only in mid-run", writable_again, forbid_writing, statuses=MAY_BE_REFUSED,
                  needs_a_run=True),
        ]  # fmt: skip
    if disk is not None and has_quotas(disk):
        found += [
            Fault(
                "quota used up at the start",
                from_the_start(quota_lifted, use_up_quota),
                strike=None,
                statuses=REFUSED,
            ),
            Fault("quota used up in mid-run", quota_lifted, use_up_quota, statuses=MAY_BE_REFUSED),
        ]
    if shutil.which("faketime"):
        clock = clock_from_file()
        found += [
            Fault(f"clock jumps a day {where}", clock_right, jump(by), environment=clock)
            for where, by in (("back", "-1d"), ("ahead", "+1d"))
        ]
    return found
