"""Networks in whose features images are compared."""

from gan_cli.registry import Registry

FEATURE_NETWORKS = Registry(
    "feature network",
    {
        "classifier": "gan_cli.metrics.features.classifier:build",
        "random": "gan_cli.metrics.features.random:build",
    },
)
