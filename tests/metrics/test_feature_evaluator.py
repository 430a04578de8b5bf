"""The evaluator: what it reports, and that the order of what it reports is right."""

import dataclasses

import keras
import numpy as np
import pytest
from made_images import dataset

from gan_cli.data.dataset import ImageDataset
from gan_cli.errors import UserError
from gan_cli.metrics.against_statistics import score_against
from gan_cli.metrics.evaluation import separates
from gan_cli.metrics.feature_evaluator import FeatureEvaluator
from gan_cli.metrics.features import FEATURE_NETWORKS
from gan_cli.metrics.features import random as random_features
from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.interpretation import interpret
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import moments_of


@pytest.fixture(scope="module", params=["classifier", "random"])
def evaluator(request, digits) -> FeatureEvaluator:
    network = FEATURE_NETWORKS.load(request.param)(digits.train, digits.holdout)
    return FeatureEvaluator(network, digits.train, digits.holdout)


@pytest.fixture(scope="module")
def random_evaluator(digits) -> FeatureEvaluator:
    network = random_features.build(digits.train, digits.holdout)
    return FeatureEvaluator(network, digits.train, digits.holdout)


def batches_of(images: np.ndarray):
    return (images[start : start + 100] for start in range(0, len(images), 100))


def test_frechet_is_the_distance_to_all_held_out_images(evaluator, digits):
    images = digits.train.images[:250]
    network = evaluator.network
    expected = frechet_distance(
        moments_of(network.features(digits.holdout.images)), moments_of(network.features(images))
    )
    assert evaluator.frechet(batches_of(images)) == pytest.approx(expected, rel=1e-9)


def test_training_images_score_near_the_floor(evaluator, digits):
    scores = evaluator.evaluate(batches_of(digits.train.images[:600])).scores
    name = evaluator.network.name
    assert list(scores) == [
        f"fd_{name}",
        f"kd_{name}",
        "precision",
        "recall",
        "density",
        "coverage",
        "checkerboard",
    ]
    for metric, score in scores.items():
        distance = metric.startswith(("fd_", "kd_", "checkerboard"))
        assert score.higher_is_better == (not distance)
        assert score.interval >= 0
        from_floor = abs(score.value - score.floor)
        assert from_floor < 0.15 * abs(score.ceiling - score.floor), metric
        # Noise is worse than real images, by every metric.
        assert (score.ceiling < score.floor) == score.higher_is_better, metric


def test_noise_scores_like_the_ceiling(evaluator, digits):
    noise = np.random.default_rng(9).integers(0, 256, (400, 8, 8, 1), dtype=np.uint8)
    for metric, score in evaluator.evaluate([noise]).scores.items():
        assert abs(score.value - score.ceiling) < 0.1 * abs(score.floor - score.ceiling), metric


def test_counts_say_how_many_images_were_used(random_evaluator, digits):
    evaluation = random_evaluator.evaluate([digits.train.images[:50]])
    assert evaluation.num_generated == evaluation.num_floor == 50
    assert evaluation.num_reference == len(digits.holdout.images)
    twice = np.concatenate([digits.train.images] * 2)
    assert random_evaluator.evaluate([twice]).num_floor == len(digits.train.images)


def test_class_shares_follow_the_labels(digits):
    network = FEATURE_NETWORKS.load("classifier")(digits.train, digits.holdout)
    labels = digits.train.labels
    images = digits.train.images[(labels == 3) | (labels == 7)]
    shares = FeatureEvaluator(network, digits.train, digits.holdout).evaluate([images]).class_shares
    assert list(shares) == list(digits.train.class_names)
    assert sum(shares.values()) == pytest.approx(1.0)
    actual = np.mean(labels[(labels == 3) | (labels == 7)] == 3)
    assert shares["3"] == pytest.approx(actual, abs=0.03)
    assert shares["7"] == pytest.approx(1 - actual, abs=0.03)


def test_a_network_without_classes_gives_no_shares(random_evaluator, digits):
    assert random_evaluator.evaluate([digits.train.images[:20]]).class_shares == {}


def test_the_seed_decides_everything(random_evaluator, digits):
    images = [digits.train.images[:60]]
    assert random_evaluator.evaluate(images, 1) == random_evaluator.evaluate(images, 1)
    assert random_evaluator.evaluate(images, 1) != random_evaluator.evaluate(images, 2)


def test_too_few_images(random_evaluator, digits):
    with pytest.raises(UserError, match="at least 10 generated images"):
        random_evaluator.evaluate([digits.train.images[:9]])
    few = dataset(digits.holdout.images[:5], None, ())
    with pytest.raises(UserError, match="at least 6 held-out images"):
        FeatureEvaluator(random_evaluator.network, digits.train, few)


