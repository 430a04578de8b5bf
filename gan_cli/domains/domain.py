"""What a sample is: its stored form, the form the networks see, and what can be done with it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from gan_cli.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf
    from PIL import Image

# What only some kinds of samples allow. A domain lists in `supports` those that it allows.
AUGMENTATION = "augmentation"
MIRROR = "mirroring"
NETWORK_FEATURES = "feature networks"
EXPORT = "export"
# Editing, walks and sheets: everything that shows single samples side by side.
PICTURES = "pictures of single samples"
FOLDER = "folders of files"
RECORDS = "TFRecord files"
LINES = "files of text"
# Files of notes and of sound. A domain that supports them has a method `piece`.
SOUND = "sound"

ALL_FEATURES = frozenset(
    {AUGMENTATION, MIRROR, NETWORK_FEATURES, EXPORT, PICTURES, FOLDER, RECORDS}
)


def speed_text(samples_per_second: float, name: str, decimals: int = 0) -> str:
    """Returns the speed of training, such as `1,200 img/s` or `900 strings/s`.

    Args:
      name: of the domain.
    """
    unit = "img" if name == "images" else name
    return f"{samples_per_second:,.{decimals}f} {unit}/s"


@dataclass(frozen=True)
class Domain(ABC):
    """One kind of sample, of one size.

    A data source chooses the domain, the data set keeps it, and `data.sources.domain_of` rebuilds
    it from a resolved config. Code that depends on the kind of sample asks this object.

    Attributes:
      model_shape: (height, width, channels) of what the generator makes and the discriminator
        sees; a resolved config holds it as `data.image_size` and `data.channels`.
      name: the kind of sample, a plural noun for messages.
      stored_dtype: NumPy's name of the type that samples are stored in.
      supports: which of this module's features exist for these samples.
      evaluator: name in `evaluation.EVALUATORS`, or `module:attribute`, of what scores a run.
      few_samples: up to this number of training samples, `objective.augmentation: auto` augments.
      gamma: usual strength of r1 and r2; None: it depends on the loss and the size.
      most_evaluated: upper bound of `evaluation.num_samples` where the config names none.
      training_picture_samples: samples in a picture that training draws.
      default_samples: samples that are drawn where nobody says how many.
    """

    model_shape: tuple[int, int, int]

    name: ClassVar[str]
    stored_dtype: ClassVar[str]
    supports: ClassVar[frozenset[str]]
    evaluator: ClassVar[str]
    few_samples: ClassVar[int] = 0
    gamma: ClassVar[float | None] = None
    most_evaluated: ClassVar[int] = 10_000
    training_picture_samples: ClassVar[int] = 80
    default_samples: ClassVar[int] = 64

    @property
    def noun(self) -> str:
        """The kind of sample, in the singular."""
        return self.name.removesuffix("s")

    @property
    def stored_shape(self) -> tuple[int, int, int]:
        """Shape of one stored sample: [height, width, channels]."""
        return self.model_shape

    @property
    def array_shape(self) -> tuple[int, ...]:
        """Shape of one sample in an npz file that is written for users."""
        return self.stored_shape

    @property
    def layout(self) -> Mapping[str, int]:
        """What an architecture may know of a sample beside its shape, such as bars of music."""
        return {}

    @property
    def decided(self) -> Mapping[str, Any]:
        """Values for those keys of the source that a config leaves open and the data decide.

        A resolved config holds them, so that the domain can be rebuilt without the data.
        """
        return {}

    @property
    def varies(self) -> bool:
        """Whether `varied` changes training samples."""
        return False

    def varied(self, samples: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """Returns training samples changed at random, such as transposed music.

        Args:
          samples: [count, *stored_shape].
          draws: float64 [count] in [0, 1): a function of the run's seed, the epoch and the sample.
        """
        return samples

    @property
    def num_modes(self) -> int | None:
        """Number of modes, where the distribution's modes are known."""
        return None

    @abstractmethod
    def to_model(self, stored: tf.Tensor) -> tf.Tensor:
        """Converts stored samples to what the discriminator sees.

        Args:
          stored: [batch, *stored_shape] of `stored_dtype`.

        Returns:
          float32 [batch, *model_shape].
        """

    @abstractmethod
    def from_model(self, generated: tf.Tensor) -> tf.Tensor:
        """Converts the generator's output, [batch, *model_shape], to stored samples."""

    @abstractmethod
    def picture(self, samples: np.ndarray, columns: int, real: np.ndarray | None) -> Image.Image:
        """Draws many samples in one picture.

        Args:
          samples: [count, *stored_shape].
          columns: samples in a row, where they are laid out in rows.
          real: real samples to compare with, where the picture can show them; None: it shows none.
        """

    @abstractmethod
    def default_kimg(self, num_samples: int) -> float:
        """Returns the length of training on so many samples, where the config names none."""

    @abstractmethod
    def default_features(self, num_classes: int) -> str | None:
        """Returns the feature network of evaluations; None: samples are compared as they are."""

    def diversity(self, generated: np.ndarray, real: np.ndarray) -> float | None:
        """Returns how much generated samples differ from one another, relative to real ones.

        Args:
          generated: [n, *stored_shape], n of at least 2.
          real: of the same shape.

        Returns:
          About 1 where they differ as much; None where the guard has a better measure.
        """
        return None

    def notes_on_parts(self, train: np.ndarray, holdout: np.ndarray) -> tuple[str, ...]:
        """Returns a sentence for each way in which held-out samples differ in kind from training.

        Args:
          train, holdout: [count, *stored_shape].
        """
        return ()

    def picture_spaces(self, count: int, columns: int) -> int:
        """Returns how many samples' room a picture of `count` samples takes."""
        return -(-count // columns) * columns

    def require(self, feature: str, who: str, key: str | None = None) -> None:
        """Refuses what these samples do not allow.

        Args:
          feature: of this module's features.
          who: what holds the samples, such as a run directory.
          key: the argument that asks for the feature.

        Raises:
          UserError: `supports` does not hold the feature.
        """
        if feature not in self.supports:
            raise UserError(f"is not available for {self.name}, which {who} holds", key=key)
