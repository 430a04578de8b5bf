"""Requests: what they accept, in which form they keep it, and what they refuse."""

import numpy as np
import pytest

from gan_cli.errors import UserError
from gan_cli.sampling.saved_latents import SavedLatents
from gan_cli.studio.bulk_requests import Dataset, Export, Images
from gan_cli.studio.edit_requests import Inpaint, Project
from gan_cli.studio.image_requests import FoundImage, SingleImage
from gan_cli.studio.picture_requests import Axes, Grid, Sheet, Walk
from gan_cli.studio.place import Place

LATENTS = SavedLatents(np.zeros([2, 8], np.float32), None)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (7, (7,)),
        ([3, 1], (3, 1)),
        (np.array([3, 1]), (3, 1)),
        (range(5), range(5)),
        (range(0, 10**12), range(0, 10**12)),
        ([10**18 - 1], (10**18 - 1,)),
    ],
)
def test_seeds_are_kept_as_a_range_or_a_tuple_of_plain_numbers(given, kept):
    seeds = Grid(seeds=given).seeds
    assert seeds == kept
    assert all(type(seed) is int for seed in seeds[:3])


@pytest.mark.parametrize(
    ("given", "kept"), [("all", "all"), ("cat", ("cat",)), (3, (3,)), (["cat", 3], ("cat", 3))]
)
def test_classes_are_kept_as_a_tuple(given, kept):
    assert Grid(classes=given).classes == kept


@pytest.mark.parametrize(
    ("make", "key", "problem"),
    [
        (lambda: Grid(seeds=[]), "seeds", "must name at least one seed"),
        (lambda: Grid(seeds="0-3"), "seeds", "must be a whole number from 0"),
        (lambda: Grid(seeds=[1, -1]), "seeds", "got -1"),
        (lambda: Grid(seeds=range(5, 10**18 + 1)), "seeds", "got 1000000000000000000"),
        (lambda: Grid(seeds=[True]), "seeds", "must be a whole number"),
        (lambda: Grid(seed=10**18), "seed", "from 0 to 999999999999999999"),
        (lambda: Grid(seed=-1), "seed", "got -1"),
        (lambda: Grid(seed=0.5), "seed", "got 0.5"),
        (lambda: Grid(classes=[]), "classes", "at least one class"),
        (lambda: Grid(classes=[-1]), "classes", "got -1"),
        (lambda: Grid(truncation=float("nan")), "truncation", "must be a number, got nan"),
        (lambda: Grid(truncation="0.5"), "truncation", "must be a number"),
        (lambda: Grid((2, 2), seeds=range(5)), "shape", "2x2 has room for 4 images, and 5 seeds"),
        (lambda: Grid((0, 2)), "shape", "at least 1, got 0"),
        (lambda: Grid(8), "shape", "two numbers"),
        (lambda: Grid((10**6, 2)), "shape", "more than 1,000,000"),
        (lambda: Grid(iter((1, 2, 3))), "shape", "two numbers"),
        (lambda: Walk("straight"), "kind", "must be one of linear, spherical, circle, classes"),
        (lambda: Walk(steps=0), "steps", "at least 1, got 0"),
        (lambda: Walk(loop=1), "loop", "true or false"),
        (lambda: Walk(seeds=1), "seeds", "at least 2 seeds, got 1"),
        (lambda: Walk("circle", seeds=range(3)), "seeds", "through two seeds, got 3"),
        (lambda: Walk("circle", latents=LATENTS), "latents", "linear and spherical walks"),
        (lambda: Walk(latents=LATENTS, classes=3), "classes", "which have their own"),
        (lambda: Walk(latents=LATENTS, seeds=(1, 2)), "seeds", "not for saved ones"),
        (lambda: Walk(latents=LATENTS, seed=4), "seed", "not for saved ones"),
        (lambda: Walk(latents=LATENTS, truncation=1), "truncation", "not for saved ones"),
        (lambda: Walk(latents=[]), "latents", "names no file"),
        (lambda: Walk(latents=3), "latents", "must be the path of an .npz file, got 3"),
        (lambda: Walk(latents=np.zeros([2, 8])), "latents", "must be the path of an .npz file"),
        (lambda: Sheet("all"), "kind", "must be one of truncation"),
        (lambda: Sheet("truncation", truncation=1), "truncation", "is not for the sheet"),
        (lambda: Sheet("training", classes="all"), "classes", "is not for the sheet 'training'"),
        (lambda: Sheet("mix", seeds=1), "seeds", "at least two"),
        (lambda: Sheet("real", latents=LATENTS), "latents", "is for the sheet of classes"),
        (lambda: Axes("ica"), "method", "must be one of sefa, pca"),
        (lambda: Axes(axes=65), "axes", "from 1 to 64, got 65"),
        (lambda: Axes(extent=-1), "extent", "at least 0, got -1"),
        (lambda: Axes(move={}), "move", "must name axes"),
        (lambda: Axes(move={65: 1.0}), "move", "from 1 to 64, got 65"),
        (lambda: Axes(seeds=(1, 2)), "seeds", "start from one seed, got 2"),
        (lambda: Axes(classes=(1, 2)), "classes", "one class at a time"),
        (lambda: Project(None), "image", "must be a path, got None"),
        (lambda: Project("x.png", fit_steps=0), "fit_steps", "from 1 to 100000, got 0"),
        (lambda: Inpaint("x.png", None), "mask", "is needed to inpaint"),
        (lambda: SingleImage(-1), "seed", "got -1"),
        (lambda: FoundImage(None), None, "does not name the latents"),
        (lambda: Place(mix=1.1), "mix", "from 0 to 1, got 1.1"),
        (lambda: Place(steps=(0.0, 11.0)), "steps", "from -10 to 10, got 11"),
        (lambda: Images(count=0), "count", "from 1 to 100000000, got 0"),
        (lambda: Images(count=5, seeds=(1, 2)), "count", "leave out the seeds"),
        (lambda: Dataset(0), "count", "from 1 to 100000000, got 0"),
        (lambda: Dataset(5, proportions=[1, -2]), "proportions", "must be numbers such as 5,1,1"),
        (lambda: Dataset(5, proportions=[0, 0]), "proportions", "not all 0"),
        (lambda: Dataset(5, proportions=0), "proportions", "must be numbers such as 5,1,1"),
        (lambda: Export("onxx"), "formats", "did you mean 'onnx'"),
        (lambda: Export([]), "formats", "names no format"),
        (lambda: Export(None), "formats", "unknown export format 'None'"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(make, key, problem):
    with pytest.raises(UserError) as caught:
        make()
    assert caught.value.key == key
    assert problem in caught.value.problems[0]
    assert "--" not in str(caught.value)


def test_a_shape_may_come_from_anything_that_is_iterable():
    assert Grid(iter((2, 3))).shape == (2, 3)


def test_the_seeds_that_nobody_names_follow_the_first_one():
    assert Grid(seed=11).layout(64) == (range(11, 75), 8)
    assert Grid((2, 3), seed=11).layout(64) == (range(11, 17), 3)
    assert Grid(seeds=range(5)).layout(64) == (range(5), 5)
    assert Grid(seeds=range(50)).layout(64) == (range(50), 8)
    assert Walk(seed=3).walked_seeds == range(3, 7)
    assert Walk("circle").walked_seeds == range(2)


def test_formats_are_kept_once_and_all_stands_for_every_one():
    assert Export(["keras", "onnx", "keras"]).formats == ("keras", "onnx")
    assert len(Export("all").formats) == 7
