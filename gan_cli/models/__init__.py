"""The architectures: each module builds a generator and a discriminator."""

from gan_cli.registry import Registry

ARCHITECTURES = Registry(
    "architecture",
    {
        "biggan": "gan_cli.models.biggan:ARCHITECTURE",
        "choir": "gan_cli.models.choir:ARCHITECTURE",
        "conv": "gan_cli.models.conv:ARCHITECTURE",
        "dcgan": "gan_cli.models.dcgan:ARCHITECTURE",
        "fastgan": "gan_cli.models.fastgan:ARCHITECTURE",
        "mlp": "gan_cli.models.mlp:ARCHITECTURE",
        "musegan": "gan_cli.models.musegan:ARCHITECTURE",
        "points_mlp": "gan_cli.models.points_mlp:ARCHITECTURE",
        "progan": "gan_cli.models.progan:ARCHITECTURE",
        "r3gan": "gan_cli.models.r3gan:ARCHITECTURE",
        "sagan": "gan_cli.models.sagan:ARCHITECTURE",
        "sequence": "gan_cli.models.sequence:ARCHITECTURE",
        "sngan": "gan_cli.models.sngan:ARCHITECTURE",
        "stylegan2": "gan_cli.models.stylegan2:ARCHITECTURE",
    },
    of="gan_cli.models.contract:Architecture",
    calls={"build_generator": "spec", "build_discriminator": "spec"},
)
