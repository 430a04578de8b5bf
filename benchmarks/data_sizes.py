"""Which augmentation suits how many images: the default recipe on parts of Fashion-MNIST.

python -m benchmarks.data_sizes [KIMG]

Trains through `gan-train` on 300, 3,000 and all 60,000 images, without augmentation and with each,
and scores 10,000 generated images against the 10,000 test images with `gan-eval`, all in the
features of one classifier, that of the 60,000 images. Writes docs/data_sizes.md and a grid for each
run to docs/figures. Runs stay in runs/data_sizes.
"""

import json
import sys
from pathlib import Path

import yaml
from PIL import Image

from benchmarks.commands import call

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

The default recipe (`conv`, relativistic loss, lazy R1 and R2) was shown {kimg:g} thousand images of
Fashion-MNIST, of which it had 300, 3,000 or all 60,000 to choose from. 10,000 generated images of
the last checkpoint against the 10,000 test images, which no run has seen, in the features of the
classifier of the 60,000; one seed.

    python -m benchmarks.data_sizes {kimg:g}

Fréchet distance; in brackets precision and recall:

| images | {names} |
|---|{rules}
"""


def main() -> None:
    kimg = float(sys.argv[1]) if len(sys.argv) > 1 else 300.0
    scores: dict[tuple[int, str], dict] = {}
    RUNS.mkdir(parents=True, exist_ok=True)
    reference = RUNS / "reference.yaml"
    reference.write_text(yaml.safe_dump({"name": "reference", "data": DATA}))
    for size in SIZES:
        for name, augmentation in AUGMENTATIONS.items():
            scores[size, name] = run(size, name, augmentation, kimg, reference)
            write_page(kimg, scores)


def run(size: int, name: str, augmentation: dict | None, kimg: float, reference: Path) -> dict:
    """Trains, draws and scores one cell; returns its scores by name."""
    folder = RUNS / f"{size}-{name}"
    folder.mkdir(exist_ok=True)
    config = folder / "recipe.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "name": f"{size}-{name}",
                "data": {**DATA, **({} if size == SIZES[-1] else {"max_images": size})},
                "objective": {"augmentation": augmentation},
                "training": {"kimg": kimg, "grid_every_kimg": 1000},
                "evaluation": {"every_kimg": 0},
            }
        )
    )
    flags = ["--run_dir", str(folder / "run")]
    call("train", "--config", str(config), *flags)
    picture, samples, out = (folder / file for file in ("grid.png", "samples.npz", "scores.json"))
    call("sample", *flags, "--checkpoint", "latest", "--grid", "3x12", "--out", str(picture))
    Image.open(picture).convert("L").save(FIGURES / f"data-{size}-{name}.png", optimize=True)
    if not samples.exists():
        call("sample", *flags, "--checkpoint=latest", "--until=10000", "--out", str(samples))
    scored = ["--real", str(reference), "--fake", str(samples), "--features", "classifier"]
    call("eval", *scored, "--metrics", "frechet,precision_recall", "--out", str(out))
    return json.loads(out.read_text(encoding="utf-8"))["scores"]


def write_page(kimg: float, scores: dict[tuple[int, str], dict]) -> None:
    """Writes docs/data_sizes.md anew, after each cell."""
    names = list(AUGMENTATIONS)
    lines = [PAGE.format(kimg=kimg, names=" | ".join(names), rules="---|" * len(names)).rstrip()]
    for size in SIZES:
        cells = [cell(scores[size, name]) if (size, name) in scores else "" for name in names]
        lines.append(f"| {size:,} | {' | '.join(cells)} |")
    for size, name in scores:
        title = f"{size:,} images, augmentation: {name}"
        lines += ["", f"{title}:", "", f"![{title}](figures/data-{size}-{name}.png)"]
    (ROOT / "docs" / "data_sizes.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def cell(scores: dict) -> str:
    distance = next(key for key in scores if key.startswith("fd_"))
    precision, recall = (scores[key]["value"] for key in ("precision", "recall"))
    return f"{scores[distance]['value']:.2f} ({precision:.2f}, {recall:.2f})"


if __name__ == "__main__":
    main()
