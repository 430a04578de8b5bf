"""Augmentations of all images that the discriminator sees, for training on few images."""

from gan_cli.registry import Registry

AUGMENTATIONS = Registry(
    "augmentation",
    {
        "diffaugment": "gan_cli.objectives.augment.diffaugment:DIFFAUGMENT",
        "ada": "gan_cli.objectives.augment.ada:ADA",
    },
    of="gan_cli.objectives.augment.augmentation:Augmentation",
    calls={"transform": "images, probability, seed, policies"},
)
