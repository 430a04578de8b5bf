"""Metrics by name: one file each."""

from gan_cli.registry import Registry

_FOLDER = "gan_cli.metrics.scores"


class MetricRegistry(Registry):
    """Metrics by name; `all` stands for every one that has a value."""

    def problem(self, name: str) -> str | None:
        return None if name == "all" else super().problem(name)


METRICS = MetricRegistry(
    "metric",
    {
        "frechet": f"{_FOLDER}.frechet:METRIC",
        "kernel": f"{_FOLDER}.kernel:METRIC",
        "precision_recall": f"{_FOLDER}.precision_recall:METRIC",
        "density_coverage": f"{_FOLDER}.density_coverage:METRIC",
    },
)
DEFAULT_METRICS = ("frechet", "kernel", "precision_recall", "density_coverage")
