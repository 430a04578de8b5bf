"""What the guard changes in a run, as variables: a part of every checkpoint."""

from dataclasses import dataclass, field

import tensorflow as tf


def _variable(value: float) -> tf.Variable:
    return tf.Variable(value, dtype=tf.float32, trainable=False)


@dataclass(frozen=True)
class Remedies:
    """Factors on what the config says.

    Attributes:
      learning_rate_factor: on both networks' learning rates.
      gamma_factor: on the strength of the discriminator's penalties that bound it.
      interventions: how often the guard has stepped in.
    """

    learning_rate_factor: tf.Variable = field(default_factory=lambda: _variable(1.0))
    gamma_factor: tf.Variable = field(default_factory=lambda: _variable(1.0))
    interventions: tf.Variable = field(default_factory=lambda: _variable(0.0))

    def variables(self) -> dict[str, tf.Variable]:
        """What a checkpoint holds."""
        return {
            "guard/learning_rate_factor": self.learning_rate_factor,
            "guard/gamma_factor": self.gamma_factor,
            "guard/interventions": self.interventions,
        }

    def lower_learning_rates(self, factor: float) -> None:
        self.learning_rate_factor.assign(self.learning_rate_factor * factor)

    def strengthen(self, factor: float) -> None:
        self.gamma_factor.assign(self.gamma_factor * factor)

    def intervened(self) -> None:
        self.interventions.assign_add(1.0)


def interventions_of(remedies: Remedies | None) -> int:
    """How often the guard has stepped in: never, where it has no remedies."""
    return int(remedies.interventions.numpy()) if remedies else 0
