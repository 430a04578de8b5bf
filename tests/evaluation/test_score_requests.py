"""Requests refuse what cannot be scored, before any file is read."""

from pathlib import Path

import pytest

from gan_cli.errors import UserError
from gan_cli.evaluation.requests import (
    ComparisonRequest,
    ImagesRequest,
    RunRequest,
    StatisticsRequest,
)

BAD = [
    ({"num_samples": 9}, "num_samples", "must be a whole number from 10 to 100000000, got 9"),
    ({"num_samples": "20"}, "num_samples", "must be a whole number from 10 to 100000000, got '20'"),
    ({"num_samples": 20.5}, "num_samples", "must be a whole number from 10 to 100000000, got 20.5"),
    ({"num_samples": True}, "num_samples", "must be a whole number from 10 to 100000000, got True"),
    ({"seed": -1}, "seed", "must be a whole number of at least 0, got -1"),
    ({"seed": None}, "seed", "must be a whole number of at least 0, got None"),
    ({"metrics": 3}, "metrics", "must be a list of names, got 3"),
    ({"metrics": [3]}, "metrics", "must be a list of names, got [3]"),
    ({"features": 3}, "features", "must be a name, got 3"),
    (
        {"metrics": ("frechett", "kernel", "x")},
        "metrics",
        "unknown metric 'frechett'; did you mean 'frechet'",
    ),
    ({"metrics": ()}, "metrics", "names no metric"),
    ({"metrics": "frechet"}, "metrics", "must be a list of names, got 'frechet'"),
    ({"features": "clasifier"}, "features", "did you mean 'classifier'"),
]


@pytest.mark.parametrize(
    "request_for",
    [
        lambda **settings: RunRequest(run_dir="run", **settings),
        lambda **settings: ComparisonRequest(run_dirs=("one", "two"), **settings),
        lambda **settings: ImagesRequest(real="a", fake="b", **settings),
        lambda **settings: StatisticsRequest(fake="b", statistics="s.npz", **settings),
    ],
    ids=["run", "comparison", "images", "statistics"],
)
@pytest.mark.parametrize(("settings", "key", "words"), BAD)
def test_settings_out_of_range(request_for, settings, key, words):
    with pytest.raises(UserError) as caught:
        request_for(**settings)
    assert caught.value.key == key
    assert words in caught.value.problems[0]


def test_every_unknown_metric_is_named():
    with pytest.raises(UserError) as caught:
        RunRequest(run_dir="run", metrics=("frechett", "kernel", "x"))
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("run_dirs", "checkpoint", "key", "words"),
    [
        ((), "best", "run_dirs", "names no run"),
        (("one", Path("one")), "best", "run_dirs", "one is named twice"),
        (("one", "two"), "all", "checkpoint", "'all' scores one run"),
    ],
)
def test_comparisons_of_nothing(run_dirs, checkpoint, key, words):
    with pytest.raises(UserError, match=words) as caught:
        ComparisonRequest(run_dirs=run_dirs, checkpoint=checkpoint)
    assert caught.value.key == key


def test_statistics_give_one_metric():
    with pytest.raises(UserError, match="metrics: needs the real images"):
        StatisticsRequest(fake="b", statistics="s.npz", metrics=("kernel",))


def test_a_comparison_asks_the_same_of_every_run():
    request = ComparisonRequest(
        run_dirs=["one", "two"], checkpoint="960", metrics=["frechet"], statistics="s.npz", seed=3
    )
    assert request.requests() == [
        RunRequest(
            run_dir=run_dir,
            checkpoint="960",
            metrics=("frechet",),
            statistics=Path("s.npz"),
            seed=3,
        )
        for run_dir in ("one", "two")
    ]
