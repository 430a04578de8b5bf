"""Scores generated strings beside held-out ones and beside an n-gram model of the same lines."""

import hashlib
from collections.abc import Callable, Iterable
from typing import cast

import numpy as np

from gan_cli.data.dataset import DataSplits
from gan_cli.data.split import FEWEST_HELD_OUT
from gan_cli.domains.tokens import END, Strings
from gan_cli.metrics.comparison import GanAccess
from gan_cli.metrics.evaluation import Evaluation, Score
from gan_cli.metrics.run_evaluator import (
    EvaluatorInputs,
    FeatureFacts,
    refuse_image_settings,
    require_generated,
    require_held_out,
)
from gan_cli.metrics.strings.ngrams import LONGEST, jensen_shannon_divergence, ngram_keys
from gan_cli.metrics.strings.witten_bell import WittenBell

_BEST, _UNIQUE = "jsd_3_and_repeats", "unique_share"
_ORDER = 5
_HIGHER = (_UNIQUE,)
_SOURCES = {
    "judge_bits": "Caccia et al. 2018, quality: bits a character under an order-5 Witten-Bell model"
    " of held-out strings",
    "reverse_bits": "Caccia et al. 2018, diversity: bits a character of held-out strings under an"
    " order-5 Witten-Bell model of the generated ones",
}


def build(inputs: EvaluatorInputs) -> "StringsEvaluator":
    """Builds the evaluator for the strings of `inputs.data`.

    Raises:
      UserError: features, metrics or statistics are requested, or too few strings are held out.
    """
    refuse_image_settings(inputs, "strings are scored by their characters")
    return StringsEvaluator(inputs.data)


