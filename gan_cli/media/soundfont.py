"""Sound of recorded instruments: a soundfont, played by the program FluidSynth."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gan_cli.errors import UserError
from gan_cli.media.formats import NOTES, SOUNDS
from gan_cli.music.midi_writer import midi_file
from gan_cli.music.synthesiser import MOST_SECONDS, SAMPLE_RATE

if TYPE_CHECKING:
    from gan_cli.music.piece import Piece

_PROGRAM = "fluidsynth"
_SHA256, _VERSION = "soundfont_sha256", "fluidsynth_version"
_VERSION_NUMBER = r"\d+(\.\d+)+"
_PEAK = 0.9 * 32767
_TAIL_SECONDS = 5.0
# A piece takes a hundredth of its length or less; a machine may be slow, or busy.
_PATIENCE_SECONDS = 600


@dataclass(frozen=True)
class Soundfont:
    """A soundfont and the program that plays it.

    Attributes:
      path: a file of type .sf2 or .sf3.
      sha256: of the file, in hexadecimal.
      program: path of FluidSynth.
      version: FluidSynth's, such as 2.3.1.
    """

    path: Path
    sha256: str
    program: str
    version: str

    @property
    def facts(self) -> dict[str, Any]:
        """What a recipe says about how its notes were played."""
        return {_SHA256: self.sha256, _VERSION: self.version}

    def played(self, piece: Piece) -> np.ndarray:
        """Returns the sound of a piece, of notes that start within `MOST_SECONDS`.

        Returns:
          int16 [samples, 2], left and right, the loudest of which is 0.9 of what is possible; at
          `SAMPLE_RATE`.

        Raises:
          UserError: FluidSynth cannot play it.
        """
        with tempfile.TemporaryDirectory(prefix="gan-cli-") as folder:
            notes, sound, settings = (Path(folder, name) for name in ("a.mid", "a.wav", "empty"))
            notes.write_bytes(midi_file(_shortened(piece)))
            # In place of the user's settings, which would make other samples.
            settings.touch()
            options = ["-n", "-i", "-q", "-f", settings, "-T", "wav", "-O", "s16"]
            options += ["-r", str(SAMPLE_RATE), "-F", sound]
            said = self._run([*options, self.path.resolve(), notes])
            if not sound.is_file() or "error" in said.lower():
                raise UserError(f"FluidSynth cannot play {self.path}: {said}", key="soundfont")
            # A note may be held, or fade, for long.
            samples = _samples_of(sound)[: round((MOST_SECONDS + _TAIL_SECONDS) * SAMPLE_RATE)]
        loudest = np.abs(samples.astype(np.int32)).max(initial=0)
        if not loudest:
            return samples
        return np.round(samples * (_PEAK / loudest)).astype(np.int16)

    def _run(self, arguments: list[Any]) -> str:
        try:
            done = subprocess.run(
                [self.program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_PATIENCE_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UserError(f"FluidSynth cannot run: {error}", key="soundfont") from error
        return " ".join(done.stdout.decode(errors="replace").split())[:500]


def soundfont_for(path: str | Path | None, out: Path) -> Soundfont | None:
    """Returns the soundfont for a file that is to be written; None where none is given.

    Raises:
      UserError: the file will hold no sound, or the soundfont cannot be used.
    """
    if path is None:
        return None
    sounds = [each for each in SOUNDS if each != NOTES]
    if out.suffix.lower() not in sounds:
        raise UserError(f"is for {', '.join(sounds)}, got '{out}'", key="soundfont")
    return open_soundfont(path)


def open_soundfont(path: str | Path) -> Soundfont:
    """Finds FluidSynth, and opens a soundfont.

    Raises:
      UserError: the file is no soundfont, or FluidSynth is not installed.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path} is no file", key="soundfont")
    program = shutil.which(_PROGRAM)
    if program is None:
        raise UserError(
            "needs the program fluidsynth, such as from Debian's package fluidsynth; .wav without"
            " a soundfont does not",
            key="soundfont",
        )
    try:
        with path.open("rb") as file:
            start = file.read(12)
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", key="soundfont") from error
    # FluidSynth takes its own soundfont in place of a file that is none.
    if start[:4] != b"RIFF" or start[8:] != b"sfbk":
        raise UserError(f"{path} is no soundfont (.sf2 or .sf3)", key="soundfont")
    said = subprocess.run([program, "-V"], capture_output=True, text=True, check=False)
    version = re.search(_VERSION_NUMBER, said.stdout)
    return Soundfont(path, sha256, program, version[0] if version else "unknown")


def soundfont_of(recipe: Mapping[str, Any], path: str | Path | None) -> Soundfont | None:
    """Returns the soundfont that a file's record names; None: it names none.

    Args:
      path: where it may be; None: the user has not said.

    Raises:
      UserError: the file is missing, or another one, or FluidSynth has another version.
    """
    known, version = recipe.get(_SHA256), recipe.get(_VERSION)
    if known is None:
        return None
    if path is None:
        raise UserError(f"it was played with a soundfont of SHA-256 {str(known)[:64]}: name it")
    found = open_soundfont(path)
    if found.sha256 != known:
        raise UserError(
            f"it was played with a soundfont of SHA-256 {str(known)[:64]}, and {found.path} has"
            f" {found.sha256}"
        )
    if found.version != version:
        raise UserError(
            f"it was played by FluidSynth {str(version)[:20]}, and version {found.version} may make"
            " other samples"
        )
    return found


def _shortened(piece: Piece) -> Piece:
    """Returns the notes that start within `MOST_SECONDS`, and ends the piece with them."""
    if piece.seconds_at(piece.length) <= MOST_SECONDS:
        return piece
    tracks = tuple(
        replace(
            track,
            notes=tuple(n for n in track.notes if piece.seconds_at(n.start) < MOST_SECONDS),
        )
        for track in piece.tracks
    )
    length = max((note.end for track in tracks for note in track.notes), default=0)
    return replace(
        piece,
        length=length,
        tracks=tracks,
        tempos=tuple(change for change in piece.tempos if change.tick <= length),
        meters=tuple(change for change in piece.meters if change.tick <= length),
    )


def _samples_of(path: Path) -> np.ndarray:
    """Returns the samples of a .wav file of two channels: int16 [samples, 2]."""
    try:
        with wave.open(str(path)) as file:
            is_usual = (file.getnchannels(), file.getsampwidth()) == (2, 2)
            content = file.readframes(file.getnframes())
    except (wave.Error, EOFError):
        is_usual = False
    if not is_usual:
        # Built without libsndfile, it writes samples without a header.
        raise UserError("this FluidSynth writes no .wav files of 16 bits", key="soundfont")
    return np.frombuffer(content, "<i2").reshape(-1, 2).astype(np.int16)
