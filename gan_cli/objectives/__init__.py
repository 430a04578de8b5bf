"""What the networks are trained for: adversarial losses and penalties of the discriminator."""

from gan_cli.registry import Registry

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
)

PENALTIES = Registry(
    "penalty",
    {
        "r1": "gan_cli.objectives.penalties:R1",
        "r2": "gan_cli.objectives.penalties:R2",
        "wgan_gp": "gan_cli.objectives.penalties:WGAN_GP",
    },
)
