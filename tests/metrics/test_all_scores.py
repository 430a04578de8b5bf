"""Every metric of the registry, on images whose faults are known."""

import dataclasses
import functools
import json
from types import ModuleType

import keras
import numpy as np
import pytest
from made_images import dataset, stripes
from sklearn.metrics import accuracy_score, confusion_matrix

from gan_cli.errors import UserError
from gan_cli.metrics.comparison import GanAccess
from gan_cli.metrics.evaluation import Evaluation
from gan_cli.metrics.feature_evaluator import FeatureEvaluator
from gan_cli.metrics.features import FEATURE_NETWORKS
from gan_cli.metrics.features import random as random_features
from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.scores import (
    METRICS,
    classification_accuracy,
    ms_ssim,
    path_length,
    sliced_wasserstein,
)

# Digits have 8 pixels, which MS-SSIM does not fit; training a classifier per set takes long.
QUICK = tuple(
    set(METRICS.names)
    - {"ms_ssim", "classification_accuracy", "frechet_infinity", "sliced_wasserstein"}
)
QUICK_ON_IMAGES = tuple(
    name for name in QUICK if not {"discriminator", "generator"} & {*METRICS.load(name).needs}
)
DIRECTIONS = np.random.default_rng(0).normal(size=(16, 64)).astype(np.float32)


