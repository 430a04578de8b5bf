"""Requests as records hold them."""

import dataclasses

import numpy as np
import pytest

from gan_cli.errors import UserError
from gan_cli.sampling.saved_latents import LatentSizes, SavedLatents
from gan_cli.studio.dispatch import RECORDED
from gan_cli.studio.image_requests import SingleImage
from gan_cli.studio.picture_requests import Axes, Grid, Sheet, TiledRequest, Walk
from gan_cli.studio.place import Place
from gan_cli.studio.recipes import recorded_fields, request_of
from gan_cli.studio.studio import Studio
from gan_cli.studio.texts import parse_classes, seeds_text

SIZES = LatentSizes(8, None, 10)

# What files hold that were written before there were requests.
RECORDS = [
    (
        Grid((2, 3), seeds=range(11, 17), classes=("7", "1"), truncation=0.5),
        {"grid": "2x3", "classes": "7,1", "truncation": 0.5},
    ),
    (Grid(seeds=(3,)), {"grid": None, "classes": None, "truncation": None}),
    (
        Walk("circle", loop=True, steps=3, seeds=range(1, 3), classes="all"),
        {"walk": "circle", "loop": True, "steps": 3, "classes": "all", "truncation": None},
    ),
    (
        Sheet("real", seeds=range(1, 4), truncation=2),
        {"sheet": "real", "classes": None, "truncation": 2.0},
    ),
    (
        Axes("pca", seeds=(9,), move={2: 1.5, 7: -1}, classes="5"),
        {"directions": "pca", "axes": 6, "extent": 3.0, "move": "2:1.5,7:-1", "classes": "5"},
    ),
    (SingleImage(4, 7, 0.7), {"seed": 4, "label": 7, "truncation": 0.7}),
    (
        Place(seed=4, other=9, mix=0.5, label=2, shifts=(0.0,) * 7 + (-0.7,), steps=(0.0,) * 5),
        {"place": "seed=4&other=9&mix=0.5&truncation=0.0&label=2&latent7=-0.7"},
    ),
]


@pytest.mark.parametrize(("request_", "record"), RECORDS)
def test_an_earlier_record_gives_the_request_of_then_back(request_, record):
    if isinstance(request_, TiledRequest):
        request_ = dataclasses.replace(request_, layout_version=1)
    recipe = {"kind": request_.record_kind, **record}
    if hasattr(request_, "seeds"):
        recipe["seeds"] = seeds_text(request_.seeds)
    assert request_of(recipe, RECORDED, SIZES) == request_


@pytest.mark.parametrize(("request_", "record"), RECORDS)
def test_a_record_has_its_keys_and_gives_the_request_back(request_, record):
    if isinstance(request_, Walk):
        request_ = dataclasses.replace(request_, shape=(1, 1))
        record = {**record, "grid": "1x1"}
    if isinstance(request_, TiledRequest):
        request_ = dataclasses.replace(request_, scale=3, resample="lanczos")
        record = {**record, "scale": 3, "resample": "lanczos", "layout": 3}
    written = recorded_fields(request_, str)
    assert written == record
    assert list(written) == list(record)
    recipe = {"kind": request_.record_kind, **record}
    if hasattr(request_, "seeds"):
        recipe["seeds"] = seeds_text(request_.seeds)
    assert request_of(recipe, RECORDED, SIZES) == request_


def test_saved_latents_come_back_with_every_bit():
    saved = SavedLatents(np.float32([[0.1] * 8, [-0.0] * 8]), np.int32([3, 5]))
    walk = Walk("linear", latents=saved)
    recipe = {"kind": "walk", **recorded_fields(walk, str), "seeds": None, **saved.to_recipe()}
    again = request_of(recipe, RECORDED, SIZES).latents
    assert again.latents.tobytes() == saved.latents.tobytes()
    assert again.labels.tolist() == [3, 5]


@pytest.mark.parametrize(
    "recipe",
    [
        {"kind": "walk", "walk": "linear", "steps": "3"},
        {"kind": "walk", "walk": "linear", "loop": "yes"},
        {"kind": "walk", "walk": 3},
        {"kind": "sheet"},
        {"kind": "image"},
        {"kind": "projection"},
        {"kind": "directions", "axes": 2.5},
        {"kind": "directions", "move": 3},
        {"kind": "grid", "grid": True},
        {"kind": "explored", "place": "seed=x"},
        {"kind": "arrays"},
        {},
    ],
)
def test_records_of_strangers_are_refused_in_one_line(recipe):
    with pytest.raises(UserError) as caught:
        request_of(recipe, RECORDED, SIZES)
    assert "\n" not in str(caught.value)


def test_classes_are_recorded_so_that_they_are_found_again(digits_run):
    studio = Studio.open(digits_run, "latest")
    object.__setattr__(studio.loaded, "class_names", ("a,b", "3", " c", "d", "all", '"e"', *"6789"))
    for each in ("a,b", 1, "3", 3, " c", "d", 0, "all", '"e"'):
        text = studio.class_text(each)
        assert studio.class_numbers(parse_classes(text)) == studio.class_numbers((each,))
    assert studio.class_text("d") == "d"


def test_a_number_among_names_that_are_numbers_is_a_name(digits_run):
    studio = Studio.open(digits_run, "latest")
    # As class folders 1 to 10 have them: number 0 would be the class '1'.
    object.__setattr__(studio.loaded, "class_names", tuple(map(str, range(1, 11))))
    assert studio.class_numbers(("1", "10")) == [0, 9]
    for text in ("0", "11", "\u00b2"):
        with pytest.raises(UserError, match=f"no class '{text}' \\(known: 1, 2, 3"):
            studio.class_numbers((text,))
    # Whole numbers of Python are numbers, and are recorded by the name.
    assert studio.class_numbers((0,)) == [0]
    assert [studio.class_text(each) for each in (0, 9, "10")] == ["1", "10", "10"]
    # Earlier versions recorded them as they were given.
    studio.reads_records = True
    assert studio.class_numbers(("0",)) == [0]
