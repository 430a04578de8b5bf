"""What a dry run says about the quality to expect."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from gan_cli.experiment.measured import measured_runs, quality_line
from gan_cli.models import ARCHITECTURES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("run", measured_runs(), ids=lambda run: f"{run.what}-{run.architecture}")
def test_a_measured_run_stands_in_the_page_that_it_names(run):
    page = (ROOT / run.source).read_text(encoding="utf-8")
    for figure in (run.fd, run.floor, run.kimg):
        assert figure is None or f"{figure:g}" in page
    assert run.architecture in ARCHITECTURES.names
    assert run.floor is None or 0 < run.floor < run.fd


def config(side, architecture, kimg):
    return SimpleNamespace(
        data=SimpleNamespace(image_size=(side, side)),
        model=SimpleNamespace(architecture=architecture),
        training=SimpleNamespace(kimg=kimg),
    )


def test_the_nearest_run_is_named_without_differences_where_there_are_none():
    line = quality_line(config(64, "conv", 400.0), 26_000)
    assert line == (
        "quality: of the measured runs, the nearest is on 26,863 letters in colour of 64x64 pixels,"
        " conv, 400 kimg in 14 minutes on 2 CPU cores: it reached a Fréchet distance of 0.38"
        " (classifier features), where real images get 0.21 (docs/gallery.md)"
    )


@pytest.mark.parametrize(
    ("side", "architecture", "images", "kimg", "what", "differences"),
    [
        (256, "conv", 3_000, 500.0, "letters", "256 pixels, 3,000 images"),
        (32, "conv", 300, 500.0, "300 clothes", "500 kimg"),
        (28, "dcgan", 60_000, 2_400.0, "dcgan, 200 kimg", "2,400 kimg"),
        (16, "stylegan2", 1_400, 25_000.0, "digits", "25,000 kimg"),
        (
            *(64, {"generator": "conv", "discriminator": "sngan"}, 26_000, 400.0),
            *("letters", "other networks"),
        ),
    ],
)
def test_what_differs_from_the_nearest_run_is_said(
    side, architecture, images, kimg, what, differences
):
    line = quality_line(config(side, architecture, kimg), images)
    assert what in line
    assert line.endswith(f"; unlike that one, this run has {differences}")
