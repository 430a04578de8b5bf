"""Scores generated strings beside held-out ones and beside an n-gram model of the same lines."""

import hashlib
from collections.abc import Callable, Iterable
from functools import cached_property
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
from gan_cli.metrics.strings.classifier import StringClassifier
from gan_cli.metrics.strings.curve import quality_and_diversity
from gan_cli.metrics.strings.ngrams import LONGEST, jensen_shannon_divergence, ngram_keys
from gan_cli.metrics.strings.witten_bell import WittenBell

_BEST, _UNIQUE = "jsd_3_and_repeats", "unique_share"
_ORDER = 5
_ACCURACY, _BASELINE = "class_accuracy", "n-gram model"
_HIGHER = (_UNIQUE, _ACCURACY)
_SOURCES = {
    "judge_bits": "Caccia et al. 2018, quality: bits a character under an order-5 Witten-Bell model"
    " of held-out strings",
    "reverse_bits": "Caccia et al. 2018, diversity: bits a character of held-out strings under an"
    " order-5 Witten-Bell model of the generated ones",
    _ACCURACY: "share of strings, without those that are training strings, that order-4 Witten-Bell"
    " models of each class's training strings put into the class that they were generated as",
}


def build(inputs: EvaluatorInputs) -> "StringsEvaluator":
    """Builds the evaluator for the strings of `inputs.data`.

    Raises:
      UserError: features, metrics or statistics are requested, or too few strings are held out.
    """
    refuse_image_settings(inputs, "strings are scored by their characters")
    return StringsEvaluator(inputs.data, inputs.gan)


