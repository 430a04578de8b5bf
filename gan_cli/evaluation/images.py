"""Scores images of any origin against real ones, without a run."""

from pathlib import Path
from typing import Any

import numpy as np

from gan_cli.catalog import CHOICES
from gan_cli.config.load import load_config
from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import ImageDataset, open_splits, open_whole
from gan_cli.data.sources import source_of
from gan_cli.domains.domain import NETWORK_FEATURES
from gan_cli.errors import UserError
from gan_cli.evaluation.evaluator import (
    WITHOUT_LABELS,
    feature_network,
    image_evaluator,
)
from gan_cli.evaluation.progress import ScoringProgress
from gan_cli.evaluation.requests import ImagesRequest, Settings, StatisticsRequest
from gan_cli.evaluation.results import ScoredImages
from gan_cli.evaluation.suspicions import warning_of_bgr, warning_of_grids
from gan_cli.listener import PREPARING, Listener, Quiet
from gan_cli.metrics.against_statistics import score_against
from gan_cli.metrics.comparison import batches_of
from gan_cli.metrics.interpretation import interpret
from gan_cli.metrics.run_evaluator import FeatureFacts
from gan_cli.metrics.statistics import read_statistics

# Images can be resized to no smaller side.
_SMALLEST_SIDE = 8


def score_images(request: ImagesRequest, listener: Listener | None = None) -> ScoredImages:
    """Scores the images at `request.fake` against those at `request.real`.

    Raises:
      UserError: images cannot be read, or do not go together.
    """
    listener = listener or Quiet()
    train, features = None, request.features
    with listener.during(PREPARING) as progress:
        if Path(request.real).suffix in (".yaml", ".yml"):
            splits = open_splits(load_config(request.real, [], CHOICES).data, progress)
            splits.domain.require(NETWORK_FEATURES, request.real, "real")
            train, reference = splits.train, splits.holdout
            features = features or splits.domain.default_features(_num_labelled_classes(train))
        else:
            reference = _whole("real", request.real, listener, progress)
        generated = _like(reference, request.fake, listener, progress)
    bgr = warning_of_bgr(request.fake, generated.images, reference.images)
    if bgr is not None:
        listener.message(bgr)
    evaluator = image_evaluator(
        features or WITHOUT_LABELS,
        train,
        reference,
        request.metrics,
        statistics=request.statistics,
        listener=listener,
    )
    chosen = _chosen(generated, request)
    with ScoringProgress(listener, len(chosen)) as scoring:
        evaluation = evaluator.evaluate(
            scoring.count(batches_of(generated.images, chosen)),
            request.seed,
            _shared_labels(generated, reference, chosen, listener),
            scoring.metric,
        )
    return ScoredImages(
        title=f"{request.fake} against {request.real}",
        features=evaluator.features,
        evaluation=evaluation,
        interpretation=evaluator.interpret(evaluation),
        compared={
            "real": request.real,
            "real_fingerprint": reference.fingerprint,
            "fake": request.fake,
            "fake_fingerprint": generated.fingerprint,
            "seed": request.seed,
        },
    )


def score_against_statistics(
    request: StatisticsRequest, listener: Listener | None = None
) -> ScoredImages:
    """Computes the Fréchet distance of the images at `request.fake` to a statistics file.

    Raises:
      UserError: the images or the statistics cannot be read, or do not go together.
    """
    listener = listener or Quiet()
    with listener.during(PREPARING) as progress:
        generated = open_whole(_data_config("fake", request.fake), progress)
    network = feature_network(
        request.features or WITHOUT_LABELS, generated, generated, listener=listener
    )
    statistics = read_statistics(Path(request.statistics), network)
    chosen = _chosen(generated, request)
    with ScoringProgress(listener, len(chosen)) as scoring:
        images = scoring.count(batches_of(generated.images, chosen))
        evaluation = score_against(statistics, network, images)
    return ScoredImages(
        title=f"{request.fake} against {request.statistics}",
        features=FeatureFacts(network.name, network.sha256, network.accuracy),
        evaluation=evaluation,
        interpretation=interpret(evaluation, network.name),
        compared={
            "statistics": str(request.statistics),
            "fake": request.fake,
            "fake_fingerprint": generated.fingerprint,
        },
    )


def _num_labelled_classes(train: ImageDataset) -> int:
    return 0 if train.labels is None else len(train.class_names)


def _chosen(generated: ImageDataset, request: Settings) -> np.ndarray:
    """Returns which images are scored: all, or as many as requested."""
    every = np.arange(len(generated.images))
    if request.num_samples is None or request.num_samples >= len(every):
        return every
    rng = np.random.default_rng(request.seed)
    return np.sort(rng.choice(len(every), request.num_samples, replace=False))


def _shared_labels(
    generated: ImageDataset, reference: ImageDataset, chosen: np.ndarray, listener: Listener
) -> np.ndarray | None:
    """Returns the labels of generated images as the reference numbers its classes, if it can."""
    if generated.labels is None or reference.labels is None:
        return None
    # Labels mean the same classes only where the names do.
    strange = [name for name in generated.class_names if name not in reference.class_names]
    if strange:
        listener.message(
            f"note: the classes of the generated images are not used: '{strange[0]}' is no class of"
            " the real ones"
        )
        return None
    numbers = [reference.class_names.index(name) for name in generated.class_names]
    return np.array(numbers, np.int32)[generated.labels[chosen]]


def _whole(
    key: str, path: str, listener: Listener, progress: Any, like: ImageDataset | None = None
) -> ImageDataset:
    """Opens the images at a path, and says what was passed over or looks wrong.

    Args:
      like: real images, whose size they get where networks could have made it.
    """
    config = _data_config(key, path)
    if like is not None and min(like.images.shape[1:3]) >= _SMALLEST_SIDE:
        config = _data_config(key, path, image_size=list(like.images.shape[1:3]))
    opened = source_of(config).open(config)
    for note in opened.train.notes:
        listener.message(f"note: {note}")
    if opened.holdout is not None:
        listener.message(
            f"note: of {path}, {opened.train.count:,} images to train on are compared, and"
            f" {opened.holdout.count:,} to test on are not; name their folder to take them instead"
        )
    if like is not None:
        warning = warning_of_grids(path, opened.train, *like.images.shape[1:3])
        if warning is not None:
            listener.message(warning)
    return open_whole(config, progress, opened)


def _data_config(key: str, path: str, **more: object) -> DataConfig:
    """Returns the config of a folder or an npz file.

    Args:
      key: the request's field that holds `path`.

    Raises:
      UserError: `path` is neither.
    """
    if Path(path).is_dir():
        return DataConfig.model_validate({"source": "folder", "path": path, **more}, strict=False)
    if Path(path).is_file() and Path(path).suffix == ".npz":
        return DataConfig.model_validate({"source": "npz", "path": path, **more}, strict=False)
    wanted = "a folder of images or an .npz file"
    if key == "real":
        wanted = "a folder of images, an .npz file or a config's .yaml file"
    raise UserError(f"must be {wanted}, got '{path}'", key=key)


def _like(reference: ImageDataset, fake: str, listener: Listener, progress: Any) -> ImageDataset:
    """Opens the images at `fake`, in the size of the reference."""
    channels = reference.images.shape[3]
    generated = _whole("fake", fake, listener, progress, like=reference)
    if generated.images.shape[3] != channels:
        raise UserError(
            f"{fake} holds images of {generated.images.shape[3]} channels, the real ones"
            f" have {channels}; convert one of them",
            key="fake",
        )
    return generated