def test_a_figure_does_not_depend_on_which_others_are_taken(random_evaluator, digits):
    images = [digits.train.images[:60]]
    parts = (random_evaluator.network, digits.train, digits.holdout)
    alone = FeatureEvaluator(*parts, metrics=("kernel",)).evaluate(images).scores
    assert list(alone) == ["kd_random"]
    assert alone["kd_random"] == random_evaluator.evaluate(images).scores["kd_random"]


def test_without_training_images_half_of_the_real_ones_are_the_floor(random_evaluator, digits):
    network, real = random_evaluator.network, digits.holdout.images
    evaluation = FeatureEvaluator(network, None, digits.holdout).evaluate(
        [digits.train.images[:60]], seed=5
    )
    order = np.random.default_rng([5, 4]).permutation(len(real))
    one, other = order[: len(real) // 2][:60], order[len(real) // 2 :]
    expected = frechet_distance(
        moments_of(network.features(real[np.sort(other)])),
        moments_of(network.features(real[np.sort(one)])),
    )
    assert (evaluation.num_floor, evaluation.floor_of) == (60, "one half against the other")
    assert evaluation.scores["fd_random"].floor == pytest.approx(expected, rel=1e-6)
    for score in evaluation.scores.values():
        assert None not in (score.floor, score.ceiling)
    assert any("The floor compares 60 of the real" in line for line in interpret(evaluation, "x"))


def test_too_few_real_images_have_no_floor(random_evaluator, digits):
    few = dataset(digits.holdout.images[:11], None, ())
    evaluation = FeatureEvaluator(random_evaluator.network, None, few).evaluate(
        [digits.train.images[:60]]
    )
    assert evaluation.num_floor == 0
    assert {score.floor for score in evaluation.scores.values()} == {None}
    assert {score.separates for score in evaluation.scores.values()} == {None}


def test_halves_of_labelled_images_keep_their_labels(digits):
    network = FEATURE_NETWORKS.load("classifier")(digits.train, digits.holdout)
    evaluator = FeatureEvaluator(network, None, digits.holdout, ("intra_class", "class_modes"))
    labels = digits.train.labels[:120]
    scores = evaluator.evaluate([digits.train.images[:120]], labels=labels).scores
    # Permuted labels would be as far apart as the classes are.
    assert scores["intra_fd_classifier"].floor < 0.5 * scores["intra_fd_classifier"].ceiling
    assert scores["classes_covered"].floor == 10


def test_features_that_cannot_tell_noise_from_real_images_are_said_to(digits):
    """Real images that are noise themselves: floor and ceiling are the same."""
    noise = np.random.default_rng(0).integers(0, 256, (600, 16, 16, 1), np.uint8)
    real = dataset(noise[:300], None, ())
    evaluator = FeatureEvaluator(random_features.build(real, real), None, real)
    evaluation = evaluator.evaluate([noise[300:]])
    assert {n for n, score in evaluation.scores.items() if score.separates is False} >= {
        "fd_random", "precision", "recall", "density", "coverage",
    }  # fmt: skip
    first = interpret(evaluation, "random")[0]
    assert first.startswith("fd_random (floor ")
    assert " mean nothing with these features ('random'): floor and ceiling hardly differ." in first
    assert not any("Quality is lacking" in line for line in interpret(evaluation, "random"))


@pytest.mark.parametrize(
    ("floor", "ceiling", "higher_is_better", "expected"),
    [
        (0.97, 0.92, True, False),
        (0.97, 0.80, True, True),
        (0.80, 0.97, True, False),
        (0.4, 90.0, False, True),
        (0.4, 0.42, False, False),
        (0.0, 0.0, False, False),
        (None, 0.9, True, None),
        (0.9, None, True, None),
    ],
)
def test_floor_and_ceiling_separate_by_a_tenth(floor, ceiling, higher_is_better, expected):
    assert separates(floor, ceiling, higher_is_better) is expected


def test_floor_and_ceiling_separate_by_more_than_chance():
    assert separates(-1e-5, 3e-5, False, interval=1e-4) is False
    assert separates(-1e-5, 3e-3, False, interval=1e-4) is True


def test_scores_say_where_they_come_from(random_evaluator, digits):
    scores = random_evaluator.evaluate([digits.train.images[:60]]).scores
    assert scores["fd_random"].source.startswith("Heusel et al. 2017")
    assert all(score.count == 60 for score in scores.values())


def test_against_statistics_alone(random_evaluator, digits):
    network, images = random_evaluator.network, digits.train.images[:100]
    moments = moments_of(network.features(digits.holdout.images))
    score = score_against(moments, network, [images]).scores["fd_random"]
    assert score.value == pytest.approx(random_evaluator.frechet([images]), rel=1e-9)
    assert (score.interval, score.floor, score.ceiling) == (None, None, None)
    with pytest.raises(UserError, match="at least 10 generated images"):
        score_against(moments, network, [images[:9]])


@pytest.mark.parametrize(
    ("generated", "problem"),
    [
        ([np.zeros((9, 8, 8, 3), np.uint8)], r"takes uint8 images of shape \(8, 8, 1\), got"),
        ([], "generated images: at least 2 images are needed, got 0"),
    ],
)
def test_images_that_cannot_be_scored(random_evaluator, generated, problem):
    with pytest.raises(UserError, match=problem):
        random_evaluator.evaluate(generated)


def test_features_that_are_not_finite(digits):
    images = keras.Input((8, 8, 1))
    broken = keras.layers.GlobalAveragePooling2D()(images / 0.0)
    network = FeatureNetwork("broken", keras.Model(images, broken))
    evaluator = FeatureEvaluator(network, digits.train, digits.holdout)
    with pytest.raises(UserError, match="generated images: features are not finite"):
        evaluator.evaluate([digits.train.images[:20]])


def test_features_of_training_images_that_are_not_finite(digits):
    images = keras.Input((8, 8, 1))
    # Not finite for a white image alone.
    broken = 1.0 / (255.0 - keras.layers.GlobalAveragePooling2D()(images))
    network = FeatureNetwork("broken", keras.Model(images, broken))
    white = np.full((1, 8, 8, 1), 255, np.uint8)
    train = ImageDataset(np.concatenate([digits.train.images[:30], white]), None, (), "white")
    evaluator = FeatureEvaluator(network, train, digits.holdout, ("frechet",))
    with pytest.raises(UserError, match="real images: features are not finite"):
        evaluator.evaluate([digits.train.images[:40]])


def test_statistics_in_place_of_the_held_out_images(random_evaluator, digits):
    network, images = random_evaluator.network, digits.train.images[:60]
    statistics = moments_of(network.features(digits.train.images[500:900]))
    evaluator = FeatureEvaluator(
        network, None, digits.holdout, ("frechet", "kernel"), None, statistics
    )
    scores = evaluator.evaluate([images]).scores
    expected = frechet_distance(statistics, moments_of(network.features(images)))
    assert scores["fd_random"].value == pytest.approx(expected, rel=1e-9)
    # The vectors behind them are not known, and the kernel distance needs vectors.
    assert scores["fd_random"].interval is None
    assert scores["kd_random"] == dataclasses.replace(
        random_evaluator.evaluate([images]).scores["kd_random"], floor=None, separates=None
    )


def test_the_floor_and_the_ceiling_are_measured_once_for_sets_that_share_them(digits):
    network = random_features.build(digits.train, digits.holdout)
    evaluator = FeatureEvaluator(network, digits.train, digits.holdout)
    first = evaluator.evaluate([digits.train.images[:60]])
    bounds = evaluator._bounds
    again = evaluator.evaluate([digits.train.images[100:160]])
    assert evaluator._bounds is bounds
    fresh = FeatureEvaluator(network, digits.train, digits.holdout)
    assert again == fresh.evaluate([digits.train.images[100:160]])
    assert again.scores["kd_random"].floor == first.scores["kd_random"].floor
    for images, labels, seed in ((60, None, 1), (61, None, 0), (60, digits.train.labels[:60], 0)):
        evaluator.evaluate([digits.train.images[:images]], seed, labels)
        assert evaluator._bounds is not bounds
        bounds = evaluator._bounds


def test_a_metric_of_the_users_own(random_evaluator, digits):
    parts = (random_evaluator.network, digits.train, digits.holdout)
    evaluator = FeatureEvaluator(*parts, metrics=("own_metric:METRIC", "frechet"))
    images = digits.train.images[:60]
    evaluation = evaluator.evaluate([images])
    score = evaluation.scores["brightness_error"]
    assert score.value == pytest.approx(abs(images.mean() - digits.holdout.images.mean()))
    assert score.floor < 5 < score.ceiling
    assert score.source == "our own"
    details = evaluation.details["own_metric:METRIC"]
    assert details == {"thorough": True, "brightness": pytest.approx(images.mean())}
    with pytest.raises(UserError, match="unknown metric 'frechett'; did you mean 'frechet'"):
        FeatureEvaluator(*parts, metrics=("frechett",))