class StringsEvaluator:
    """Compares strings with held-out ones; see `run_evaluator.RunEvaluator`.

    `track` compares with one half of the held-out strings, `validation`, and so chooses the best
    checkpoint: by `jsd_3_and_repeats`, the divergence of 3-grams plus the share of repeated
    strings. The other half, `reference`, is what `evaluate` compares with. A judge is fitted on a
    half of that, which neither the GAN nor the n-gram model has seen; the rest is judged by a model
    of the generated strings.

    Raises:
      UserError: too few strings are held out.
    """

    tracked = (_BEST, "jsd_2", "jsd_3", _UNIQUE, "malformed_share")

    def __init__(self, data: DataSplits, gan: GanAccess | None = None):
        held = data.holdout
        require_held_out(held.images, "strings", 2 * FEWEST_HELD_OUT)
        self.gan, self.domain = gan, cast(Strings, data.domain)
        self.vocabulary = len(self.domain.alphabet) + 1
        self.train, self.train_labels = _flat(data.train.images), data.train.labels
        order = np.random.default_rng(0).permutation(len(held.images))
        chosen, scoring = np.array_split(order, 2)
        self.validation, self.reference = (_flat(held.images[part]) for part in (chosen, scoring))
        self.reference_labels = None if held.labels is None else held.labels[scoring]
        self.class_names = data.train.class_names
        judged, self.unjudged = np.array_split(self.reference, 2)
        self.judge = WittenBell(judged, self.vocabulary, _ORDER)
        self.seen = [_distinct(each) for each in (self.train, self.reference)]
        facts = self.domain.alphabet.encode() + self.reference.tobytes()
        self.features = FeatureFacts("characters", hashlib.sha256(facts).hexdigest())

    def track(self, generated: Iterable[np.ndarray]) -> dict[str, float]:
        """Computes the tracked figures of batches of strings, uint8."""
        figures = self._compared(_flat(np.concatenate(list(generated))), self.validation)
        return {name: figures[name] for name in self.tracked}

    @cached_property
    def classifier(self) -> StringClassifier | None:
        """What recognises the classes of the training strings; None: they have none."""
        if self.train_labels is None:
            return None
        number = len(self.class_names)
        return StringClassifier(self.train, self.train_labels, number, self.vocabulary)

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
        baseline is an n-gram model of order 5 of the training strings. The details hold its curve
        of quality against diversity and, where the networks are at hand, that of the generator.

        Args:
          seed: decides what is drawn.
          labels: the class that each string was generated as; None: none.
          progress: not used; part of the protocol.

        Raises:
          UserError: there are too few strings.
        """
        del progress
        ours = _flat(np.concatenate(list(generated)))
        require_generated(ours, "strings")
        rng = np.random.default_rng(seed)
        # In random order: where fewer strings are held out, only the first ones are compared.
        real = self.train[rng.permutation(len(self.train))[: len(ours)]]
        noise = real.copy()
        characters = noise != END
        noise[characters] = rng.permutation(noise[characters])
        model = WittenBell(self.train, self.vocabulary, _ORDER)
        values, floor, ceiling, by_counts = (
            self._all(each) for each in (ours, real, noise, model.draw(len(ours), rng))
        )
        # Training strings are copies of themselves.
        for name in ("in_training_share", "copy_ratio"):
            floor.pop(name, None)
            ceiling.pop(name, None)
        if labels is not None and self.classifier is not None and self.reference_labels is not None:
            for figures, strings, classes in (
                (values, ours, labels),
                (floor, self.reference, self.reference_labels),
                (ceiling, noise, rng.permutation(labels)[: len(noise)]),
            ):
                if (accuracy := self._accuracy(strings, classes[: len(strings)])) is not None:
                    figures[_ACCURACY] = accuracy
        scores = {
            name: Score(
                value,
                None,
                floor.get(name),
                ceiling.get(name),
                name in _HIGHER,
                _SOURCES.get(name, ""),
                len(ours),
                by_counts.get(name),
            )
            for name, value in values.items()
        }
        curves = quality_and_diversity(self.gan, self.domain, model, self._judged, len(ours), rng)
        return Evaluation(
            scores,
            len(ours),
            len(self.reference),
            len(real),
            details={"quality_and_diversity": curves},
            baseline=_BASELINE,
        )

    def interpret(self, evaluation: Evaluation) -> tuple[str, ...]:
        """Says how the strings compare with those of the n-gram model."""
        grams = evaluation.scores["jsd_3"]
        ours = {name: score.value for name, score in evaluation.scores.items()}
        sentences = [
            f"3-grams: {grams.value:.3f} bits from held-out strings; training strings have"
            f" {grams.floor:.3f}, and an n-gram model of order {_ORDER}, fitted on them,"
            f" {grams.baseline:.3f}.",
            f"Quality: {ours['judge_bits']:.2f} bits a character; diversity:"
            f" {ours['reverse_bits']:.2f}; lower is better. Training strings have"
            f" {evaluation.scores['judge_bits'].floor:.2f} and"
            f" {evaluation.scores['reverse_bits'].floor:.2f}.",
            f"{ours[_UNIQUE]:.0%} of the strings are different ones; {ours['malformed_share']:.1%}"
            " go on after their end.",
        ]
        if (ratio := ours.get("copy_ratio")) is not None:
            sentences.append(
                f"copy_ratio {ratio:.2f}: 1 where a training string is made as often as a held-out"
                " one; above it, training strings are copied."
            )
        if (accuracy := evaluation.scores.get(_ACCURACY)) is not None:
            sentences.append(
                f"{accuracy.value:.0%} of the new strings are recognised as the class that they"
                f" were generated as; of held-out strings, {accuracy.floor:.0%} are."
            )
        return tuple(sentences)

    def classify(self, samples: np.ndarray) -> np.ndarray | None:
        """Recognises classes by the n-grams of each class's training strings."""
        return None if self.classifier is None else self.classifier.classify(_flat(samples))

    def use_networks(self, gan: GanAccess) -> None:
        """Takes the networks for the curve of quality against diversity."""
        self.gan = gan

    def _accuracy(self, strings: np.ndarray, labels: np.ndarray) -> float | None:
        """The share of new strings that are recognised as their class; None: none are new."""
        assert self.classifier is not None
        new = np.array([each not in self.seen[0] for each in _strings(strings)])
        if not new.any():
            return None
        return float((self.classifier.classify(strings[new]) == labels[new]).mean())

    def _judged(self, ours: np.ndarray) -> tuple[float, float]:
        """Bits a character of strings under the judge, and of held-out ones under their model."""
        reverse = WittenBell(ours, self.vocabulary, _ORDER)
        return self.judge.bits(ours), reverse.bits(self.unjudged)

    def _compared(self, ours: np.ndarray, theirs: np.ndarray) -> dict[str, float]:
        """The figures that need no model. Both sides of a divergence have equal numbers."""
        size = min(len(ours), len(theirs))
        pair = ours[:size], theirs[:size]
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
        figures = self._compared(ours, self.reference)
        figures["judge_bits"], figures["reverse_bits"] = self._judged(ours)
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
