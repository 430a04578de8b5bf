"""`peers_others.py GIVEN.npz FOUND.npz`: the other packages' side of `benchmarks.peers`.

It runs in their own environment, without gan-cli and TensorFlow. What it finds is named
`FIGURE by PACKAGE`.
"""

import sys
from collections.abc import Iterator
from importlib.metadata import version

import numpy as np
import torch
from cleanfid import fid as clean
from cleanfid.resize import make_resizer
from piq import multi_scale_ssim
from prdc import compute_prdc
from pytorch_fid.fid_score import calculate_frechet_distance
from pytorch_msssim import ms_ssim
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import isc_features_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric
from torch_fidelity.metric_prc import prc_features_to_metric

PACKAGES = ("torch-fidelity", "clean-fid", "pytorch-fid", "prdc", "pytorch-msssim", "piq", "scipy")
Given = dict[str, np.ndarray]
Found = Iterator[tuple[str, float | np.ndarray]]


def main(given_file: str, found_file: str) -> None:
    print(", ".join(f"{name} {version(name)}" for name in PACKAGES))
    with np.load(given_file) as file:
        given = dict(file)
    parts = (frechet, kernel, neighbourhoods, inception_score, similarity, resizes)
    found = {name: np.asarray(value) for part in parts for name, value in part(given)}
    np.savez(found_file, **found)  # type: ignore[arg-type]


def frechet(given: Given) -> Found:
    for size in ("many", "few"):
        one, other = (
            fid_features_to_statistics(torch.from_numpy(given[f"{size} {kind}"]))
            for kind in ("real", "generated")
        )
        for name, pair in (("", (one, other)), (", one set", (one, one))):
            figure = f"Fréchet, {size} vectors{name} by "
            found = fid_statistics_to_metric(*pair, verbose=False)
            yield f"{figure}torch-fidelity", found["frechet_inception_distance"]
            four = [array for each in pair for array in (each["mu"], each["sigma"])]
            for package, function in (
                ("clean-fid", clean.frechet_distance),
                ("pytorch-fid", calculate_frechet_distance),
            ):
                try:
                    yield figure + package, float(function(*four))
                except (TypeError, ValueError) as error:
                    # SciPy of today no longer takes the arguments that they give it.
                    print(f"{figure}{package}: {error}")


def kernel(given: Given) -> Found:
    real, generated = given["many real"], given["many generated"]
    found = kid_features_to_metric(
        torch.from_numpy(real),
        torch.from_numpy(generated),
        kid_subsets=100,
        kid_subset_size=1000,
        rng_seed=7,
        verbose=False,
    )
    yield "kernel by torch-fidelity", found["kernel_inception_distance_mean"]
    np.random.seed(7)
    # It draws from its second set first.
    yield "kernel by clean-fid", clean.kernel_distance(generated, real)


def neighbourhoods(given: Given) -> Found:
    real, generated = given["many real"][:2000], given["many generated"][:1500]
    found = prc_features_to_metric(
        torch.from_numpy(generated), torch.from_numpy(real), prc_neighborhood=3, verbose=False
    )
    for name in ("precision", "recall"):
        yield f"{name} by torch-fidelity", found[name]
    for k, names in ((3, ("precision", "recall")), (5, ("density", "coverage"))):
        others = compute_prdc(real, generated, nearest_k=k)
        for name in names:
            yield f"{name} by prdc", others[name]


def inception_score(given: Given) -> Found:
    logits = torch.from_numpy(given["logits"])
    found = isc_features_to_metric(logits, splits=10, shuffle=False)
    yield "Inception score by torch-fidelity", found["inception_score_mean"]


def similarity(given: Given) -> Found:
    for other in ("flower", "noisy temple"):
        for side, scales in ((256, 5), (64, 3)):
            pair = [
                torch.from_numpy(given[name][None, 60 : 60 + side, 200 : 200 + side])
                .permute(0, 3, 1, 2)
                .double()
                for name in ("temple", other)
            ]
            figure = f"MS-SSIM, {side} pixels, {other} by "
            # All five are the packages' default, of which piq leaves the sum of 1.0001.
            weights = torch.tensor([0.0448, 0.2856, 0.3001, 0.2363, 0.1333], dtype=torch.float64)
            fewer = None if scales == 5 else weights[:scales]
            found = multi_scale_ssim(*pair, data_range=255, scale_weights=fewer)
            yield f"{figure}piq", float(found)
            # Of sides below 160 pixels it wants nothing.
            if side > 160:
                # Its own window is of float32, which costs five digits.
                taps = torch.exp(-((torch.arange(11, dtype=torch.float64) - 5) ** 2) / 4.5)
                window = (taps / taps.sum()).repeat(3, 1, 1, 1)
                found = ms_ssim(*pair, data_range=255, win=window)
                yield f"{figure}pytorch-msssim", float(found)


def resizes(given: Given) -> Found:
    bicubic = make_resizer("PIL", False, "bicubic", (299, 299))
    for name in ("temple", "flower", "corner of the temple"):
        planes = torch.from_numpy(given[name]).permute(2, 0, 1)[None].float()
        resized = interpolate_bilinear_2d_like_tensorflow1x(planes, (299, 299), align_corners=False)
        yield f"legacy resize, {name} by torch-fidelity", resized[0].permute(1, 2, 0).numpy()
        yield f"clean resize, {name} by clean-fid", bicubic(given[name])


if __name__ == "__main__":
    main(*sys.argv[1:])
