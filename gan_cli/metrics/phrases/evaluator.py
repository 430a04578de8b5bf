"""Scores generated phrases by what their notes do, beside held-out phrases of other pieces."""

import hashlib
from collections.abc import Callable, Iterable
from typing import cast

import numpy as np

from gan_cli.data.dataset import DataSplits
from gan_cli.domains.phrases import Phrases
from gan_cli.metrics.comparison import GanAccess
from gan_cli.metrics.evaluation import Evaluation, Score
from gan_cli.metrics.maths.bootstrap import frechet_half_width, mean_half_width
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.manifold import Neighbourhoods, RealManifold
from gan_cli.metrics.maths.moments import moments_of
from gan_cli.metrics.phrases.copies import CopyFinder
from gan_cli.metrics.phrases.descriptors import descriptors
from gan_cli.metrics.phrases.markov import MarkovChain
from gan_cli.metrics.phrases.measures import choral_measures, general_measures, mean
from gan_cli.metrics.phrases.overlap import overlap_area
from gan_cli.metrics.run_evaluator import (
    EvaluatorInputs,
    FeatureFacts,
    refuse_image_settings,
    require_generated,
    require_held_out,
)

_FRECHET, _IN_SCALE, _GROOVE = "fd_descriptors", "in_scale_error", "groove_error"
# Where these descriptors stand in a vector, from its end.
_PLACES = {_IN_SCALE: -3, _GROOVE: -1}
_NEIGHBOURS = ("precision", "recall", "density", "coverage")
_OVERLAP = "overlap_area"
_LONGEST_COPY, _COPIED = "longest_copy", "copied_8_beats"
_MANY_BEATS = 8
_CHAIN, _BASELINE = "markov_chain", "Markov chain"


def build(inputs: EvaluatorInputs) -> "PhrasesEvaluator":
    """Builds the evaluator for the piano rolls of `inputs.data`.

    Raises:
      UserError: features, metrics or statistics are requested, or too few phrases are held out.
    """
    refuse_image_settings(inputs, "phrases are scored by what their notes do")
    return PhrasesEvaluator(inputs.data)


