"""What an attack is: one way to harm one command, and the runs and commands that are attacked."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chaos import write_images

MODEL = "generator_channels: 8, discriminator_channels: 8, latent_dim: 8"
TRAINING = (
    "training: {batch_size: 16, steps_per_call: 4, precision: float32, kimg: 0.32,"
    " checkpoint_every_kimg: 0.16, grid_every_kimg: 0.16, log_every_kimg: 0.064"
)
# One config for each kind of run; all but the first are trained without scores.
CONFIGS = {
    "small.yaml": f"""
name: small
data: {{source: folder, path: images, cache: memory}}
objective: {{augmentation: null}}
model: {{architecture: mlp, conditional: true, {MODEL}}}
{TRAINING}}}
evaluation: {{every_kimg: 0.16, num_samples: 64, features: random}}
""",
    "words.yaml": f"""
name: words
data: {{source: text, path: words, length: 8}}
model: {{architecture: sequence, conditional: true, {MODEL}, options: {{discriminator_blocks: 1}}}}
{TRAINING}}}
evaluation: {{every_kimg: 0.16, num_samples: 64}}
""",
    "songs.yaml": f"""
name: songs
data: {{source: midi, path: songs, bars: 1, tracks: [piano, bass], pitches: [36, 84], voices: 2}}
model: {{architecture: choir, {MODEL}}}
{TRAINING}}}
evaluation: {{every_kimg: 0.16, num_samples: 32}}
""",
    "tuned.yaml": f"""
name: tuned
data: {{source: folder, path: images, cache: memory}}
objective: {{augmentation: null}}
model: {{architecture: mlp, conditional: true, {MODEL}}}
{TRAINING}, init_from: run, freeze: {{discriminator: 1, until_kimg: 0.16}}}}
evaluation: {{every_kimg: 0}}
""",
}
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


def write_data(folder: Path) -> None:
    """Writes the images, words and songs that the runs learn from, and their configs."""
    write_images(folder / "images", most=120)
    for letter in "ab":
        words = [f"{letter}{n:03d}{'xyz'[n % 3]}" for n in range(60)]
        (folder / "words").mkdir(exist_ok=True)
        (folder / "words" / f"{letter}.txt").write_text("\n".join(words) + "\n")
    (folder / "songs").mkdir()
    for number in range(6):
        (folder / "songs" / f"{number}.mid").write_bytes(_song(number))
    for name, text in CONFIGS.items():
        (folder / name).write_text(text)


def _song(number: int) -> bytes:
    """Returns a MIDI file of eight bars: chords on a piano, and a bass."""
    import io

    import mido

    file = mido.MidiFile(ticks_per_beat=480)
    for channel, (program, base) in enumerate(((0, 60), (32, 36))):
        track = mido.MidiTrack()
        track.append(mido.Message("program_change", channel=channel, program=program))
        for beat in range(32):
            note = base + (number * 5 + beat * 7) % 12
            track.append(mido.Message("note_on", channel=channel, note=note, velocity=80, time=0))
            track.append(mido.Message("note_off", channel=channel, note=note, time=480))
        file.tracks.append(track)
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


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
