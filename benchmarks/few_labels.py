"""Measures whether generated images help a classifier where labels are few.

python -m benchmarks.few_labels [SEEDS [FOLDER_OF_LETTERS]]

Data: the bundled digits, Fashion-MNIST where its IDX files are installed, and letters where their
folder (`python -m benchmarks.letters`) is given. A few images per class have labels; the other
training images, at most 20,000, have none. Two conditional GANs are trained:

  few:     on the labelled images alone, with augmentation;
  pseudo:  on all images, labelled by a classifier of the few (Lee 2013), without augmentation.

The same small classifier is then trained with the same number of steps on batches that are, half
and half, labelled images and something else, and tested on held-out real images. Something else is
nothing; images of the first GAN; images of the second; those of the second whose class the
classifier of the few names, too; and, as a control that needs no GAN, the pseudo-labelled real
images themselves. Every batch is shifted at random by up to a tenth of the side.

Prints a table of Markdown. Runs and figures stay in runs/few_labels, and are not repeated.
"""

import json
import sys
from pathlib import Path
from statistics import mean, stdev

import keras
import numpy as np
import yaml

import gan_cli
from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import ImageDataset, open_splits

ROOT = Path(__file__).parent.parent
RUNS = ROOT / "runs" / "few_labels"
FASHION = Path("/usr/share/datasets/fashion-mnist")
GENERATED, UNLABELLED = 5000, 20_000
STEPS, BATCH = 1500, 64
ARMS = ("nothing", "few", "pseudo", "pseudo, filtered", "real, pseudo-labelled")
# Labelled images per class, and thousands of images shown to the second GAN.
SETTINGS = {"digits": ((5, 20), 200), "fashion": ((5, 20), 400), "letters": ((5, 20), 400)}

Labelled = tuple[np.ndarray, np.ndarray]


def main() -> None:
    num_seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    letters = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    print(f"| data | labels per class | {' | '.join(ARMS)} |")
    print("|---" * (2 + len(ARMS)) + "|")
    for name, (counts, kimg) in SETTINGS.items():
        opened = open_data(name, letters)
        if opened is None:
            continue
        for count in counts:
            rows = [accuracies(name, *opened, count, kimg, seed) for seed in range(num_seeds)]
            cells = [figure([100 * row[arm] for row in rows]) for arm in ARMS]
            print(f"| {name} | {count} | {' | '.join(cells)} |", flush=True)


def open_data(name: str, letters: Path | None) -> tuple[ImageDataset, ImageDataset] | None:
    """Returns training and held-out images, or None where the data are not there."""
    if name == "digits":
        config = DataConfig(source="builtin", image_size=(16, 16), holdout_fraction=0.2)
    elif name == "fashion" and FASHION.is_dir():
        config = config_of("idx", FASHION, 28)
    elif name == "letters" and letters is not None:
        config = config_of("folder", letters, 32)
    else:
        return None
    data = open_splits(config)
    return data.train, data.holdout


def config_of(source: str, path: Path, side: int) -> DataConfig:
    """Returns the config of images in files."""
    return DataConfig.model_validate(
        {"source": source, source: {"path": str(path)}, "image_size": (side, side)}
    )