class PhrasesEvaluator:
    """Compares descriptors of phrases with those of held-out pieces; see `RunEvaluator`.

    Raises:
      UserError: too few phrases are held out.
    """

    tracked = (_FRECHET, _IN_SCALE, _GROOVE)

    def __init__(self, data: DataSplits):
        require_held_out(data.holdout.images, "phrases")
        domain = cast(Phrases, data.domain)
        self.form, self.ranges = domain.form, domain.ranges
        self.rolls_of = domain.rolls
        self.train = domain.rolls(data.train.images)
        self.holdout = domain.rolls(data.holdout.images)
        reference = descriptors(self.holdout, self.form)
        # What no held-out phrase varies in would count without bound.
        self.scale = np.maximum(reference.std(axis=0), 0.01)
        self.reference = reference / self.scale
        self.manifold = RealManifold(self.reference)
        means = general_measures(self.holdout, self.form)
        self.means = {name: mean(numbers) for name, numbers in means.items()}
        # Figures compare where phrases have one form, and vectors one scale.
        facts = repr(self.form).encode() + self.scale.tobytes()
        self.features = FeatureFacts("descriptors", hashlib.sha256(facts).hexdigest())

    def track(self, generated: Iterable[np.ndarray]) -> dict[str, float]:
        """Computes the tracked figures of batches of phrases, uint8."""
        return self._measure(self._described(self.rolls_of(np.concatenate(list(generated)))))

    def evaluate(
        self,
        generated: Iterable[np.ndarray],
        seed: int = 0,
        labels: np.ndarray | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> Evaluation:
        """Scores batches of phrases.

        The floor is measured on training phrases, that of copies on held-out ones. The ceiling is
        measured on training phrases whose cells are shuffled over steps and pitches within each
        track. The details hold the scores of a Markov chain over the training phrases' beats.

        Args:
          seed: decides the resamples, the noise, and what the chain draws.
          labels, progress: not used; part of the protocol.

        Raises:
          UserError: there are too few phrases.
        """
        del labels, progress
        ours = self.rolls_of(np.concatenate(list(generated)))
        require_generated(ours, "phrases")
        rng = np.random.default_rng(seed)
        chosen = np.sort(rng.permutation(len(self.train))[: len(ours)])
        real = self.train[chosen]
        cells = real.reshape(len(real), -1, real.shape[-1])
        noise = rng.permuted(cells, axis=1).reshape(real.shape)
        described = self._described(ours)
        intervals = {_FRECHET: frechet_half_width(self.reference, described, rng)}
        for name, place in _PLACES.items():
            intervals[name] = mean_half_width(described[:, place] * self.scale[place])
        chain = MarkovChain(self.train, self.form).draw(len(ours), rng)
        values, floor, ceiling, baseline = map(self._all_figures, (ours, real, noise, chain))
        finder = CopyFinder(self.train, self.form)
        copies = [finder.longest(each) for each in (ours, self.holdout, real, chain)]
        for longest, figures in zip(copies, (values, floor, ceiling, baseline), strict=True):
            figures.update(self._copy_figures(longest))
        for name, numbers in self._measures(ours).items():
            known = numbers[~np.isnan(numbers)]
            if len(known):
                key = f"{name}_error" if name in self.means else name
                intervals[key] = mean_half_width(known)
        scores = {
            name: Score(
                value,
                intervals.get(name),
                floor[name],
                ceiling[name],
                name in (*_NEIGHBOURS, _OVERLAP),
                count=len(ours),
                baseline=_unless_nan(baseline[name]),
            )
            for name, value in values.items()
            if not np.isnan([value, floor[name], ceiling[name]]).any()
        }
        skipped = {
            name: "no phrase has what it is counted from" for name in values if name not in scores
        }
        chain_figures = {name: value for name, value in baseline.items() if name in scores}
        return Evaluation(
            scores,
            len(ours),
            len(self.reference),
            len(real),
            details={_CHAIN: {"scores": chain_figures}},
            skipped=skipped,
            baseline=_BASELINE,
        )

    def interpret(self, evaluation: Evaluation) -> tuple[str, ...]:
        """Says what the figures compare, and what the Markov chain is."""
        return (
            "Figures that end in _error are distances between means, such as of the share of notes"
            " in the best major scale (in_scale) or of the likeness of neighbouring bars (groove).",
            "The Markov chain draws each beat by the two before it, without a network.",
        )

    def classify(self, samples: np.ndarray) -> np.ndarray | None:
        """Returns None: no classes are recognised."""
        del samples
        return None

    def use_networks(self, gan: GanAccess) -> None:
        """Ignores the networks: all figures are computed from notes."""

    def _described(self, rolls: np.ndarray) -> np.ndarray:
        return descriptors(rolls, self.form) / self.scale

    def _measure(self, ours: np.ndarray) -> dict[str, float]:
        distance = frechet_distance(moments_of(self.reference), moments_of(ours))
        shift = np.abs(ours.mean(axis=0) - self.reference.mean(axis=0)) * self.scale
        return {_FRECHET: distance, **{name: float(shift[at]) for name, at in _PLACES.items()}}

    def _all_figures(self, rolls: np.ndarray) -> dict[str, float]:
        """Returns all figures but those of copies, NaN where there is nothing to measure."""
        described = self._described(rolls)
        figures = self._measure(described)
        neighbours: Neighbourhoods = self.manifold.compare(described)
        figures |= {name: float(getattr(neighbours, name).mean()) for name in _NEIGHBOURS}
        areas = [
            overlap_area(ours, theirs)
            for ours, theirs in zip(self.reference.T, described.T, strict=True)
        ]
        figures[_OVERLAP] = float(np.mean(areas))
        for name, numbers in self._measures(rolls).items():
            value = mean(numbers)
            if name in self.means:
                name, value = f"{name}_error", abs(value - self.means[name])
            figures[name] = value
        return figures

    def _measures(self, rolls: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the numbers of each phrase that figures are means of, by name."""
        found = general_measures(rolls, self.form)
        if self.ranges:
            found |= choral_measures(rolls, self.form, self.ranges)
        return found

    def _copy_figures(self, longest: np.ndarray) -> dict[str, float]:
        figures = {_LONGEST_COPY: float(longest.mean())}
        if self.form.grid.steps >= _MANY_BEATS * self.form.grid.steps_per_beat:
            figures[_COPIED] = float((longest >= _MANY_BEATS).mean())
        return figures


def _unless_nan(value: float) -> float | None:
    return None if np.isnan(value) else value
