"""Every registry, by the family name that the config's schema uses."""

from gan_cli.data.sources import SOURCES
from gan_cli.metrics.features import FEATURE_NETWORKS
from gan_cli.metrics.scores import METRICS
from gan_cli.models import ARCHITECTURES
from gan_cli.objectives import LOSSES, PENALTIES
from gan_cli.objectives.augment import AUGMENTATIONS
from gan_cli.run.loggers import LOGGERS

CHOICES = {
    "source": SOURCES,
    "architecture": ARCHITECTURES,
    "loss": LOSSES,
    "penalty": PENALTIES,
    "augmentation": AUGMENTATIONS,
    "features": FEATURE_NETWORKS,
    "metric": METRICS,
    "logger": LOGGERS,
}
