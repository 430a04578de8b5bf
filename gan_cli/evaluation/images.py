"""Scores images of any origin against real ones, without a run."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gan_cli.catalog import CHOICES
from gan_cli.cli.progress import EvaluationProgress, preparation_progress
from gan_cli.cli.tables import print_evaluation, print_lines
from gan_cli.config.load import load_config
from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import ImageDataset, open_splits, open_whole
from gan_cli.domains.domain import NETWORK_FEATURES
from gan_cli.errors import UserError
from gan_cli.evaluation.evaluator import feature_network, image_evaluator
from gan_cli.evaluation.scored_run import Request
from gan_cli.io.files import atomic_write
from gan_cli.metrics.against_statistics import score_against
from gan_cli.metrics.comparison import batches_of
from gan_cli.metrics.evaluate import Evaluation
from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.interpretation import read
from gan_cli.metrics.statistics import read_statistics


def score_images(real: str, fake: str, request: Request, out: Path | None) -> None:
    """Prints the scores of the images at `fake` against those at `real`.

    Args:
      real: a folder of images or an npz, all of which are the reference; or a config with a section
        `data`, whose held-out images are, while its others are what was learnt from.
      fake: a folder or an npz; brought to the size of the real images.

    Raises:
      UserError: images cannot be read, or do not go together.
    """
    with preparation_progress() as progress:
        train = None
        if Path(real).suffix in (".yaml", ".yml"):
            splits = open_splits(load_config(real, [], CHOICES).data, progress)
            splits.domain.require(NETWORK_FEATURES, real, "real")
            train, reference = splits.train, splits.holdout
        else:
            reference = open_whole(_data_config("--real", real), progress)
        generated = _like(reference, fake, progress)
    features = request.features or ("random" if train is None or train.labels is None else None)
    evaluator = image_evaluator(
        features or "classifier",
        train,
        reference,
        request.metrics,
        statistics=request.statistics,
    )
    chosen = _chosen(generated, request)
    images = batches_of(generated.images, chosen)
    with EvaluationProgress(len(chosen)) as shown:
        evaluation = evaluator.evaluate(
            shown.count(images),
            request.seed,
            _shared_labels(generated, reference, chosen),
            shown.metric,
        )
    described = {
        "real": real,
        "real_fingerprint": reference.fingerprint,
        "fake": fake,
        "fake_fingerprint": generated.fingerprint,
        "seed": request.seed,
    }
    _tell(f"{fake} against {real}", evaluator.network, evaluation, described, out)


def score_against_file(fake: str, request: Request, out: Path | None) -> None:
    """Prints the Fréchet distance of the images at `fake` to the statistics that are asked for.

    Raises:
      UserError: the images or the statistics cannot be read, or do not go together.
    """
    with preparation_progress() as progress:
        generated = open_whole(_data_config("--fake", fake), progress)
    network = feature_network(request.features or "random", generated, generated)
    statistics = read_statistics(Path(request.statistics or ""), network)
    chosen = _chosen(generated, request)
    evaluation = score_against(statistics, network, batches_of(generated.images, chosen))
    described = {
        "statistics": str(request.statistics),
        "fake": fake,
        "fake_fingerprint": generated.fingerprint,
    }
    _tell(f"{fake} against {request.statistics}", network, evaluation, described, out)


def _tell(
    title: str,
    network: FeatureNetwork,
    evaluation: Evaluation,
    described: Mapping[str, object],
    out: Path | None,
) -> None:
    """Prints the scores, and writes them with a description of what was scored."""
    reading = read(evaluation, network.name)
    print_evaluation(title, network, evaluation)
    print_lines(reading)
    if out is not None:
        record = {
            **described,
            "features": network.name,
            "features_sha256": network.sha256,
            **dataclasses.asdict(evaluation),
            "reading": reading,
        }
        atomic_write(out, json.dumps(record, indent=1))
        print(f"written: {out}")


def _chosen(generated: ImageDataset, request: Request) -> np.ndarray:
    """Which images are scored: all, or as many as are asked for."""
    every = np.arange(len(generated.images))
    if request.num_samples is None or request.num_samples >= len(every):
        return every
    rng = np.random.default_rng(request.seed)
    return np.sort(rng.choice(len(every), request.num_samples, replace=False))


def _shared_labels(
    generated: ImageDataset, reference: ImageDataset, chosen: np.ndarray
) -> np.ndarray | None:
    # Labels mean the same classes only where the names do.
    if generated.labels is None or generated.class_names != reference.class_names:
        return None
    return generated.labels[chosen]


def _data_config(flag: str, path: str, **more: object) -> DataConfig:
    """The config of a folder or an npz file.

    Raises:
      UserError: it is neither.
    """
    if Path(path).is_dir():
        return DataConfig.model_validate({"source": "folder", "path": path, **more}, strict=False)
    if Path(path).is_file() and Path(path).suffix == ".npz":
        return DataConfig.model_validate({"source": "npz", "path": path, **more}, strict=False)
    wanted = "a folder of images or an .npz file"
    if flag == "--real":
        wanted = "a folder of images, an .npz file or a config's .yaml file"
    raise UserError(f"{flag}: must be {wanted}, got '{path}'")


def _like(reference: ImageDataset, fake: str, progress) -> ImageDataset:
    height, width, channels = reference.images.shape[1:]
    size = {"image_size": [height, width]} if min(height, width) >= 8 else {}
    generated = open_whole(_data_config("--fake", fake, **size), progress)
    if generated.images.shape[3] != channels:
        raise UserError(
            f"--fake: {fake} holds images of {generated.images.shape[3]} channels, the real ones"
            f" have {channels}; convert one of them"
        )
    return generated
