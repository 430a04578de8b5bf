"""Metrics by name, each in a file of its own."""

from gan_cli.registry import Registry

_FOLDER = "gan_cli.metrics.scores"


class MetricRegistry(Registry):
    """Metrics by name; `all` stands for every metric that has a value."""

    def problem(self, name: str) -> str | None:
        """Returns what is wrong with a name, or None; `all` is a name, too."""
        return None if name == "all" else super().problem(name)


METRICS = MetricRegistry(
    "metric",
    {
        "frechet": f"{_FOLDER}.frechet:METRIC",
        "frechet_infinity": f"{_FOLDER}.frechet_infinity:METRIC",
        "intra_class": f"{_FOLDER}.intra_class:METRIC",
        "kernel": f"{_FOLDER}.kernel:METRIC",
        "inception_score": f"{_FOLDER}.inception_score:METRIC",
        "precision_recall": f"{_FOLDER}.precision_recall:METRIC",
        "density_coverage": f"{_FOLDER}.density_coverage:METRIC",
        "class_modes": f"{_FOLDER}.class_modes:METRIC",
        "classification_accuracy": f"{_FOLDER}.classification_accuracy:METRIC",
        "label_accuracy": f"{_FOLDER}.label_accuracy:METRIC",
        "sliced_wasserstein": f"{_FOLDER}.sliced_wasserstein:METRIC",
        "ms_ssim": f"{_FOLDER}.ms_ssim:METRIC",
        "checkerboard": f"{_FOLDER}.checkerboard:METRIC",
        "feature_diversity": f"{_FOLDER}.feature_diversity:METRIC",
        "bins": f"{_FOLDER}.bins:METRIC",
        "authenticity": f"{_FOLDER}.authenticity:METRIC",
        "copying": f"{_FOLDER}.copying:METRIC",
        "neighbours": f"{_FOLDER}.neighbours:METRIC",
        "discriminator_overfitting": f"{_FOLDER}.discriminator_overfitting:METRIC",
        "path_length": f"{_FOLDER}.path_length:METRIC",
    },
    of="gan_cli.metrics.metric:Metric",
    calls={"measure": "sample, comparison, rng, thorough"},
)
DEFAULT_METRICS = ("frechet", "kernel", "precision_recall", "density_coverage", "checkerboard")
