"""Small runs of every kind: of images, of text, of music, and from another run's weights."""

import io
from pathlib import Path

import mido
import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

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
{TRAINING}, init_from: run}}
evaluation: {{every_kimg: 0}}
""",
}


def write_images(folder: Path, most: int | None = None) -> None:
    """Writes digits as PNG files in class folders: all of them, or this number."""
    digits = load_digits()
    pairs = zip(digits.images[:most], digits.target[:most], strict=True)
    for number, (image, label) in enumerate(pairs):
        path = folder / str(label) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((image * (255 / 16)).astype(np.uint8)).save(path)


def write_data(folder: Path, most_images: int | None = 120) -> None:
    """Writes the images, words and songs that the runs learn from, and their configs."""
    write_images(folder / "images", most_images)
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
