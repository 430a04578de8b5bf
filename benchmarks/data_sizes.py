"""Compares augmentations for few and many images: the default recipe on parts of Fashion-MNIST.

python -m benchmarks.data_sizes [KIMG [SIZE...]]

Trains on 300, 3,000 and all 60,000 images, or on the SIZEs given, without augmentation and with
each, and scores 10,000 generated images against the 10,000 test images, all in the features of one
classifier, that of the 60,000 images. Runs stay in runs/data_sizes, so that the same command
continues what was interrupted, and docs/data_sizes.md shows all that are there, of whatever length.
"""

import json
import sys
from pathlib import Path

import yaml
from PIL import Image

import gan_cli
from benchmarks.listeners import Messages
from gan_cli.evaluation.images import score_images
from gan_cli.evaluation.requests import ImagesRequest

ROOT = Path(__file__).parent.parent
RUNS = ROOT / "runs" / "data_sizes"
FIGURES = ROOT / "docs" / "figures"
SIZES = (300, 3_000, 60_000)
# Colours say nothing in gray images.
AUGMENTATIONS: dict[str, dict | None] = {
    "none": None,
    "diffaugment": {"name": "diffaugment", "policies": ["translation", "cutout"]},
    "ada": {"name": "ada"},
}
DATA = {"source": "idx", "path": "/usr/share/datasets/fashion-mnist"}
PAGE = """# How many images

The default recipe (`conv`, relativistic loss, lazy R1 and R2) was trained for `kimg` thousand
images on {sizes} images of Fashion-MNIST, without augmentation and with each. 10,000 generated
images are compared with the 10,000 test images, which no run has seen, in the features of a
classifier trained on the 60,000; one seed.

    python -m benchmarks.data_sizes KIMG SIZE

Fréchet distance; in brackets precision and recall:

| images | kimg | {names} |
|---|---|{rules}
"""


def main() -> None:
    kimg = float(sys.argv[1]) if len(sys.argv) > 1 else 300.0
    sizes = [int(size) for size in sys.argv[2:]] or SIZES
    RUNS.mkdir(parents=True, exist_ok=True)
    reference = RUNS / "reference.yaml"
    reference.write_text(yaml.safe_dump({"name": "reference", "data": DATA}))
    for size in sizes:
        for name, augmentation in AUGMENTATIONS.items():
            run(size, name, augmentation, kimg, reference)
            write_page()


def run(size: int, name: str, augmentation: dict | None, kimg: float, reference: Path) -> None:
    """Trains, draws and scores one cell of the table, unless its scores exist."""
    folder = RUNS / f"{size}-{kimg:g}-{name}"
    folder.mkdir(exist_ok=True)
    config = folder / "recipe.yaml"
    picture, samples, out = (folder / file for file in ("grid.png", "samples.npz", "scores.json"))
    if out.exists():
        return
    config.write_text(
        yaml.safe_dump(
            {
                "name": f"{size}-{name}",
                "data": {**DATA, **({} if size == SIZES[-1] else {"max_images": size})},
                "objective": {"augmentation": augmentation},
                # The same whatever processor this is.
                "training": {"kimg": kimg, "grid_every_kimg": 1000, "precision": "float32"},
                "evaluation": {"every_kimg": 0},
            }
        )
    )
    trained = gan_cli.train(config, folder / "run", listener=Messages())
    trained.draw(gan_cli.Grid((3, 12)), "latest").save(picture)
    trained.write(gan_cli.Images(count=10_000), samples, "latest")
    request = ImagesRequest(
        real=str(reference),
        fake=str(samples),
        features="classifier",
        metrics=("frechet", "precision_recall"),
    )
    score_images(request).save(out)


def write_page() -> None:
    """Writes docs/data_sizes.md from the finished runs, with a grid for each."""
    scores: dict[tuple[int, float], dict[str, dict]] = {}
    for file in RUNS.glob("*/scores.json"):
        size_text, kimg_text, name = file.parent.name.split("-")
        row = scores.setdefault((int(size_text), float(kimg_text)), {})
        row[name] = json.loads(file.read_text(encoding="utf-8"))["scores"]
    names = list(AUGMENTATIONS)
    every = [f"{size:,}" for size in sorted({size for size, _ in scores})]
    sizes = " or ".join([", ".join(every[:-1]), every[-1]] if len(every) > 1 else every)
    lines = [PAGE.format(sizes=sizes, names=" | ".join(names), rules="---|" * len(names)).rstrip()]
    for size, kimg in sorted(scores):
        row = scores[size, kimg]
        cells = [cell(row[name]) if name in row else "" for name in names]
        lines.append(f"| {size:,} | {kimg:g} | {' | '.join(cells)} |")
    least = [
        f"`{min(row, key=lambda name: distance(row[name]))}` with {size:,} images"
        for (size, _), row in sorted(scores.items())
        if len(row) == len(names)
    ]
    lines += ["", f"Smallest distance: {', '.join(least)}."] if least else []
    for size, kimg in sorted(scores):
        for name in names:
            if name not in scores[size, kimg]:
                continue
            run_name = f"{size}-{kimg:g}-{name}"
            figure = FIGURES / f"data-{run_name}.png"
            Image.open(RUNS / run_name / "grid.png").convert("L").save(figure, optimize=True)
            title = f"{size:,} images, {kimg:g} kimg, augmentation: {name}"
            lines += ["", f"{title}:", "", f"![{title}](figures/{figure.name})"]
    (ROOT / "docs" / "data_sizes.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def cell(scores: dict) -> str:
    precision, recall = (scores[key]["value"] for key in ("precision", "recall"))
    return f"{distance(scores):.2f} ({precision:.2f}, {recall:.2f})"


def distance(scores: dict) -> float:
    return next(score["value"] for key, score in scores.items() if key.startswith("fd_"))


if __name__ == "__main__":
    main()
