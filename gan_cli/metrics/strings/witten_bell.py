"""A model of strings by counts of n-grams, interpolated as Witten and Bell (1991) propose."""

import numpy as np

from gan_cli.domains.tokens import END
from gan_cli.metrics.strings.ngrams import framed

ORDERS = range(2, 7)


class WittenBell:
    """The probability of a character after the characters before it.

    p(c | h) = (count(h c) + T(h) p(c | h')) / (count(h) + T(h)), where T(h) is the number of
    different characters seen after h, and h' is h without its first character (Witten and Bell
    1991, method C). The shortest distribution is even over characters and end.

    Args:
      tokens: uint8 [count, places], the strings to learn from.
      vocabulary: number of tokens, `END` included.
      order: longest n-gram, from 2 to 6.
    """

    def __init__(self, tokens: np.ndarray, vocabulary: int, order: int = 5):
        self.vocabulary, self.order = vocabulary, order
        self.places = tokens.shape[1]
        signs, lengths = framed(tokens)
        follows = self._follows(signs, lengths)
        self._grams: list[tuple[np.ndarray, np.ndarray]] = []
        self._contexts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        for length in range(order):
            contexts = self._contexts_of(signs, length)
            used = follows & (contexts >= 0)
            keys, counts = np.unique(
                (contexts * vocabulary + np.maximum(signs[:, 1:] - 1, 0))[used],
                return_counts=True,
            )
            names, first, kinds = np.unique(
                keys // vocabulary, return_index=True, return_counts=True
            )
            self._grams.append((keys, counts))
            self._contexts.append((names, np.add.reduceat(counts, first), kinds))

    def bits(self, tokens: np.ndarray) -> float:
        """Returns the mean number of bits for a character of these strings, ends included.

        Args:
          tokens: uint8 [count, places].
        """
        bits, follows = self._bits(tokens)
        return float(bits.sum() / follows.sum())

    def bits_of_each(self, tokens: np.ndarray) -> np.ndarray:
        """Returns the number of bits for each whole string, end included: float64 [count].

        Args:
          tokens: uint8 [count, places].
        """
        return self._bits(tokens)[0].sum(axis=1)

    def _bits(self, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The bits of every place, 0 beyond the end, and which places are before it."""
        signs, lengths = framed(tokens)
        follows = self._follows(signs, lengths)
        wanted = np.maximum(signs[:, 1:] - 1, 0)[follows]
        chance = np.full(len(wanted), 1.0 / self.vocabulary)
        for length in range(self.order):
            contexts = self._contexts_of(signs, length)[follows]
            seen, kinds = self._seen(length, contexts)
            counts = _looked_up(*self._grams[length], contexts * self.vocabulary + wanted)
            chance = np.where(
                seen > 0, (counts + kinds * chance) / np.maximum(seen + kinds, 1), chance
            )
        bits = np.zeros(follows.shape)
        bits[follows] = -np.log2(chance)
        return bits, follows

    def draw(self, count: int, rng: np.random.Generator, temperature: float = 1.0) -> np.ndarray:
        """Draws strings, uint8 [count, places].

        Args:
          temperature: what the logarithms of the probabilities are divided by; lower ones give
            likelier strings.
        """
        signs = np.ones([count, self.places + 2], np.int64)
        signs[:, 0] = 0
        goes_on = np.ones(count, bool)
        for place in range(1, self.places + 1):
            chances = self._distribution(signs[:, :place]) ** (1.0 / temperature)
            sums = chances.cumsum(axis=1)
            drawn = (sums < rng.random([count, 1]) * sums[:, -1:]).sum(axis=1)
            goes_on &= drawn != END
            signs[:, place] = np.where(goes_on, drawn + 1, 1)
        return (signs[:, 1:-1] - 1).astype(np.uint8)

    def _distribution(self, signs: np.ndarray) -> np.ndarray:
        """The probability of every next token after the last signs, [count, vocabulary]."""
        chances = np.full([len(signs), self.vocabulary], 1.0 / self.vocabulary)
        tokens = np.arange(self.vocabulary)
        padded = np.concatenate([signs, signs[:, -1:]], axis=1)
        for length in range(self.order):
            contexts = self._contexts_of(padded, length)[:, -1]
            seen, kinds = self._seen(length, contexts)
            keys = contexts[:, np.newaxis] * self.vocabulary + tokens
            counts = _looked_up(*self._grams[length], keys)
            mixed = (counts + kinds[:, np.newaxis] * chances) / np.maximum(seen + kinds, 1)[:, None]
            chances = np.where(seen[:, np.newaxis] > 0, mixed, chances)
        return chances

    def _contexts_of(self, signs: np.ndarray, length: int) -> np.ndarray:
        """A number for the `length` signs before each place but the first, [count, places].

        It is -1 where a context would reach beyond the start; such a context is never seen, so that
        the model keeps to the longest one that there is.
        """
        base = self.vocabulary + 2
        places = signs.shape[1] - 1
        contexts = np.zeros([len(signs), places], np.int64)
        for back in range(min(length, places)):
            reach = signs[:, : places - back] + 1
            contexts[:, back:] += reach * base**back
        contexts[:, : max(length - 1, 0)] = -1
        return contexts

    def _follows(self, signs: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Which places after the first one hold a character, or the end of a string.

        A string that fills all places has no end sign of its own, since the model makes none.
        """
        places = np.arange(1, signs.shape[1])
        return places < np.minimum(lengths, self.places + 1)[:, np.newaxis]

    def _seen(self, length: int, contexts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        names, counts, kinds = self._contexts[length]
        return _looked_up(names, counts, contexts), _looked_up(names, kinds, contexts)


def _looked_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The value of each wanted key, 0 where there is none; `keys` are ascending."""
    if not len(keys):
        return np.zeros(wanted.shape, np.int64)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0)
