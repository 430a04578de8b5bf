"""Measures whether generated images help a classifier where labels are few, on the digits.

python -m benchmarks.few_labels [SEEDS]

For 5, 20 and 80 real images a class: a conditional GAN is trained on them alone, with augmentation,
and makes a labelled set of 2,000 images. The same small classifier is then trained with the
same number of steps on the real images, on the generated ones, and on batches of half and half, and
tested on 359 held-out real digits. Prints a table of Markdown. Runs stay in runs/few_labels.
"""

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
PER_CLASS = (5, 20, 80)
GENERATED = 2000
STEPS, BATCH = 1500, 64


def main() -> None:
    num_seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    data = open_splits(DataConfig(source="builtin", image_size=(16, 16), holdout_fraction=0.2))
    print("| real images a class | real | generated | half and half |\n|---|---|---|---|")
    for count in PER_CLASS:
        rows = [accuracies(data.train, data.holdout, count, seed) for seed in range(num_seeds)]
        cells = [figure([100 * row[i] for row in rows]) for i in range(3)]
        print(f"| {count} | {' | '.join(cells)} |", flush=True)


def accuracies(
    train: ImageDataset, test: ImageDataset, count: int, seed: int
) -> tuple[float, float, float]:
    """Returns the accuracies of classifiers trained on real images, on generated ones, on both."""
    assert train.labels is not None
    rng = np.random.default_rng(seed)
    chosen = np.concatenate(
        [rng.permutation(np.flatnonzero(train.labels == c))[:count] for c in range(10)]
    )
    real = train.images[chosen], train.labels[chosen]
    generated = generate(real, test, count, seed)
    return (
        accuracy([real], test, seed),
        accuracy([generated], test, seed),
        accuracy([real, generated], test, seed),
    )


def generate(real, test: ImageDataset, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Trains a GAN on the real images, and returns images and labels that it makes."""
    folder = RUNS / f"{count}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    assert test.labels is not None
    np.savez(
        folder / "real.npz",
        images=real[0],
        labels=real[1],
        holdout_images=test.images,
        holdout_labels=test.labels,
    )
    config = {
        "name": f"few-{count}-{seed}",
        "seed": seed,
        "data": {"source": "npz", "path": str(folder / "real.npz")},
        "model": {"conditional": True, "generator_channels": 24, "discriminator_channels": 24},
        # Not cutout, which hides a third of a digit, nor colours, of which there are none.
        "objective": {"augmentation": {"name": "diffaugment", "policies": ["translation"]}},
        "training": {"kimg": 150, "grid_every_kimg": 1000},
        "evaluation": {"every_kimg": 0},
    }
    (folder / "few.yaml").write_text(yaml.safe_dump(config))
    run = gan_cli.train(folder / "few.yaml", folder / "run")
    run.write(gan_cli.Dataset(GENERATED), folder / "set", "latest")
    images = keras.utils.image_dataset_from_directory(
        folder / "set" / "train",
        image_size=real[0].shape[1:3],
        color_mode="grayscale",
        batch_size=None,
        shuffle=False,
        verbose=False,
    )
    pairs = [(image.numpy(), int(label)) for image, label in images]
    return np.stack([p[0] for p in pairs]), np.array([p[1] for p in pairs])


def accuracy(sources, test: ImageDataset, seed: int) -> float:
    """Returns the accuracy of a small classifier after a fixed number of steps.

    Each batch takes equal parts of all sources.
    """
    keras.utils.set_random_seed(seed)
    classifier = keras.Sequential(
        [
            keras.Input(test.images.shape[1:]),
            keras.layers.Rescaling(1 / 127.5, offset=-1.0),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10),
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
    images = images.reshape(-1, *images.shape[2:]).astype(np.float32)
    classifier.fit(images, labels.ravel(), batch_size=BATCH, shuffle=False, verbose=0)
    return classifier.evaluate(test.images.astype(np.float32), test.labels, verbose=0)[1]


def figure(values: list[float]) -> str:
    """Returns mean and sample deviation as text, in per cent."""
    spread = f" ± {stdev(values):.1f}" if len(values) > 1 else ""
    return f"{mean(values):.1f}{spread} %"


if __name__ == "__main__":
    main()
