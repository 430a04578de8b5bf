"""Statistics of real images: cached between runs, and exchanged with other programs as npz."""

import functools
import hashlib
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gan_cli.data.dataset import ImageDataset
from gan_cli.data.materialise import cached_file
from gan_cli.errors import UserError
from gan_cli.io.cache import write_npz
from gan_cli.io.npz import check_npz
from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.maths.moments import Moments
from gan_cli.metrics.sample import Sample

# Part of the cache's keys. Raise it with any change to what is kept or how it is computed.
_RECIPE = 1

_logger = logging.getLogger(__name__)


def cached_sample(
    network: FeatureNetwork, dataset: ImageDataset, compute: Callable[[], Sample]
) -> Sample:
    """Returns the cached sample of these images and this network, or computes and caches it.

    The key covers the data's fingerprint (every pixel after preparation, and the labels) and the
    network's hash, name and input. An unreadable file is computed again.
    """
    path = _path("sample", network, dataset)
    arrays = _read(path)
    if arrays is not None:
        try:
            return _sample(arrays, dataset)
        except (KeyError, ValueError) as error:
            _logger.warning("%s: cannot be used, computing it again: %s", path, error)
    sample = compute()
    _keep(path, _sample_arrays(sample))
    return sample


def cached_moments(
    network: FeatureNetwork, dataset: ImageDataset, compute: Callable[[], Sample]
) -> Moments:
    """Works like `cached_sample`, for the moments alone, which fit into a small file."""
    path = _path("moments", network, dataset)
    arrays = _read(path)
    if arrays is not None:
        try:
            return _moments(arrays)
        except (KeyError, ValueError) as error:
            _logger.warning("%s: cannot be used, computing it again: %s", path, error)
    moments = compute().moments
    _keep(path, _moments_arrays(moments))
    return moments


def write_statistics(path: Path, moments: Moments, network: FeatureNetwork) -> None:
    """Writes mean and covariance as pytorch-fid does, with the number of images and the network.

    Raises:
      UserError: the file cannot be written.
    """
    arrays = {
        "mu": moments.mean,
        "sigma": moments.covariance,
        "num_images": np.int64(moments.count),
        "features": np.str_(network.name),
        "features_sha256": np.str_(network.sha256),
    }
    problem = write_npz(path, arrays)
    if problem:
        raise UserError(f"{path}: cannot be written: {problem}")


def read_statistics(path: Path, network: FeatureNetwork) -> Moments:
    """Reads `mu` and `sigma`, or StyleGAN's sums `raw_mean`, `raw_cov`, `num_items`, from an npz.

    As in StyleGAN, the covariance of the sums has ddof 0. Files of other programs do not name the
    network: then only the number of features can be checked.

    Raises:
      UserError: the file cannot be read, or holds statistics of another network.
    """
    arrays = _read_exchanged(path)
    if {"raw_mean", "raw_cov", "num_items"} <= arrays.keys():
        count = int(arrays["num_items"].item())
        mean = np.asarray(arrays["raw_mean"], np.float64) / max(count, 1)
        covariance = arrays["raw_cov"] / max(count, 1)
        if mean.ndim == 1 and covariance.shape == 2 * mean.shape:
            covariance = covariance - np.outer(mean, mean)
    elif {"mu", "sigma"} <= arrays.keys():
        count = int(np.asarray(arrays.get("num_images", 0)).item())
        mean = np.asarray(arrays["mu"], np.float64)
        covariance = np.asarray(arrays["sigma"], np.float64)
    else:
        raise UserError(
            f"{path}: holds {', '.join(arrays) or 'nothing'}; must hold mu and sigma, or raw_mean,"
            " raw_cov and num_items"
        )
    if str(arrays.get("features_sha256", network.sha256)) != network.sha256:
        raise UserError(
            f"{path}: statistics of another network, '{arrays.get('features')}' with SHA-256"
            f" {str(arrays['features_sha256'])[:12]}; got '{network.name}' {network.sha256[:12]}"
        )
    dimension = network.dimension
    if mean.shape != (dimension,) or covariance.shape != (dimension, dimension):
        raise UserError(
            f"{path}: statistics of another network: the mean has shape {mean.shape}, the"
            f" covariance {covariance.shape}; '{network.name}' gives {dimension} features"
        )
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise UserError(f"{path}: mu or sigma is not finite")
    return Moments(count, mean, covariance)


def _read_exchanged(path: Path) -> dict[str, np.ndarray]:
    """Returns the arrays of another program's file.

    Raises:
      UserError: the file cannot be read, or mean, covariance or count are not real numbers.
    """
    check_npz(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    except Exception as error:  # NumPy and zlib raise all kinds of errors on damaged files.
        raise UserError(f"{path}: cannot be read: not an npz file") from error
    for name in ("mu", "sigma", "raw_mean", "raw_cov", "num_items", "num_images"):
        array = arrays.get(name)
        scalar = name.startswith("num")
        if array is not None and (array.dtype.kind not in "iuf" or (scalar and array.size != 1)):
            wanted = "one number" if scalar else "real numbers"
            raise UserError(f"{path}: {name} must be {wanted}, got {array.dtype} {array.shape}")
        if array is not None and not np.isfinite(array).all():
            raise UserError(f"{path}: {name} is not finite")
    return arrays


def _path(kind: str, network: FeatureNetwork, dataset: ImageDataset) -> Path | None:
    parts = (
        _RECIPE,
        network.name,
        network.sha256,
        network.model.inputs[0].shape,
        dataset.fingerprint,
    )
    key = hashlib.sha256(repr(parts).encode()).hexdigest()
    return cached_file("statistics", f"{kind}-{key}.npz")


def _keep(path: Path | None, arrays: dict[str, Any]) -> None:
    problem = write_npz(path, arrays)
    if problem:
        _report_lost(str(path or "statistics of real images"), problem)


@functools.cache  # Each is reported once.
def _report_lost(what: str, problem: str) -> None:
    # The result in memory is sound; only the next run has to compute it again.
    _logger.warning("%s: cannot be saved in the cache: %s", what, problem)


def _read(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        _logger.warning("%s: cannot be read, computing it again: %s", path, error)
        return None


def _moments_arrays(moments: Moments) -> dict[str, Any]:
    arrays: dict[str, Any] = {"count": np.int64(moments.count), "mean": moments.mean}
    arrays["covariance"] = moments.covariance
    return arrays if moments.factor is None else {**arrays, "factor": moments.factor}


def _moments(arrays: dict[str, Any]) -> Moments:
    return Moments(int(arrays["count"]), arrays["mean"], arrays["covariance"], arrays.get("factor"))


def _sample_arrays(sample: Sample) -> dict[str, Any]:
    arrays = _moments_arrays(sample.moments) | {"features": sample.features}
    # The images themselves are left out, since the data set holds them.
    for name in ("indices", "image_indices", "probabilities"):
        value = getattr(sample, name)
        if value is not None:
            arrays[name] = value
    return arrays


def _sample(arrays: dict[str, Any], dataset: ImageDataset) -> Sample:
    moments, labels = _moments(arrays), dataset.labels
    indices, image_indices = arrays["indices"], arrays["image_indices"]
    return Sample(
        moments.count,
        moments,
        arrays["features"],
        arrays.get("probabilities"),
        indices,
        None if labels is None else labels[indices],
        dataset.images[image_indices],
        image_indices,
        None if labels is None else labels[image_indices],
    )
