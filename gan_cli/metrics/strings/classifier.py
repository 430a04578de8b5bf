"""Recognises the class of a string by models of each class's n-grams."""

import numpy as np

from gan_cli.metrics.strings.witten_bell import WittenBell

# Classes have fewer strings than the whole set, so their n-grams are shorter.
_ORDER = 4


class StringClassifier:
    """Bayes' rule over a Witten-Bell model of each class.

    Args:
      tokens: uint8 [count, places], the strings to learn from.
      labels: int32 [count].
      num_classes: number of classes; one without strings is never recognised.
      vocabulary: number of tokens, `END` included.
    """

    def __init__(self, tokens: np.ndarray, labels: np.ndarray, num_classes: int, vocabulary: int):
        members = [tokens[labels == number] for number in range(num_classes)]
        self._models = [
            WittenBell(own, vocabulary, _ORDER) if len(own) else None for own in members
        ]
        self._shares = [len(own) / len(tokens) for own in members]

    def classify(self, tokens: np.ndarray) -> np.ndarray:
        """Returns the most probable class of each string, int [count]."""
        surprise = [
            np.full(len(tokens), np.inf)
            if model is None
            else model.bits_of_each(tokens) - np.log2(p)
            for model, p in zip(self._models, self._shares, strict=True)
        ]
        return np.argmin(surprise, axis=0)