def accuracies(
    name: str, train: ImageDataset, test: ImageDataset, count: int, kimg: int, seed: int
) -> dict[str, float]:
    """Returns the accuracy of the classifier in every arm."""
    folder = RUNS / f"{name}-{count}-{seed}"
    kept = folder / "accuracies.json"
    if kept.exists():
        return json.loads(kept.read_text())
    assert train.labels is not None
    assert test.labels is not None
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(train.images))
    chosen = np.concatenate(
        [order[train.labels[order] == c][:count] for c in range(len(train.class_names))]
    )
    rest = np.setdiff1d(order, chosen)
    rest = rng.permutation(rest)[:UNLABELLED]
    labelled = train.images[chosen], train.labels[chosen]
    first = classifier_of([labelled], train, seed)
    unlabelled = train.images[rest]
    guessed = unlabelled, named(first, unlabelled)
    augmentation = {"name": "diffaugment", "policies": ["translation"]}
    few = generate(folder / "few", labelled, test, kimg / 2, seed, augmentation)
    both = np.concatenate([labelled[0], unlabelled]), np.concatenate([labelled[1], guessed[1]])
    pseudo = generate(folder / "pseudo", both, test, kimg, seed, None)
    agreed = named(first, pseudo[0]) == pseudo[1]
    filtered = pseudo[0][agreed], pseudo[1][agreed]
    others = dict(zip(ARMS, (None, few, pseudo, filtered, guessed), strict=True))
    result = {
        arm: accuracy(
            first if other is None else classifier_of([labelled, other], train, seed), test
        )
        for arm, other in others.items()
    }
    kept.write_text(json.dumps(result))
    return result


def generate(
    folder: Path, real: Labelled, test: ImageDataset, kimg: float, seed: int, augmentation
) -> Labelled:
    """Trains a conditional GAN on labelled images, and returns images and labels that it makes."""
    folder.mkdir(parents=True, exist_ok=True)
    assert test.labels is not None
    np.savez(
        folder / "real.npz",
        images=real[0],
        labels=real[1],
        holdout_images=test.images[:1000],
        holdout_labels=test.labels[:1000],
    )
    config = {
        "name": f"{folder.parent.name}-{folder.name}",
        "seed": seed,
        "data": {"source": "npz", "path": str(folder / "real.npz")},
        "model": {"conditional": True, "generator_channels": 24, "discriminator_channels": 24},
        "objective": {"augmentation": augmentation},
        "training": {"kimg": kimg, "grid_every_kimg": 1000},
        "evaluation": {"every_kimg": 0},
    }
    (folder / "gan.yaml").write_text(yaml.safe_dump(config))
    run = gan_cli.train(folder / "gan.yaml", folder / "run")
    generator = run.generator("latest")
    labels = np.arange(GENERATED, dtype=np.int32) % len(test.class_names)
    # Without `classes`, seeds take every class in turn.
    return generator.images(range(GENERATED)), labels


def classifier_of(sources: list[Labelled], data: ImageDataset, seed: int) -> keras.Model:
    """Returns a small classifier after a fixed number of steps.

    Each batch takes equal parts of all sources.
    """
    keras.utils.set_random_seed(seed)
    classifier = keras.Sequential(
        [
            keras.Input(data.images.shape[1:]),
            keras.layers.Rescaling(1 / 127.5, offset=-1.0),
            keras.layers.RandomTranslation(0.1, 0.1, fill_mode="nearest"),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(len(data.class_names)),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile(keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    rng = np.random.default_rng(seed)
    part = BATCH // len(sources)
    chosen = [rng.integers(0, len(labels), [STEPS, part]) for _, labels in sources]
    images = np.concatenate(
        [x[index] for (x, _), index in zip(sources, chosen, strict=True)], axis=1
    )
    labels = np.concatenate(
        [y[index] for (_, y), index in zip(sources, chosen, strict=True)], axis=1
    )
    images = images.reshape(-1, *images.shape[2:])
    classifier.fit(images, labels.ravel(), batch_size=BATCH, shuffle=False, verbose=0)
    return classifier


def named(classifier: keras.Model, images: np.ndarray) -> np.ndarray:
    """Returns the class that the classifier names for each image, int32 [count]."""
    return classifier.predict(images, batch_size=256, verbose=0).argmax(axis=1).astype(np.int32)


def accuracy(classifier: keras.Model, test: ImageDataset) -> float:
    """Returns the share of held-out images whose class the classifier names."""
    return float((named(classifier, test.images) == test.labels).mean())


def figure(values: list[float]) -> str:
    """Returns mean and sample deviation as text, in per cent."""
    spread = f" ± {stdev(values):.1f}" if len(values) > 1 else ""
    return f"{mean(values):.1f}{spread} %"


if __name__ == "__main__":
    main()
