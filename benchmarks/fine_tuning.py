"""Compares training on few images from scratch with fine-tuning a run on other images.

python -m benchmarks.fine_tuning [CLASS [SEEDS [KIMG]]]

Trains on 300 images of one class of Fashion-MNIST, number CLASS (8: bags), with each of SEEDS (3)
seeds: from scratch for KIMG (240) thousand images, and for a third of that from the weights of a
run on the nine other classes, also with the discriminator's first layers frozen. Every 8 kimg,
5,000 generated images are compared with all images of the class that no run was trained on, in the
features of a classifier of all ten classes. Runs stay in runs/fine_tuning, so that the same command
continues what was interrupted. Writes the class's table, curves and grids of docs/fine_tuning.md.
"""

import json
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import yaml
from matplotlib.figure import Figure
from PIL import Image

import gan_cli
from benchmarks.listeners import Messages
from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import DataSplits, open_splits
from gan_cli.metrics.features import classifier
from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import Moments, moments_of

ROOT = Path(__file__).parent.parent
RUNS = ROOT / "runs" / "fine_tuning"
FIGURES = ROOT / "docs" / "figures"
PAGE = ROOT / "docs" / "fine_tuning.md"
NAMES = (
    *("top", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "boot"),
)
DATA = {"source": "idx", "path": "/usr/share/datasets/fashion-mnist"}
LEVELS = (2.0, 1.0, 0.75, 0.67, 0.6)
IMAGES, GENERATED = 300, 5_000
CHECKPOINT_KIMG, SOURCE_KIMG = 8, 600
# What is written into a run's config, by the name of the way to start.
WAYS: dict[str, dict] = {
    "scratch": {},
    "fine-tuned": {"init_from": "{source}"},
    "frozen": {"init_from": "{source}", "freeze": {"discriminator": 2}},
}
TITLES = {
    "scratch": "from scratch",
    "fine-tuned": "fine-tuned",
    "frozen": "fine-tuned, `freeze: {discriminator: 2}`",
}
# From kimg to the Fréchet distance.
Curve = dict[float, float]


def main() -> None:
    chosen = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    num_seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    kimg = float(sys.argv[3]) if len(sys.argv) > 3 else 240.0
    everything = open_splits(DataConfig.model_validate(DATA, strict=False))
    folder = RUNS / f"{NAMES[chosen]}-{kimg:g}"
    folder.mkdir(parents=True, exist_ok=True)
    unseen = write_data(everything, chosen, folder)
    network = classifier.build(everything.train, everything.holdout)
    real = moments_of(network.features([unseen]))
    source = folder / "source"
    train(folder / "others.npz", source, 0, {"kimg": SOURCE_KIMG}, augmentation=None)
    curves: dict[str, list[Curve]] = {way: [] for way in WAYS}
    for seed in range(num_seeds):
        for way, settings in WAYS.items():
            given = {
                key: value.format(source=source) if isinstance(value, str) else value
                for key, value in settings.items()
            }
            length = kimg / 3 if settings else kimg
            run = folder / f"{way}-{seed}"
            curves[way].append(scored(run, seed, length, given, network, real))
            print(f"{way}, seed {seed}: {distance_at_end(curves[way][-1]):.2f}", flush=True)
            write_page(NAMES[chosen], {way: runs for way, runs in curves.items() if runs})
            picture = Image.open(folder / f"{way}-0" / "grid.png").convert("L")
            picture.save(FIGURES / f"fine-tuning-{NAMES[chosen]}-{way}.png", optimize=True)


def write_data(everything: DataSplits, chosen: int, folder: Path) -> np.ndarray:
    """Writes the few images of the class and all images of the others; returns the class's rest."""
    train, test = everything.train, everything.holdout
    assert train.labels is not None
    assert test.labels is not None
    own = np.flatnonzero(train.labels == chosen)
    few = np.sort(np.random.default_rng(0).permutation(own)[:IMAGES])
    others = np.flatnonzero(train.labels != chosen)
    for name, which, held_out in (
        ("few", few, test.labels == chosen),
        ("others", others, test.labels != chosen),
    ):
        if not (folder / f"{name}.npz").exists():
            np.savez(
                folder / f"{name}.npz",
                images=train.images[which],
                holdout_images=test.images[held_out],
            )
    rest = np.setdiff1d(own, few)
    return np.concatenate([train.images[rest], test.images[test.labels == chosen]])


