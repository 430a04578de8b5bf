"""How good a projection is, by what the run reaches with images that it has not seen."""

import math

import pytest

from gan_cli.studio.edit_requests import Project
from gan_cli.studio.fit import reference
from gan_cli.studio.fit.reference import reachable_db, verdict
from gan_cli.studio.studio import Studio


@pytest.mark.parametrize(
    ("reached", "expected", "said"),
    [
        (17.8, 34.0, "poor: PSNR 17.8 dB; held-out images of this run reach 34.0"),
        (30.0, 34.0, "fair: PSNR 30.0 dB"),
        (29.9, 34.0, "poor: PSNR 29.9 dB"),
        (33.0, 34.0, "good: PSNR 33.0 dB"),
        (math.inf, 34.0, "identical"),
        (17.8, None, "PSNR 17.8 dB (without the run's data"),
    ],
)
def test_a_projection_is_judged_in_words(reached, expected, said):
    assert verdict(reached, expected).startswith(said)


def test_the_reference_is_the_median_of_searches_for_held_out_images(digits_run, monkeypatch):
    studio = Studio.open(digits_run, "latest")
    sought, found = [], iter([21.0, 25.0, 40.0])
    find = reference.find

    def spied(studio, request, misfit, listener, features_of, space):
        sought.append((request.fit_steps, features_of))
        return find(studio, request, misfit, listener, features_of, space)

    monkeypatch.setattr(reference, "find", spied)
    monkeypatch.setattr(reference, "psnr_db", lambda image, target: next(found))
    assert reachable_db(studio, Project("unused.png", fit_steps=6)) == 25.0
    assert [steps for steps, _ in sought] == [2, 2, 2]
    held_out = reference.splits_of(studio.run, studio.loaded.config).holdout.images
    for _, target in sought:
        assert (held_out == target).all(axis=(1, 2, 3)).any()


def test_without_the_runs_data_there_is_no_reference(digits_run, monkeypatch):
    from gan_cli.errors import UserError

    def gone(run, config):
        raise UserError("no such folder")

    monkeypatch.setattr(reference, "splits_of", gone)
    studio = Studio.open(digits_run, "latest")
    assert reachable_db(studio, Project("unused.png", fit_steps=6)) is None
