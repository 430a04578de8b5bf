"""What all kinds of phrases of music share: scores, pictures, files of notes and of sound."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from gan_cli.domains.domain import SOUND, Domain
from gan_cli.music.phrases import RollForm
from gan_cli.music.piece import Piece

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

_EPOCHS, _LONGEST_KIMG, _SHORTEST_KIMG = 60, 2000.0, 100.0
_COLUMNS = 4
# Every key of the octave, so that a transposed piece tells nothing of the original's.
FURTHEST = (-6, 5)


@dataclass(frozen=True)
class Phrases(Domain):
    """Phrases of music, of some bars and tracks; a subclass says how they are stored.

    Attributes:
      form: meter, steps, tracks and pitches.
      beats_a_minute: tempo of the files that are written.
      transposes: whether training moves each phrase by a random interval.
      ranges: for each track, the lowest and the highest MIDI key to which training moves it; empty:
        the form's pitches.
      is_in_c: whether all pieces are moved to C major or A minor.
    """

    form: RollForm
    beats_a_minute: float
    transposes: bool
    ranges: tuple[tuple[int, int], ...] = ()
    is_in_c: bool = False

    name: ClassVar[str] = "phrases"
    stored_dtype: ClassVar[str] = "uint8"
    supports: ClassVar[frozenset[str]] = frozenset({SOUND})
    evaluator: ClassVar[str] = "phrases"
    gamma: ClassVar[float | None] = 1.0
    most_evaluated: ClassVar[int] = 1_000
    training_picture_samples: ClassVar[int] = 16
    default_samples: ClassVar[int] = 8

    @abstractmethod
    def rolls(self, samples: np.ndarray) -> np.ndarray:
        """Returns stored samples as piano rolls, uint8 [count, steps, pitches, tracks]."""

    @abstractmethod
    def of_roll(self, cells: np.ndarray) -> np.ndarray:
        """Returns a piano roll, uint8 [steps, pitches, tracks], as a stored sample."""

    def lost_notes(self, cells: np.ndarray) -> int:
        """Returns the number of notes of a roll that `of_roll` leaves out."""
        return 0

    @abstractmethod
    def piece(self, sample: np.ndarray) -> Piece:
        """Returns the notes of one stored sample."""

    @property
    @abstractmethod
    def track_of_channels(self) -> tuple[int, ...]:
        """Index of the track that each channel of a stored sample belongs to."""

    @property
    def layout(self) -> Mapping[str, int]:
        """Bars of a phrase, steps of a beat, and the lowest pitch as a MIDI key."""
        grid = self.form.grid
        return {
            "bars": grid.bars,
            "steps_per_beat": grid.steps_per_beat,
            "lowest_pitch": self.form.lowest,
        }

    @property
    def varies(self) -> bool:
        """Whether training phrases are transposed."""
        return self.transposes

    def picture(self, samples: np.ndarray, columns: int, real: np.ndarray | None) -> Image.Image:
        """Draws phrases as piano rolls, at most four in a row; `real` is not drawn."""
        from gan_cli.music.picture import piano_roll, sheet

        pictures = [
            piano_roll(self.piece(sample), self.form.lowest, self.form.highest)
            for sample in samples
        ]
        return sheet(pictures, min(columns, _COLUMNS, len(pictures)))

    def picture_spaces(self, count: int, columns: int) -> int:
        """Returns the number of phrases in whole rows."""
        return super().picture_spaces(count, min(columns, _COLUMNS))

    def default_kimg(self, num_samples: int) -> float:
        """Returns 60 epochs, but at least 100 and at most 2,000 kimg."""
        return min(max(_EPOCHS * num_samples / 1000, _SHORTEST_KIMG), _LONGEST_KIMG)

    def default_features(self, num_classes: int) -> str | None:
        """Returns None: phrases are compared by what their notes do."""
        return None
