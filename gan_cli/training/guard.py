"""Tells from a run's own figures when training goes wrong.

Everything is judged from rows of figures, the same that metrics.jsonl keeps, so that a resumed run
judges as one that never stopped.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import tensorflow as tf

from gan_cli.training.state import GanState, model_variables

Row = Mapping[str, float]

# Losses from log-probabilities stay below a few nats as long as either network is any good.
LARGEST_LOSS = 50.0
# Over the median of the rows before. Training that works stays within a factor of some ten.
LARGEST_NORM_RATIO = 100.0
ROWS_OF_MEDIAN, FEWEST_ROWS_OF_MEDIAN = 50, 10
# Halfway from no overfitting, 0, to held-out images that count for generated ones, 1.
LARGEST_OVERFITTING = 0.5
# Pairs that D must rank right for the ratio to mean anything.
LEAST_RANKING = 0.75
# Of pairs ranked right, by a D that has nothing left to learn and little left to teach.
WON_RANKING = 0.98
LEAST_DIVERSITY = 0.5
LEAST_SHARE_OF_MODES = 0.75
LEAST_LOSS_SCALE = 1.0
# An alarm is over when its signal has come so far back.
CLEARED = 0.7
# Rows after which an alarm that has not cleared is raised again.
PATIENCE = 5

NORMS = ("discriminator_gradient_norm", "generator_gradient_norm")


@dataclass(frozen=True)
class Alarm:
    """A signal beyond its limit.

    Attributes:
      signal: `diverging`, `discriminator_won`, `overfitting`, `collapse` or `loss_scale`.
      text: what is seen and what may help, in plain words.
      is_new: whether it is the first since its signal last was within the limit.
    """

    signal: str
    text: str
    is_new: bool


@dataclass
class _Course:
    """Of one signal: rows in a row beyond the limit, and rows since the alarm, None: no alarm."""

    beyond: int = 0
    since_alarm: int | None = None


class Guard:
    """Takes the rows in their order.

    Args:
      bounded_loss: whether the losses are log-probabilities or the like, with a scale of their own.
      num_modes: of the mixture that points are drawn from; None for images.
      grace_images: shown before a generator can be called collapsed: every one begins so.
    """

    def __init__(self, *, bounded_loss: bool, num_modes: int | None, grace_images: int):
        self.bounded_loss, self.num_modes = bounded_loss, num_modes
        self.grace_images = grace_images
        self._norms: dict[str, deque[float]] = {
            name: deque(maxlen=ROWS_OF_MEDIAN) for name in NORMS
        }
        self._signals: dict[str, tuple[Callable[[Row], tuple[float, str] | None], int]] = {
            "diverging": (self._diverging, 1),
            "discriminator_won": (self._discriminator_won, 5),
            "overfitting": (self._overfitting, 2),
            "collapse": (self._collapse, 2),
            "loss_scale": (self._loss_scale, 1),
        }
        self._courses = {name: _Course() for name in self._signals}

    def observe(self, row: Row) -> list[Alarm]:
        """Returns the alarms that this row raises: new ones, and again those that stay."""
        alarms = []
        for name, (measure, rows_needed) in self._signals.items():
            measured = measure(row)
            if measured is None:
                continue
            severity, text = measured
            course = self._courses[name]
            if course.since_alarm is not None:
                course.since_alarm += 1
                if severity < CLEARED:
                    course.since_alarm, course.beyond = None, 0
                elif severity >= 1.0 and course.since_alarm % PATIENCE == 0:
                    alarms.append(Alarm(name, text, is_new=False))
                continue
            course.beyond = course.beyond + 1 if severity >= 1.0 else 0
            if course.beyond >= rows_needed:
                course.since_alarm = 0
                alarms.append(Alarm(name, text, is_new=True))
        for name, norms in self._norms.items():
            if name in row and np.isfinite(row[name]):
                norms.append(row[name])
        return alarms

    def _diverging(self, row: Row) -> tuple[float, str] | None:
        if not set(NORMS) & set(row):
            return None
        worst = (0.0, "")
        if self.bounded_loss:
            for name in ("discriminator_loss", "generator_loss"):
                if name in row:
                    text = f"the {name.replace('_', ' ')} is {row[name]:.3g}"
                    worst = max(worst, (abs(row[name]) / LARGEST_LOSS, text))
        for name, norms in self._norms.items():
            if name in row and len(norms) >= FEWEST_ROWS_OF_MEDIAN:
                ratio = row[name] / max(median(norms), 1e-12)
                text = f"the {name.replace('_', ' ')} is {ratio:.0f} times what it was"
                worst = max(worst, (ratio / LARGEST_NORM_RATIO, text))
        return worst[0], (
            f"training diverges: {worst[1]}. Lower learning rates, or a penalty with a larger"
            " gamma, may help"
        )

    def _discriminator_won(self, row: Row) -> tuple[float, str] | None:
        if "ranking_accuracy" not in row or row["images_shown"] < self.grace_images:
            return None
        wrong = 1.0 - row["ranking_accuracy"]
        return (1.0 - WON_RANKING) / max(wrong, 1e-6), (
            f"D has won: it tells {100 * row['ranking_accuracy']:.1f} % of the pairs of a real and"
            " a generated image apart. A gradient penalty or a larger gamma, augmentation, or fewer"
            " updates of D may help"
        )

    def _overfitting(self, row: Row) -> tuple[float, str] | None:
        if "overfitting" not in row:
            return None
        return row["overfitting"] / LARGEST_OVERFITTING, (
            "D knows the training images by heart: held-out ones count"
            f" {100 * row['overfitting']:.0f} % of the way to generated ones. Augmentation"
            " (objective.augmentation), a larger gamma or more images may help"
        )

    def _collapse(self, row: Row) -> tuple[float, str] | None:
        if row["images_shown"] < self.grace_images:
            return None
        help_text = (
            "A penalty with a larger gamma, lower learning rates or fewer updates of D may help"
        )
        if self.num_modes and "modes_covered" in row:
            share = row["modes_covered"] / self.num_modes
            return LEAST_SHARE_OF_MODES / max(share, 1e-3), (
                f"the generator has collapsed: it makes {row['modes_covered']:.0f} of"
                f" {self.num_modes} modes. {help_text}"
            )
        if "diversity" not in row:
            return None
        return LEAST_DIVERSITY / max(row["diversity"], 1e-3), (
            "the generator collapses: its images differ from each other"
            f" {100 * row['diversity']:.0f} % as much as real ones do. {help_text}"
        )

    def _loss_scale(self, row: Row) -> tuple[float, str] | None:
        if "loss_scale" not in row:
            return None
        return LEAST_LOSS_SCALE / max(row["loss_scale"], 1e-12), (
            f"the loss scale has fallen to {row['loss_scale']:.2g}: gradients overflow in float16"
            " at nearly every step. Use training.precision: mixed_bfloat16 or float32"
        )


def is_skipped(names: Sequence[str], state: GanState, skip_non_finite: bool) -> bool:
    """Whether the step has left out what was not finite, so that training can go on.

    Args:
      names: of the reported values that are not finite.
      skip_non_finite: whether the step skips every gradient that is not finite.
    """
    scaled = hasattr(state.discriminator_optimizer, "dynamic_scale")
    if scaled and set(names) <= set(NORMS):
        return True
    # Weights are left alone by such a step; what was not finite may yet have reached a buffer.
    return skip_non_finite and all(
        bool(tf.reduce_all(tf.math.is_finite(variable)))
        for model in (state.generator, state.discriminator, state.generator_ema)
        for variable in model_variables("", model).values()
        if variable.dtype.is_floating
    )
