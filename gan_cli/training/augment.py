"""The augmentation in training: its probability, and the controller that moves it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import tensorflow as tf

from gan_cli import replicas
from gan_cli.objectives.augment import controller
from gan_cli.objectives.augment.augmentation import Augmentation

SIGNALS = ("real_sign", "pair_sign", "held_out_ratio")


@dataclass(frozen=True)
class AugmentationControl:
    """An augmentation and its probability, which is part of the saved state.

    Attributes:
      signal: the signal that the probability follows, one of `SIGNALS`; None: it stays constant.
      target: value of the signal at which the probability neither rises nor falls.
      adjustment_kimg: thousands of images in which the probability can go from 0 to 1.
      held_out: images that are not trained on, as stored, and their int32 labels, for
        `held_out_ratio`.
      schedule: from images shown to the probability, which then follows no signal.
    """

    augmentation: Augmentation
    probability: tf.Variable
    signal: str | None = None
    target: float = controller.SIGN_TARGET
    adjustment_kimg: float = controller.ADJUSTMENT_KIMG
    held_out: tuple[tf.Tensor, tf.Tensor] | None = None
    schedule: Callable[[tf.Tensor], tf.Tensor] | None = None
    signal_sum: tf.Variable = field(default_factory=lambda: tf.Variable(0.0, trainable=False))

    def variables(self) -> dict[str, tf.Variable]:
        """Returns the variables that checkpoints hold, by name."""
        return {
            "augmentation/probability": self.probability,
            "augmentation/signal_sum": self.signal_sum,
        }

    @property
    def turns(self) -> set[tuple[int, int]]:
        """The steps that judge held-out images, as (every, phase); see `replicas.when`."""
        every = controller.MOVE_EVERY_STEPS
        return {(every, every - 1)} if self.signal == "held_out_ratio" else set()

    def __call__(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return self.augmentation.apply(images, self.probability, seed)

    def keep_to_schedule(self, images_shown: tf.Tensor) -> None:
        """Sets the probability at the start of a step, if it has a schedule."""
        if self.schedule is not None:
            self.probability.assign(self.schedule(images_shown))

    def adapt(
        self,
        step: tf.Tensor,
        images_per_step: int,
        real_logits: tf.Tensor,
        fake_logits: tf.Tensor,
        judge_held_out: Callable[[], tf.Tensor],
    ) -> None:
        """Adds one step's logits to the signal, and moves the probability in every fourth step.

        Args:
          step: number of steps taken before this one.
          judge_held_out: returns the logits of held-out images; only `held_out_ratio` calls it.
        """
        if self.signal is None:
            return
        is_last = step % controller.MOVE_EVERY_STEPS == controller.MOVE_EVERY_STEPS - 1
        if self.signal == "held_out_ratio":
            measured = replicas.when(
                step,
                controller.MOVE_EVERY_STEPS,
                controller.MOVE_EVERY_STEPS - 1,
                lambda: (
                    controller.held_out_ratio(real_logits, judge_held_out(), fake_logits)
                    # The sum is divided by the steps between moves; this signal is added only once.
                    * controller.MOVE_EVERY_STEPS
                ),
                lambda: tf.constant(0.0),
            )
        elif self.signal == "pair_sign":
            measured = controller.pair_sign(real_logits, fake_logits)
        else:
            measured = controller.real_sign(real_logits)
        total = self.signal_sum + measured
        moved = controller.next_probability(
            self.probability,
            total / controller.MOVE_EVERY_STEPS,
            images_per_step * controller.MOVE_EVERY_STEPS,
            self.target,
            self.adjustment_kimg,
        )
        self.probability.assign(tf.where(is_last, moved, self.probability))
        self.signal_sum.assign(tf.where(is_last, 0.0, total))
