"""Paths and counts that a program hands to the Python API: what cannot be is a UserError."""

import numpy as np
import pytest

import gan_cli
from gan_cli.errors import UserError
from gan_cli.evaluation.requests import ComparisonRequest, ImagesRequest, RunRequest
from gan_cli.io.paths import given_path

NO_PATHS = [
    None,
    5,
    1.5,
    True,
    b"x",
    [],
    {},
    object(),
    np.int64(3),
    np.array([1, 2]),
    "\ud800",
    "a\0",
]

TAKERS = {
    "open_run": gan_cli.open_run,
    "load_config": gan_cli.load_config,
    "train": gan_cli.train,
    "an image": gan_cli.Project,
    "statistics": lambda path: gan_cli.api.Run("x").evaluate(
        statistics=5 if path is None else path
    ),
    "real": lambda path: ImagesRequest(real=path, fake="x"),
    "fake": lambda path: ImagesRequest(real="x", fake=path),
    "run_dirs": lambda path: ComparisonRequest(run_dirs=("x", path)),
}


@pytest.mark.parametrize("value", NO_PATHS, ids=lambda value: ascii(value)[:20])
@pytest.mark.parametrize("name", TAKERS)
def test_what_is_no_path_is_refused(name, value):
    with pytest.raises(UserError, match=r"must be a path, got|no file can have the name"):
        TAKERS[name](value)


def test_paths_are_taken_as_texts_and_as_path_objects(tmp_path):
    assert given_path("a/b", "out").parts == ("a", "b")
    assert given_path(tmp_path, "out") == tmp_path
    # As the system gives names that are not UTF-8.
    assert str(given_path("\udce9", "out")) == "\udce9"


@pytest.mark.parametrize("count", [10**8 + 1, 10**30])
def test_more_samples_than_their_numbers_fit_in_memory_are_refused(count):
    with pytest.raises(UserError, match="must be a whole number from 10 to 100000000"):
        RunRequest(run_dir="run", num_samples=count)


def test_a_name_that_is_an_array_is_no_choice():
    with pytest.raises(UserError, match="must be one of linear, spherical"):
        gan_cli.Walk(seeds=(0, 1), kind=np.array([1, 2]))


@pytest.mark.parametrize("count", [0, 10**8 + 1, 10**30])
def test_no_more_samples_are_written_than_their_numbers_fit_in_memory(count):
    for make in (lambda: gan_cli.Images(count=count), lambda: gan_cli.Dataset(count)):
        with pytest.raises(UserError, match="must be a whole number from 1 to 100000000"):
            make()
