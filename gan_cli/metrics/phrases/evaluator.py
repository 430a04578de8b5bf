"""Scores generated phrases by what their notes do, beside held-out phrases of other pieces."""

import hashlib
from collections.abc import Callable, Iterable
from typing import cast

import numpy as np

from gan_cli.config.limits import FEWEST_IMAGES
from gan_cli.data.dataset import DataSplits
from gan_cli.data.split import FEWEST_HELD_OUT
from gan_cli.domains.rolls import Rolls
from gan_cli.errors import UserError
from gan_cli.metrics.comparison import GanAccess
from gan_cli.metrics.evaluation import Evaluation, Score
from gan_cli.metrics.maths.bootstrap import frechet_half_width, mean_half_width
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import moments_of
from gan_cli.metrics.phrases.descriptors import descriptors
from gan_cli.metrics.run_evaluator import EvaluatorInputs, FeatureFacts

_FRECHET, _IN_SCALE, _GROOVE = "fd_descriptors", "in_scale_error", "groove_error"
# Where these descriptors stand in a vector, from its end.
_PLACES = {_IN_SCALE: -3, _GROOVE: -1}


def build(inputs: EvaluatorInputs) -> "PhrasesEvaluator":
    """Builds the evaluator for the piano rolls of `inputs.data`.

    Raises:
      UserError: features, metrics or statistics are requested, or too few phrases are held out.
    """
    for key in ("features", "metrics", "statistics"):
        if getattr(inputs, key):
            raise UserError("is for images; phrases are scored by what their notes do", key=key)
    return PhrasesEvaluator(inputs.data)


class PhrasesEvaluator:
    """Compares descriptors of phrases with those of held-out pieces; see `RunEvaluator`.

    Raises:
      UserError: too few phrases are held out.
    """

    tracked = (_FRECHET, _IN_SCALE, _GROOVE)

    def __init__(self, data: DataSplits):
        if len(data.holdout.images) < FEWEST_HELD_OUT:
            raise UserError(
                f"data: at least {FEWEST_HELD_OUT} held-out phrases are needed to evaluate, got"
                f" {len(data.holdout.images)}; raise data.holdout_fraction"
            )
        self.form, self.train = cast(Rolls, data.domain).form, data.train
        reference = descriptors(data.holdout.images, self.form)
        # What no held-out phrase varies in would count without bound.
        self.scale = np.maximum(reference.std(axis=0), 0.01)
        self.reference = reference / self.scale
        # Figures compare where phrases have one form, and vectors one scale.
        facts = repr(self.form).encode() + self.scale.tobytes()
        self.features = FeatureFacts("descriptors", hashlib.sha256(facts).hexdigest())

    def track(self, generated: Iterable[np.ndarray]) -> dict[str, float]:
        """Computes the tracked figures of batches of phrases, uint8."""
        return self._measure(self._described(generated))

    def evaluate(
        self,
        generated: Iterable[np.ndarray],
        seed: int = 0,
        labels: np.ndarray | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> Evaluation:
        """Scores batches of phrases.

        The floor is measured on training phrases. The ceiling is measured on training phrases whose
        cells are shuffled over steps and pitches within each track.

        Args:
          seed: decides the resamples and the noise.
          labels, progress: not used; part of the protocol.

        Raises:
          UserError: there are too few phrases.
        """
        del labels, progress
        ours = self._described(generated)
        if len(ours) < FEWEST_IMAGES:
            raise UserError(
                f"at least {FEWEST_IMAGES} generated phrases are needed to evaluate, got"
                f" {len(ours)}"
            )
        rng = np.random.default_rng(seed)
        chosen = np.sort(rng.permutation(len(self.train.images))[: len(ours)])
        real = self.train.images[chosen]
        cells = real.reshape(len(real), -1, real.shape[-1])
        noise = rng.permuted(cells, axis=1).reshape(real.shape)
        floor, ceiling = (self._measure(self._described([each])) for each in (real, noise))
        intervals = {_FRECHET: frechet_half_width(self.reference, ours, rng)}
        for name, place in _PLACES.items():
            intervals[name] = mean_half_width(ours[:, place] * self.scale[place])
        scores = {
            name: Score(value, intervals[name], floor[name], ceiling[name], False)
            for name, value in self._measure(ours).items()
        }
        return Evaluation(scores, len(ours), len(self.reference), len(real))

    def interpret(self, evaluation: Evaluation) -> tuple[str, ...]:
        """Says what the figures compare."""
        del evaluation
        return (
            "in_scale_error and groove_error are distances between means: of the share of notes in"
            " the best major scale, and of the likeness of neighbouring bars.",
        )

    def classify(self, samples: np.ndarray) -> np.ndarray | None:
        """Returns None: no classes are recognised."""
        del samples
        return None

    def use_networks(self, gan: GanAccess) -> None:
        """Ignores the networks: all figures are computed from notes."""

    def _described(self, batches: Iterable[np.ndarray]) -> np.ndarray:
        return descriptors(np.concatenate(list(batches)), self.form) / self.scale

    def _measure(self, ours: np.ndarray) -> dict[str, float]:
        distance = frechet_distance(moments_of(self.reference), moments_of(ours))
        shift = np.abs(ours.mean(axis=0) - self.reference.mean(axis=0)) * self.scale
        return {_FRECHET: distance, **{name: float(shift[at]) for name, at in _PLACES.items()}}
