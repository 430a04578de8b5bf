"""What an attack is: one way to harm one command, and the runs and commands that are attacked."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# The folder of each config's run.
RUNS = {"small.yaml": "run", "words.yaml": "spoken", "songs.yaml": "played", "tuned.yaml": "tuned"}


def train(config: str) -> tuple[str, ...]:
    return ("gan-train", f"--config={config}", f"--run_dir={RUNS[config]}")


TRAIN = train("small.yaml")
LONGER = "--set=training.kimg=0.48"
SAMPLE = ("gan-sample", "--run_dir=run", "--out=picture.png", "--grid=2x2")
EVALUATE = ("gan-eval", "--run_dir=run", "--num_samples=64", "--metrics=frechet")
EXPORT = ("gan-sample", "--run_dir=run", "--out=exported", "--export=keras")
SAY = ("gan-sample", "--run_dir=spoken", "--out=said.txt", "--grid=2x2")
PLAY = ("gan-sample", "--run_dir=played", "--out=song.mid", "--grid=1x2")
MANY = ("gan-sample", "--run_dir=run", "--out=many", "--until=40")
ARRAYS = ("gan-sample", "--run_dir=run", "--out=a.npz", "--until=40")


@dataclass(frozen=True)
class Attempt:
    """One way to harm one command.

    Attributes:
      kind: its row in the table.
      what: what was done, in words.
      command: the command line.
      prepare: harms the folder that the command runs in.
      environment: of the command, beside its own.
      limits: of the command's resources, by their names in `resource`.
      output: where standard output goes; None: to be read.
      beside: commands that run at the same time.
      strike: a signal and the seconds after which the command gets it.
      repeats: whether the command is repeated without all that, and what it leaves is compared
        with what an undisturbed command leaves.
    """

    kind: str
    what: str
    command: tuple[str, ...]
    prepare: Callable[[Path], None] = lambda folder: None
    environment: tuple[tuple[str, str], ...] = ()
    limits: tuple[tuple[str, int], ...] = ()
    output: str | None = None
    beside: tuple[tuple[str, ...], ...] = ()
    strike: tuple[int, float] | None = None
    repeats: bool = False


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def unrun(*names: str) -> Callable[[Path], None]:
    """Returns what removes runs, so that a command begins them."""

    def prepare(folder: Path) -> None:
        for name in names:
            remove(folder / name)

    return prepare


def link_data(model: Path, folder: Path) -> None:
    """Copies the runs and small files; the data, which no command writes to, are shared."""
    folder.mkdir()
    for path in model.iterdir():
        if path.name in ("images", "words", "songs"):
            (folder / path.name).symlink_to(path)
        elif path.is_dir():
            shutil.copytree(path, folder / path.name, symlinks=True)
        else:
            shutil.copy2(path, folder / path.name)


def own_copy(folder: Path, name: str) -> Path:
    """Gives a folder its own copy of shared data, which may then be harmed; returns the copy."""
    shared = (folder / name).resolve()
    os.unlink(folder / name)
    shutil.copytree(shared, folder / name)
    return folder / name
