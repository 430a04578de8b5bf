"""Objectives of the networks: adversarial losses and penalties."""

from gan_cli.objectives.penalties import PENALTIES
from gan_cli.registry import Registry

__all__ = ["LOSSES", "PENALTIES"]

LOSSES = Registry(
    "loss",
    {
        "minimax": "gan_cli.objectives.losses:MINIMAX",
        "non_saturating": "gan_cli.objectives.losses:NON_SATURATING",
        "least_squares": "gan_cli.objectives.losses:LEAST_SQUARES",
        "hinge": "gan_cli.objectives.losses:HINGE",
        "wasserstein": "gan_cli.objectives.losses:WASSERSTEIN",
        "relativistic": "gan_cli.objectives.losses:RELATIVISTIC",
    },
    of="gan_cli.objectives.losses:Loss",
    calls={
        "discriminator": "real_logits, fake_logits, real_target",
        "generator": "real_logits, fake_logits",
    },
)