class StringsEvaluator:
    """Compares strings with held-out ones; see `run_evaluator.RunEvaluator`.

    A judge is fitted on one half of the held-out strings, which neither the GAN nor the n-gram
    model has seen; the other half is judged by a model of the generated ones. All other figures
    compare with both halves. `jsd_3_and_repeats`, which marks the best checkpoint, is the
    divergence of 3-grams plus the share of repeated strings.

    Raises:
      UserError: too few strings are held out.
    """

    tracked = (_BEST, "jsd_2", "jsd_3", _UNIQUE, "malformed_share")

    def __init__(self, data: DataSplits):
        held = data.holdout.images
        require_held_out(held, "strings", 2 * FEWEST_HELD_OUT)
        self.vocabulary = len(cast(Strings, data.domain).alphabet) + 1
        self.train = _flat(data.train.images)
        self.reference = np.random.default_rng(0).permutation(_flat(held))
        judged, self.unjudged = np.array_split(self.reference, 2)
        self.judge = WittenBell(judged, self.vocabulary, _ORDER)
        self.seen = [_distinct(each) for each in (self.train, self.reference)]
        facts = cast(Strings, data.domain).alphabet.encode() + self.reference.tobytes()
        self.features = FeatureFacts("characters", hashlib.sha256(facts).hexdigest())

    def track(self, generated: Iterable[np.ndarray]) -> dict[str, float]:
        """Computes the tracked figures of batches of strings, uint8."""
        ours = _flat(np.concatenate(list(generated)))
        return {name: self._compared(ours)[name] for name in self.tracked}

    def evaluate(
        self,
        generated: Iterable[np.ndarray],
        seed: int = 0,
        labels: np.ndarray | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> Evaluation:
        """Scores batches of strings.

        The floor is measured on training strings. The ceiling is measured on training strings whose
        characters are shuffled over all strings, so that only lengths and frequencies remain. The
        n-gram model of order 5, which learns from the training strings, is in `details`.

        Args:
          seed: decides what is drawn.
          labels, progress: not used; part of the protocol.

        Raises:
          UserError: there are too few strings.
        """
        del labels, progress
        ours = _flat(np.concatenate(list(generated)))
        require_generated(ours, "strings")
        rng = np.random.default_rng(seed)
        # In random order: where fewer strings are held out, only the first ones are compared.
        real = self.train[rng.permutation(len(self.train))[: len(ours)]]
        noise = real.copy()
        characters = noise != END
        noise[characters] = rng.permutation(noise[characters])
        baseline = WittenBell(self.train, self.vocabulary, _ORDER).draw(len(ours), rng)
        floor, ceiling, by_counts = (self._all(each) for each in (real, noise, baseline))
        # Training strings are copies of themselves.
        for name in ("in_training_share", "copy_ratio"):
            floor.pop(name, None)
            ceiling.pop(name, None)
        scores = {
            name: Score(
                value,
                None,
                floor.get(name),
                ceiling.get(name),
                name in _HIGHER,
                _SOURCES.get(name, ""),
                len(ours),
            )
            for name, value in self._all(ours).items()
        }
        details = {"ngram_model": {"order": _ORDER, "scores": by_counts}}
        return Evaluation(scores, len(ours), len(self.reference), len(real), details=details)

    def interpret(self, evaluation: Evaluation) -> tuple[str, ...]:
        """Says how the strings compare with those of the n-gram model."""
        baseline = evaluation.details["ngram_model"]["scores"]
        ours = {name: score.value for name, score in evaluation.scores.items()}
        sentences = [
            f"3-grams: {ours['jsd_3']:.3f} bits from held-out strings; an n-gram model of order"
            f" {_ORDER}, fitted on the same lines, has {baseline['jsd_3']:.3f}.",
            f"{ours[_UNIQUE]:.0%} of the strings are different ones; {ours['malformed_share']:.1%}"
            " go on after their end.",
        ]
        if (ratio := ours.get("copy_ratio")) is not None:
            sentences.append(
                f"copy_ratio {ratio:.2f}: 1 where a training string is made as often as a held-out"
                " one; above it, training strings are copied."
            )
        return tuple(sentences)

    def classify(self, samples: np.ndarray) -> np.ndarray | None:
        """Returns None: no classes are recognised."""
        del samples
        return None

    def use_networks(self, gan: GanAccess) -> None:
        """Ignores the networks: all figures are computed from characters."""

    def _compared(self, ours: np.ndarray) -> dict[str, float]:
        """The figures that need no model. Both sides of a divergence have equal numbers."""
        size = min(len(ours), len(self.reference))
        pair = ours[:size], self.reference[:size]
        figures = {
            f"jsd_{order}": jensen_shannon_divergence(
                *(ngram_keys(each, order, self.vocabulary) for each in pair)
            )
            for order in range(1, LONGEST + 1)
        }
        unique = len(_distinct(ours)) / len(ours)
        # A repeat adds as much as a 3-gram that no real string has.
        figures[_BEST] = figures["jsd_3"] + 1.0 - unique
        figures[_UNIQUE] = unique
        ended = np.logical_or.accumulate(ours == END, axis=1)
        figures["malformed_share"] = float((ended & (ours != END)).any(axis=1).mean())
        return figures

    def _all(self, ours: np.ndarray) -> dict[str, float]:
        figures = self._compared(ours)
        figures["judge_bits"] = self.judge.bits(ours)
        reverse = WittenBell(ours, self.vocabulary, _ORDER)
        figures["reverse_bits"] = reverse.bits(self.unjudged)
        longest = ours.shape[1] + 1
        shares = [
            np.bincount(_lengths(each), minlength=longest) / len(each)
            for each in (ours, self.reference)
        ]
        figures["length_distance"] = float(np.abs(shares[0] - shares[1]).sum() / 2)
        strings = _strings(ours)
        hits = [sum(each in known for each in strings) for known in self.seen]
        figures["in_training_share"] = hits[0] / len(ours)
        figures["in_holdout_share"] = hits[1] / len(ours)
        if hits[1]:
            rates = [hit / len(known) for hit, known in zip(hits, self.seen, strict=True)]
            figures["copy_ratio"] = rates[0] / rates[1]
        return figures


def _flat(samples: np.ndarray) -> np.ndarray:
    return samples.reshape(len(samples), -1)


def _lengths(tokens: np.ndarray) -> np.ndarray:
    return np.logical_and.accumulate(tokens != END, axis=1).sum(axis=1)


def _strings(tokens: np.ndarray) -> list[bytes]:
    """Each string up to its first end."""
    ends = _lengths(tokens)
    return [row.tobytes()[:end] for row, end in zip(tokens, ends, strict=True)]


def _distinct(tokens: np.ndarray) -> set[bytes]:
    return set(_strings(tokens))
