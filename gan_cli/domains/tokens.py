"""Token sequences: symbols of a vocabulary in a fixed number of places, in several streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from gan_cli.domains.domain import EXPORT, LINES, Domain

if TYPE_CHECKING:
    import tensorflow as tf
    from PIL import Image

_EPOCHS, _LONGEST_KIMG, _SHORTEST_KIMG = 60, 1000.0, 100.0
_COLUMNS = 4
_SHOWN = 8
# The token after the last character of a string, repeated up to the sequence's end.
END = 0
# One byte holds a token, and one of its values is the end of a string.
MOST_CHARACTERS = 255


@dataclass(frozen=True)
class Tokens(Domain):
    """Sequences of tokens, uint8 [places, 1, streams]; `model_shape` is [places, tokens, streams].

    The networks see one-hot vectors of 0 and 1 over the vocabulary's tokens. A subclass says what
    the tokens mean.
    """

    stored_dtype: ClassVar[str] = "uint8"
    supports: ClassVar[frozenset[str]] = frozenset()
    gamma: ClassVar[float | None] = 1.0

    @property
    def stored_shape(self) -> tuple[int, int, int]:
        """Shape of one stored sequence: [places, 1, streams]."""
        places, _, streams = self.model_shape
        return places, 1, streams

    def to_model(self, stored: tf.Tensor) -> tf.Tensor:
        """Converts tokens, uint8 [batch, places, 1, streams], to float32 one-hot vectors."""
        import tensorflow as tf

        tokens = tf.cast(stored[:, :, 0, :], tf.int32)
        return tf.one_hot(tokens, self.model_shape[1], axis=2, dtype=tf.float32)

    def from_model(self, generated: tf.Tensor) -> tf.Tensor:
        """Chooses the most probable token of every place, uint8 [batch, places, 1, streams]."""
        import tensorflow as tf

        tokens = tf.argmax(generated, axis=2, output_type=tf.int32)
        return tf.cast(tokens, tf.uint8)[:, :, tf.newaxis]

    def default_kimg(self, num_samples: int) -> float:
        """Returns 60 epochs, but at least 100 and at most 1,000 kimg."""
        return min(max(_EPOCHS * num_samples / 1000, _SHORTEST_KIMG), _LONGEST_KIMG)

    def default_features(self, num_classes: int) -> str | None:
        """Returns None: sequences are compared as they are."""
        return None

    def diversity(self, generated: np.ndarray, real: np.ndarray) -> float | None:
        """Returns the mean share of places in which two sequences differ, relative to real ones."""
        ours, theirs = (_mean_difference(each, self.model_shape[1]) for each in (generated, real))
        return ours / max(theirs, 1e-12)


@dataclass(frozen=True)
class Strings(Tokens):
    """Short strings: one stream of characters, with `END` after the last one.

    Attributes:
      alphabet: the character of token 1, of token 2, and so on.
    """

    alphabet: str

    name: ClassVar[str] = "strings"
    evaluator: ClassVar[str] = "strings"
    supports: ClassVar[frozenset[str]] = frozenset({LINES, EXPORT})
    most_evaluated: ClassVar[int] = 10_000

    @property
    def decided(self) -> Mapping[str, Any]:
        """The longest string's length and the alphabet."""
        return {"length": self.model_shape[0], "alphabet": self.alphabet}

    def encoded(self, strings: Sequence[str]) -> np.ndarray:
        """Converts strings to tokens, uint8 [count, places, 1, 1].

        Raises:
          ValueError: a string is too long, or has a character outside the alphabet.
        """
        return encode(strings, self.alphabet, self.model_shape[0])

    def decoded(self, samples: np.ndarray) -> list[str]:
        """Converts tokens, uint8 [count, places, 1, 1], to strings, each up to its first end."""
        tokens = samples.reshape(len(samples), -1)
        lengths = np.logical_and.accumulate(tokens != END, axis=1).sum(axis=1)
        return [
            "".join(self.alphabet[token - 1] for token in row[:length].tolist())
            for row, length in zip(tokens, lengths, strict=True)
        ]

    def notes_on_parts(self, train: np.ndarray, holdout: np.ndarray) -> tuple[str, ...]:
        """Names the characters that only held-out strings have, which nothing can learn."""
        unseen = np.setdiff1d(holdout, train)
        unseen = unseen[unseen != END]
        if not len(unseen):
            return ()
        count = int(np.isin(holdout, unseen).reshape(len(holdout), -1).any(axis=1).sum())
        shown = ", ".join(repr(self.alphabet[token - 1]) for token in unseen[:_SHOWN])
        more = " ..." if len(unseen) > _SHOWN else ""
        return (
            f"characters that no training string has: {len(unseen)} ({shown}{more}), in {count:,}"
            f" of {len(holdout):,} held-out strings",
        )

    def picture(self, samples: np.ndarray, columns: int, real: np.ndarray | None) -> Image.Image:
        """Writes strings in at most four columns; `real` is not shown."""
        from gan_cli.domains.text_sheet import text_sheet

        return text_sheet(self.decoded(samples), min(columns, _COLUMNS))

    def picture_spaces(self, count: int, columns: int) -> int:
        """Returns the number of strings in whole rows."""
        return super().picture_spaces(count, min(columns, _COLUMNS))


def strings_of(alphabet: str, length: int) -> Strings:
    """Returns the domain of strings of up to `length` characters of an alphabet."""
    return Strings((length, len(alphabet) + 1, 1), alphabet)


def encode(strings: Sequence[str], alphabet: str, length: int) -> np.ndarray:
    """Converts strings to tokens, uint8 [count, length, 1, 1].

    Raises:
      ValueError: a string is too long, or has a character outside the alphabet.
    """
    tokens = {character: token for token, character in enumerate(alphabet, start=1)}
    encoded = np.full([len(strings), length], END, np.uint8)
    for row, text in enumerate(strings):
        if len(text) > length or not set(text) <= tokens.keys():
            raise ValueError(f"{text!r} has no form of {length} characters of the alphabet")
        encoded[row, : len(text)] = [tokens[character] for character in text]
    return encoded[:, :, np.newaxis, np.newaxis]


def _mean_difference(samples: np.ndarray, vocabulary: int) -> float:
    """The share of places in which two sequences differ, over all pairs of different sequences."""
    count = len(samples)
    flat = samples.reshape(count, -1)
    same = np.zeros(flat.shape[1])
    for token in range(vocabulary):
        same += ((flat == token).mean(axis=0)) ** 2
    return float((1 - same).mean() * count / max(count - 1, 1))
