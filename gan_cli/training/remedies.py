"""The variables by which the guard changes a run; every checkpoint holds them."""

from dataclasses import dataclass, field

import tensorflow as tf

# How the names of the guard's variables in a checkpoint begin.
GUARD_MEMORY = "memory/guard/"


def _variable(value: float) -> tf.Variable:
    return tf.Variable(value, dtype=tf.float32, trainable=False)


@dataclass(frozen=True)
class Remedies:
    """Factors on settings of the config.

    Attributes:
      learning_rate_factor: factor on both networks' learning rates.
      gamma_factor: factor on the strength of the penalties that bound the discriminator.
      interventions: number of times that the guard has intervened.
    """

    learning_rate_factor: tf.Variable = field(default_factory=lambda: _variable(1.0))
    gamma_factor: tf.Variable = field(default_factory=lambda: _variable(1.0))
    interventions: tf.Variable = field(default_factory=lambda: _variable(0.0))

    def variables(self) -> dict[str, tf.Variable]:
        """Returns the variables that checkpoints hold, by name."""
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
    """Returns the number of interventions of the guard; 0 without remedies."""
    return int(remedies.interventions.numpy()) if remedies else 0
