"""Penalties: terms that join the adversarial loss, one function each."""

from gan_cli.registry import Registry

PENALTIES = Registry(
    "penalty",
    {
        "auxiliary_classifier": "gan_cli.objectives.penalties.tasks:AUXILIARY_CLASSIFIER",
        "consistency": "gan_cli.objectives.penalties.logits:CONSISTENCY",
        "dragan": "gan_cli.objectives.penalties.gradient:DRAGAN",
        "drift": "gan_cli.objectives.penalties.logits:DRIFT",
        "feature_matching": "gan_cli.objectives.penalties.generator:FEATURE_MATCHING",
        "historical_averaging": "gan_cli.objectives.penalties.weights:HISTORICAL_AVERAGING",
        "lecam": "gan_cli.objectives.penalties.logits:LECAM",
        "orthogonal": "gan_cli.objectives.penalties.weights:ORTHOGONAL",
        "path_length": "gan_cli.objectives.penalties.generator:PATH_LENGTH",
        "r1": "gan_cli.objectives.penalties.gradient:R1",
        "r2": "gan_cli.objectives.penalties.gradient:R2",
        "reconstruction": "gan_cli.objectives.penalties.tasks:RECONSTRUCTION",
        "wgan_gp": "gan_cli.objectives.penalties.gradient:WGAN_GP",
    },
    of="gan_cli.objectives.penalties.penalty:Penalty",
    calls={"value": "update", "memory": "weights"},
)
