"""Pictures for an evaluation: images by class, and generated images with their neighbours."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gan_cli.domains.domain import PICTURES, Domain
from gan_cli.io.files import atomic_write
from gan_cli.metrics.evaluation import Evaluation

if TYPE_CHECKING:
    from gan_cli.evaluation.scorer import RunScorer

_PER_CLASS = 10


def write_pictures(scorer: "RunScorer", evaluation: Evaluation, folder: Path) -> None:
    """Writes `neighbours.png` and `classes.png`, as far as their metrics were computed.

    In `neighbours.png` each row has two generated images, each followed by the training images
    nearest to it. In `classes.png` each row has images that the classifier puts into one class.

    Raises:
      UserError: a picture cannot be written.
    """
    domain = scorer.loaded.domain
    if PICTURES not in domain.supports:
        return
    labels = scorer.labels(evaluation.num_generated)
    neighbours = evaluation.details.get("neighbours")
    if neighbours:
        closest, samples = (
            _strips(scorer, neighbours[which], labels) for which in ("closest", "samples")
        )
        between = np.full_like(closest[:, :1], 255)
        rows = np.concatenate([closest, between, samples], axis=1)
        _write(domain, rows, folder / "neighbours.png")
    by_class = _by_class(scorer, labels) if evaluation.class_shares else None
    if by_class is not None:
        _write(domain, by_class, folder / "classes.png")


def _strips(
    scorer: "RunScorer", rows: list[dict[str, Any]], labels: np.ndarray | None
) -> np.ndarray:
    """Returns uint8 [rows, 1 + neighbours, height, width, channels]."""
    generated = np.array([row["generated"] for row in rows])
    images = np.concatenate(list(scorer.images(generated, labels)))
    near = np.stack([scorer.data.train.images[row["train"]] for row in rows])
    return np.concatenate([images[:, None], near], axis=1)


def _by_class(scorer: "RunScorer", labels: np.ndarray | None) -> np.ndarray | None:
    """Returns uint8 [classes, images, height, width, channels], white where images are missing.

    None where the evaluator knows no classes.
    """
    names = scorer.data.train.class_names
    found: list[list[np.ndarray]] = [[] for _ in names]
    count = min(200 * len(names), scorer.loaded.config.evaluation.num_samples)
    if labels is not None:
        count = min(count, len(labels))
    for images in scorer.images(np.arange(count), labels):
        classes = scorer.evaluator.classify(images)
        if classes is None:
            return None
        for image, label in zip(images, classes, strict=True):
            found[label].append(image)
        if all(len(each) >= _PER_CLASS for each in found):
            break
    blank = np.full(scorer.data.train.images.shape[1:], 255, np.uint8)
    return np.stack([np.stack((each + [blank] * _PER_CLASS)[:_PER_CLASS]) for each in found])


def _write(domain: Domain, rows: np.ndarray, path: Path) -> None:
    content = io.BytesIO()
    picture = domain.picture(rows.reshape(-1, *rows.shape[2:]), rows.shape[1], None)
    picture.save(content, "PNG")
    atomic_write(path, content.getvalue())
