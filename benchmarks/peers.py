"""Compares metrics with those of other packages, on the same features and photographs.

make peers
python -m benchmarks.peers [PYTHON]

The others bring PyTorch, which does not go into one process with TensorFlow: they have an
environment of their own, `.peers`, whose Python runs `benchmarks/peers_others.py`. They get float64
features, in which all of them can count; their own networks, whose weights have to be downloaded,
are left out.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import cast

import numpy as np
import tensorflow as tf
from scipy.special import softmax
from sklearn.datasets import load_sample_images

from gan_cli.metrics.features.inception import clean_resize, legacy_resize
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.kernel_distance import kernel_distance
from gan_cli.metrics.maths.manifold import RealManifold
from gan_cli.metrics.maths.moments import moments_of
from gan_cli.metrics.maths.similarity import ms_ssim
from gan_cli.metrics.scores.inception_score import inception_score

OTHERS = Path(__file__).with_name("peers_others.py")
SIDE = 32


def main(python: str) -> None:
    given = inputs()
    ours = figures(given)
    with tempfile.TemporaryDirectory() as folder:
        given_file, found_file = Path(folder) / "given.npz", Path(folder) / "found.npz"
        np.savez(given_file, **given)  # type: ignore[arg-type]
        subprocess.run([python, OTHERS, given_file, found_file], check=True)
        with np.load(found_file) as file:
            theirs = dict(file)
    print(f"{'figure':36}{'other package':20}{'gan-cli':>17}{'other':>17}  difference")
    for name, value in theirs.items():
        figure, _, package = name.partition(" by ")
        mine = np.asarray(ours[figure], np.float64)
        if value.ndim:
            difference = f"at most {np.abs(mine - value).max():.1g} of 255"
            print(f"{figure:36}{package:54}  {difference}")
        else:
            relative = f"{abs(mine - value) / abs(value):.0e}" if abs(value) > 1e-5 else "-"
            print(f"{figure:36}{package:20}{mine:17.10g}{value:17.10g}  {relative}")


def inputs() -> dict[str, np.ndarray]:
    """Returns features and logits, float64 [count, dimension], and photographs, uint8 [h, w, 3]."""
    china, flower = load_sample_images().images
    noise = np.random.default_rng(0).normal(0.0, 20.0, china.shape)
    return {
        "many real": draw(5000, 256, 1),
        "many generated": draw(5000, 256, 2),
        # Fewer than dimensions.
        "few real": draw(300, 512, 1),
        "few generated": draw(300, 512, 2),
        "logits": 2.0 * np.random.default_rng(0).standard_normal((5000, 1008)),
        "temple": china,
        "flower": flower,
        "noisy temple": np.clip(china + noise, 0, 255).astype(np.uint8),
        "corner of the temple": china[:SIDE, : SIDE + 8],
    }


def draw(count: int, dimension: int, seed: int) -> np.ndarray:
    """Returns correlated features, rectified as those of networks are."""
    mixing = np.random.default_rng(0).standard_normal((dimension, dimension)) / dimension**0.5
    mixing *= np.linspace(1.0, 0.05, dimension)[:, None]
    drawn = np.random.default_rng(seed).standard_normal((count, dimension))
    return np.maximum(drawn @ mixing + 0.02 * seed, 0.0)


def figures(given: dict[str, np.ndarray]) -> dict[str, float | np.ndarray]:
    found: dict[str, float | np.ndarray] = {}
    for size in ("many", "few"):
        sets = [moments_of(given[f"{size} {kind}"]) for kind in ("real", "generated")]
        found[f"Fréchet, {size} vectors"] = frechet_distance(*sets)
        found[f"Fréchet, {size} vectors, one set"] = frechet_distance(sets[0], sets[0])
    real, generated = given["many real"], given["many generated"]
    # The same subsets: all draw them in the same way from a generator of NumPy's older kind.
    older = cast(np.random.Generator, np.random.RandomState(7))
    found["kernel"], _ = kernel_distance(real, generated, older)
    near = RealManifold(real[:2000]).compare(generated[:1500])
    for name in ("precision", "recall", "density", "coverage"):
        found[name] = float(getattr(near, name).mean())
    found["Inception score"] = float(inception_score(softmax(given["logits"], axis=1)).mean())
    for other in ("flower", "noisy temple"):
        for side in (256, 64):
            pair = [
                given[name][None, 60 : 60 + side, 200 : 200 + side] for name in ("temple", other)
            ]
            found[f"MS-SSIM, {side} pixels, {other}"] = float(ms_ssim(*pair)[0])
    for name in ("temple", "flower", "corner of the temple"):
        batch = tf.constant(given[name][None], tf.float32)
        for mode, resize in (("legacy", legacy_resize), ("clean", clean_resize)):
            # Back from what the network takes in.
            found[f"{mode} resize, {name}"] = resize(batch)[0].numpy() * 128.0 + 128.0
    return found


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else ".peers/bin/python")
