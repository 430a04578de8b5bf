"""Pictures beside an evaluation: images by class, and generated ones with their neighbours."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gan_cli.domains.grid import image_grid
from gan_cli.io.files import atomic_write
from gan_cli.metrics.evaluate import Evaluation
from gan_cli.metrics.features.network import FeatureNetwork

if TYPE_CHECKING:
    from gan_cli.evaluation.scored_run import ScoredRun

_PER_CLASS = 10


def write_pictures(scored: "ScoredRun", evaluation: Evaluation, folder: Path) -> None:
    """Writes `classes.png` and `neighbours.png`, as far as the metrics were taken.

    The first has a row for each class, of images that the classifier puts there; the second has
    two generated images in each row, each followed by the training images nearest to it.

    Raises:
      UserError: they cannot be written.
    """
    labels = scored.labels(evaluation.num_generated)
    neighbours = evaluation.details.get("neighbours")
    if neighbours:
        closest, samples = (
            _strips(scored, neighbours[which], labels) for which in ("closest", "samples")
        )
        between = np.full_like(closest[:, :1], 255)
        _write(np.concatenate([closest, between, samples], axis=1), folder / "neighbours.png")
    network = scored.evaluator.network
    if evaluation.class_shares and isinstance(network, FeatureNetwork):
        _write(_by_class(scored, network, labels), folder / "classes.png")


def _strips(
    scored: "ScoredRun", rows: list[dict[str, Any]], labels: np.ndarray | None
) -> np.ndarray:
    """uint8 [rows, 1 + neighbours, height, width, channels]."""
    generated = np.array([row["generated"] for row in rows])
    images = np.concatenate(list(scored.images(generated, labels)))
    near = np.stack([scored.data.train.images[row["train"]] for row in rows])
    return np.concatenate([images[:, None], near], axis=1)


def _by_class(
    scored: "ScoredRun", network: FeatureNetwork, labels: np.ndarray | None
) -> np.ndarray:
    """uint8 [classes, images, height, width, channels]; white where there are too few."""
    names = scored.data.train.class_names
    found: list[list[np.ndarray]] = [[] for _ in names]
    count = min(200 * len(names), scored.loaded.config.evaluation.num_samples)
    if labels is not None:
        count = min(count, len(labels))
    for images in scored.images(np.arange(count), labels):
        classes = network.probabilities(images).argmax(axis=1)
        for image, label in zip(images, classes, strict=True):
            found[label].append(image)
        if all(len(each) >= _PER_CLASS for each in found):
            break
    blank = np.full(scored.data.train.images.shape[1:], 255, np.uint8)
    return np.stack([np.stack((each + [blank] * _PER_CLASS)[:_PER_CLASS]) for each in found])


def _write(rows: np.ndarray, path: Path) -> None:
    content = io.BytesIO()
    image_grid(rows.reshape(-1, *rows.shape[2:]), rows.shape[1]).save(content, "PNG")
    atomic_write(path, content.getvalue())