def synthesize(latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
    del labels
    return np.tanh(latents @ DIRECTIONS).reshape(-1, 8, 8, 1)


GAN = GanAccess(
    draw_latents=lambda count, rng: rng.normal(size=(count, 16)).astype(np.float32),
    synthesize=synthesize,
    discriminate=lambda images, labels: images.mean(axis=(1, 2, 3)),
)


@pytest.fixture(scope="module")
def evaluator(digits) -> FeatureEvaluator:
    network = FEATURE_NETWORKS.load("classifier")(digits.train, digits.holdout)
    return FeatureEvaluator(network, digits.train, digits.holdout, metrics=QUICK_ON_IMAGES)


@pytest.fixture(scope="module")
def fair(evaluator, digits) -> Evaluation:
    """Of training images, which is what a generator without faults but copying would give."""
    chosen = np.arange(0, len(digits.train.images), 2)
    images, labels = digits.train.images[chosen], digits.train.labels[chosen]
    return evaluator.evaluate([images], labels=labels)


def measure_with(monkeypatch: pytest.MonkeyPatch, score: ModuleType, **parameters: int) -> None:
    """Gives the metric of a module less work than usual."""
    measure = functools.partial(score.measure, **parameters)
    monkeypatch.setattr(score, "METRIC", dataclasses.replace(score.METRIC, measure=measure))


def values(evaluation: Evaluation) -> dict[str, float]:
    return {name: score.value for name, score in evaluation.scores.items()}


def test_every_metric_gives_figures_with_a_source(digits, monkeypatch):
    network = FEATURE_NETWORKS.load("classifier")(digits.train, digits.holdout)
    # Of what is trained on generated images.
    measure_with(monkeypatch, classification_accuracy, steps=60)
    measure_with(monkeypatch, path_length, paths=200)
    measure_with(monkeypatch, sliced_wasserstein, repeats=1)
    evaluator = FeatureEvaluator(network, digits.train, digits.holdout, ("all",), GAN)
    images, labels = digits.train.images[:200], digits.train.labels[:200]
    seen = []
    evaluation = evaluator.evaluate([images], labels=labels, progress=seen.append)
    assert evaluation.skipped == {"ms_ssim": "needs images of at least 11 pixels"}
    assert seen == list(METRICS.names)
    for name, score in evaluation.scores.items():
        assert np.isfinite(score.value), name
        assert score.interval is None or score.interval >= 0, name
        assert score.source, name
        assert 0 < score.count <= 2000, name
        if None not in (score.floor, score.ceiling):
            assert (score.floor > score.ceiling) == score.higher_is_better or (
                # Noise is put into some class too.
                name == "classes_covered"
            ), name
    assert json.loads(json.dumps(dataclasses.asdict(evaluation), allow_nan=False))


@pytest.fixture(scope="module")
def unlabelled(evaluator, digits) -> FeatureEvaluator:
    """For faults that leave classes empty."""
    metrics = tuple(set(QUICK_ON_IMAGES) - {"intra_class", "label_accuracy"})
    return FeatureEvaluator(evaluator.network, digits.train, digits.holdout, metrics=metrics)


def test_a_dropped_class_shows(unlabelled, fair, digits):
    kept = np.flatnonzero(digits.train.labels != 4)
    evaluation = unlabelled.evaluate([digits.train.images[kept[::2]]])
    dropped, whole = values(evaluation), values(fair)
    assert dropped["classes_covered"] == whole["classes_covered"] - 1 == 9
    assert not evaluation.details["class_modes"]["4"]["covered"]
    # All of the mass has moved: KL = -log of what was kept.
    data_share = evaluation.details["class_modes"]["4"]["data_share"]
    assert dropped["label_kl"] == pytest.approx(-np.log(1 - data_share), abs=0.02)
    for name in ("recall", "coverage", "is_classifier", "diversity_classifier"):
        assert dropped[name] < whole[name] - 0.01, name
    for name in ("fd_classifier", "kd_classifier", "ndb", "bins_js"):
        assert dropped[name] > whole[name], name
    # What is left is as good as before.
    assert dropped["precision"] == pytest.approx(whole["precision"], abs=0.03)


def test_a_repeated_image_shows(unlabelled, fair, digits):
    images = np.repeat(digits.train.images[digits.train.labels == 4][:8], 80, axis=0)
    repeated, whole = values(unlabelled.evaluate([images])), values(fair)
    for name in ("recall", "coverage", "diversity_classifier"):
        assert repeated[name] < whole[name] - 0.05, name
    for name in ("fd_classifier", "ndb", "bins_js", "label_kl"):
        assert repeated[name] > 1.5 * whole[name], name
    assert repeated["precision"] > 0.8


def test_copies_show(fair, unlabelled, digits):
    copies, honest = values(fair), values(unlabelled.evaluate([digits.holdout.images]))
    assert copies["auth_pct"] == 0.0
    assert 20 < honest["auth_pct"] < 80
    assert copies["c_t"] < -10
    assert honest["c_t"] == 0.0
    assert copies["near_copies_pct"] == 100.0
    assert honest["near_copies_pct"] < 3
    shown = fair.details["neighbours"]["samples"][3]
    # The fourth image given was training image number 6.
    assert (shown["generated"], shown["train"][0], shown["distances"][0]) == (3, 6, 0.0)
    # Precision and the like are content with copies.
    assert copies["precision"] > 0.9


def test_blurred_copies_still_show(unlabelled, digits):
    noisy = digits.train.images.astype(np.int64)
    noisy += np.random.default_rng(5).integers(-6, 7, noisy.shape)
    found = values(unlabelled.evaluate([np.clip(noisy, 0, 255).astype(np.uint8)]))
    assert found["auth_pct"] < 5
    assert found["c_t"] < -10


def test_noise_shows(unlabelled, fair):
    noise = np.random.default_rng(9).integers(0, 256, (400, 8, 8, 1), dtype=np.uint8)
    noisy, whole = values(unlabelled.evaluate([noise])), values(fair)
    for name in ("precision", "recall", "density", "coverage", "is_classifier"):
        assert noisy[name] < 0.5 * whole[name], name
    for name in ("fd_classifier", "kd_classifier", "ndb", "label_kl"):
        assert noisy[name] > 5 * abs(whole[name]), name
    # Noise copies nothing.
    assert noisy["auth_pct"] > 95
    assert noisy["c_t"] > 5


def test_brighter_images_show(unlabelled, fair, digits):
    brighter = np.clip(digits.train.images.astype(np.int64) + 60, 0, 255).astype(np.uint8)
    shifted, whole = values(unlabelled.evaluate([brighter[::2]])), values(fair)
    for name in ("fd_classifier", "kd_classifier", "ndb"):
        assert shifted[name] > 3 * abs(whole[name]), name
    assert shifted["precision"] < whole["precision"]


def test_swapped_labels_show_within_classes_only(evaluator, fair, digits):
    chosen = np.arange(0, len(digits.train.images), 2)
    images, labels = digits.train.images[chosen], digits.train.labels[chosen]
    wrong = evaluator.evaluate([images], labels=(labels + 1) % 10)
    name = "intra_fd_classifier"
    assert wrong.scores[name].value > 5 * fair.scores[name].value
    assert wrong.scores["fd_classifier"].value == fair.scores["fd_classifier"].value
    by_class = wrong.details["intra_class"]
    assert list(by_class) == list(digits.train.class_names)
    mean = np.mean([each["value"] for each in by_class.values()])
    assert wrong.scores[name].value == pytest.approx(mean)


def test_the_share_of_images_that_show_the_asked_class(evaluator, fair, digits):
    images, labels = digits.holdout.images, digits.holdout.labels
    named = evaluator.network.probabilities(images).argmax(axis=1)
    evaluation = evaluator.evaluate([images], labels=labels)
    score = evaluation.scores["label_accuracy"]
    assert score.value == pytest.approx(accuracy_score(labels, named))
    assert 0.8 < score.value < 1.0
    matrix = confusion_matrix(labels, named)
    details = evaluation.details["label_accuracy"]
    for number, name in enumerate(digits.holdout.class_names):
        right = matrix[number, number]
        others = np.delete(matrix[number], number)
        assert details[name]["accuracy"] == pytest.approx(right / matrix[number].sum())
        taken_for = details[name]["taken_for"]
        assert (taken_for is None) == (others.sum() == 0)
        if taken_for is not None:
            assert matrix[number, digits.holdout.class_names.index(taken_for)] == others.max()
    # The floor is that of held-out images: training images would promise too much.
    assert fair.scores["label_accuracy"].floor == pytest.approx(score.value)
    wrong = evaluator.evaluate([images], labels=(labels + 1) % 10)
    assert wrong.scores["label_accuracy"].value < 0.1


@pytest.mark.parametrize(
    ("metric", "problem"),
    [
        ("class_modes", "needs features: classifier"),
        ("intra_class", "needs images with labels"),
        ("classification_accuracy", "needs images with labels"),
    ],
)
def test_what_cannot_be_had_is_said_before_anything_is_generated(metric, problem, digits):
    train, holdout = (
        dataset(part.images, None, ()) if "labels" in problem else part
        for part in (digits.train, digits.holdout)
    )
    network = random_features.build(train, holdout)
    with pytest.raises(UserError, match=f"metric '{metric}': {problem}"):
        FeatureEvaluator(network, train, holdout, metrics=(metric,))


@pytest.mark.parametrize(
    ("metric", "problem"),
    [
        ("path_length", "needs the generator of a run"),
        ("discriminator_overfitting", "needs the discriminator of a run"),
        ("ms_ssim", "needs images of at least 11 pixels"),
        ("inception_score", "'random' is not a classifier"),
        ("intra_class", "needs a class-conditional generator"),
    ],
)
def test_what_cannot_be_had_for_these_images(metric, problem, digits):
    network = random_features.build(digits.train, digits.holdout)
    evaluator = FeatureEvaluator(network, digits.train, digits.holdout, metrics=(metric,))
    with pytest.raises(UserError, match=f"metric '{metric}': {problem}"):
        evaluator.evaluate([digits.train.images[:20]])


def test_all_skips_what_cannot_be_had(digits):
    network = random_features.build(digits.train, digits.holdout)
    evaluator = FeatureEvaluator(network, None, digits.holdout, metrics=("all",))
    evaluation = evaluator.evaluate([digits.train.images[:20]])
    assert evaluation.skipped["authenticity"] == "needs the training images"
    assert evaluation.skipped["path_length"] == "needs the generator of a run"
    assert evaluation.skipped["inception_score"] == "'random' is not a classifier"
    assert "swd_8" in evaluation.scores


def test_path_lengths_of_a_linear_generator_are_known(digits):
    images = keras.Input((8, 8, 1))
    network = FeatureNetwork("flat", keras.Model(images, keras.layers.Flatten()(images)))
    matrix = DIRECTIONS / 100

    def linear(styles: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        assert labels.shape == (len(styles),)
        return (styles @ matrix).reshape(-1, 8, 8, 1)

    gan = GanAccess(
        draw_latents=GAN.draw_latents,
        draw_labels=lambda count, rng: rng.integers(0, 3, count),
        synthesize=linear,
        map_latents=lambda latents, labels: 2.0 * latents,
        synthesize_styles=linear,
    )
    evaluator = FeatureEvaluator(network, digits.train, digits.holdout, ("path_length",), gan)
    scores = evaluator.evaluate([digits.train.images[:20]]).scores
    # Differences of two normal vectors have variance 2, times 2 squared by the mapping; a pixel in
    # [-1, 1] is 127.5 in [0, 255].
    energy = 127.5**2 * (matrix**2).sum()
    wend = scores["ppl_wend_flat"]
    assert wend.value == pytest.approx(8 * energy, rel=0.05)
    # Latents of length 4 move at 4 times the angle between the two, in any direction of 16.
    angles = np.arccos(np.clip(_cosines(16), -1, 1))
    expected = 16 * (angles**2).mean() * energy / 16
    assert scores["ppl_z_flat"].value == pytest.approx(expected, rel=0.05)
    assert wend.floor is None
    assert wend.count == 1960


def _cosines(dimension: int) -> np.ndarray:
    one, other = np.random.default_rng(1).normal(size=(2, 20_000, dimension))
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return (one * other).sum(axis=1) / lengths


def test_images_that_repeat_one_another_are_alike_by_ms_ssim(monkeypatch):
    measure_with(monkeypatch, ms_ssim, most_pairs=200)
    train = stripes(40, (24, 20, 1), seed=0)
    network = random_features.build(train, train)
    evaluator = FeatureEvaluator(network, train, train, metrics=("ms_ssim",))
    repeated = evaluator.evaluate([np.repeat(train.images[:1], 30, axis=0)]).scores["ms_ssim"]
    varied = evaluator.evaluate([stripes(30, (24, 20, 1), seed=1).images]).scores["ms_ssim"]
    assert repeated.value == pytest.approx(1.0)
    assert varied.value < 0.5
    # Pairs of real images are of one class, and more alike than those of two.
    assert varied.floor > varied.value


def test_a_class_that_cannot_be_told_lowers_the_classification_accuracy(digits, monkeypatch):
    measure_with(monkeypatch, classification_accuracy, steps=200)
    network = random_features.build(digits.train, digits.holdout)
    metrics = ("classification_accuracy",)
    evaluator = FeatureEvaluator(network, digits.train, digits.holdout, metrics=metrics)
    labels = np.where(digits.train.labels == 3, 5, digits.train.labels)
    evaluation = evaluator.evaluate([digits.train.images], labels=labels)
    by_class = evaluation.details["classification_accuracy"]
    assert by_class["3"]["accuracy"] == 0.0
    assert by_class["8"]["accuracy"] > 0.7
    score = evaluation.scores["classification_accuracy"]
    right = sum(each["accuracy"] * each["count"] for each in by_class.values())
    assert score.value == pytest.approx(right / len(digits.holdout.images))
    assert score.value == pytest.approx(score.floor - 0.1, abs=0.04)
    assert score.ceiling == pytest.approx(0.1, abs=0.02)