def train(
    data: Path, run: Path, seed: int, training: Mapping[str, object], augmentation: str | None
) -> gan_cli.Run:
    """Trains the default recipe, or continues."""
    config = {
        "name": run.name,
        "seed": seed,
        "data": {"source": "npz", "path": str(data)},
        "objective": {"augmentation": None if augmentation is None else {"name": augmentation}},
        # The same whatever processor this is.
        "training": {"precision": "float32", "grid_every_kimg": 1000, **training},
        "evaluation": {"every_kimg": 0},
    }
    recipe = run.with_suffix(".yaml")
    recipe.write_text(yaml.safe_dump(config))
    return gan_cli.train(recipe, run, listener=Messages())


def scored(
    run: Path,
    seed: int,
    kimg: float,
    settings: Mapping[str, object],
    network: FeatureNetwork,
    real: Moments,
) -> Curve:
    """Trains one run and scores its checkpoints, unless that is done."""
    done = run / "curve.json"
    if done.exists():
        return {float(at): value for at, value in json.loads(done.read_text()).items()}
    training = {
        "kimg": kimg,
        "checkpoint_every_kimg": CHECKPOINT_KIMG,
        "keep_checkpoints": 1000,
        **settings,
    }
    trained = train(run.parent / "few.npz", run, seed, training, "ada")
    curve: Curve = {}
    for checkpoint in trained.checkpoints():
        images = run / "generated.npz"
        trained.write(gan_cli.Images(count=GENERATED), images, checkpoint.name)
        with np.load(images) as file:
            generated = moments_of(network.features([file["images"]]))
        images.unlink()
        curve[checkpoint.kimg] = frechet_distance(real, generated)
    trained.draw(gan_cli.Grid((3, 12)), "latest").save(run / "grid.png")
    done.write_text(json.dumps(curve))
    for checkpoint in trained.checkpoints()[:-1]:
        shutil.rmtree(checkpoint.path)
    return curve


def first_at_most(curve: Curve, distance: float) -> float | None:
    """Returns the kimg from which on a run has once been so near; None: never."""
    return next((at for at, value in curve.items() if value <= distance), None)


def write_page(name: str, curves: dict[str, list[Curve]]) -> None:
    """Writes what docs/fine_tuning.md says of a class, between the comments with its name."""
    goal = mean(distance_at_end(curve) for curve in curves["scratch"])
    lines = ["| start | seeds | kimg | distance at the end |", "|---|---|---|---|"]
    for way, runs in curves.items():
        ends = figure([distance_at_end(curve) for curve in runs])
        lines.append(f"| {TITLES[way]} | {len(runs)} | {max(runs[0]):g} | {ends} |")
    lines += [
        "",
        "Thousands of images until a run is first as near as that, by seed:",
        "",
        f"| distance | {' | '.join(TITLES[way] for way in curves)} |",
        "|---|" + "---|" * len(curves),
    ]
    for distance in (*(level for level in LEVELS if level > goal), goal):
        cells = [
            ", ".join(map(kimg_text, (first_at_most(c, distance) for c in runs)))
            for runs in curves.values()
        ]
        lines.append(f"| {distance:.2f} | {' | '.join(cells)} |")
    draw_curves(curves, FIGURES / f"fine-tuning-{name}-curves.png")
    lines += ["", f"![Fréchet distance by kimg](figures/fine-tuning-{name}-curves.png)"]
    for way, runs in curves.items():
        lines += ["", f"{TITLES[way].capitalize()}, {max(runs[0]):g} kimg, seed 0:", ""]
        lines += [f"![{name}, {way}](figures/fine-tuning-{name}-{way}.png)"]
    text = PAGE.read_text(encoding="utf-8")
    # The part of the page that this program writes.
    section = re.compile(rf"(?<=<!-- measured: {name} -->\n).*?(?=<!-- end -->)", re.DOTALL)
    PAGE.write_text(section.sub(lambda _: "\n".join(["", *lines, "", ""]), text), encoding="utf-8")


def kimg_text(kimg: float | None) -> str:
    return "not reached" if kimg is None else f"{kimg:.0f}"


def distance_at_end(curve: Curve) -> float:
    return curve[max(curve)]


def draw_curves(curves: dict[str, list[Curve]], path: Path) -> None:
    axes_figure = Figure(figsize=(6, 3.4), layout="constrained")
    axes = axes_figure.add_subplot()
    for index, (way, runs) in enumerate(curves.items()):
        for number, curve in enumerate(runs):
            label = way if number == 0 else None
            axes.plot(list(curve), list(curve.values()), color=f"C{index}", lw=1, label=label)
    axes.set(xlabel="thousands of images shown (kimg)", ylabel="Fréchet distance", yscale="log")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    axes_figure.savefig(path, dpi=110)


def figure(values: list[float]) -> str:
    """Returns mean and sample deviation as text."""
    return f"{mean(values):.2f}" + (f" ± {stdev(values):.2f}" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
