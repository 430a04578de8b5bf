"""gan-sample --sheet: what each tile is."""

import numpy as np
import pytest
from gan_cli.cli.sampling import sheet
from gan_cli.cli.sampling.studio import Studio
from PIL import Image

from gan_cli.data.dataset import open_splits
from gan_cli.domains.grid import image_grid, split_grid
from gan_cli.errors import UserError
from gan_cli.media.provenance import COMPOSITE


@pytest.fixture(scope="module")
def studio(digits_run):
    return Studio.open(str(digits_run), "latest")


def options(kind, **given):
    defaults = {"seed": 0, "seeds": None, "classes": None, "truncation": None, "latents": None}
    return type("Options", (), defaults | {"sheet": kind} | given)


@pytest.fixture
def unnamed(monkeypatch):
    """The images that a sheet is made of, with the names of rows and columns."""
    made = []

    def named_sheet(images, row_names=(), column_names=()):
        made.append((images, list(row_names), list(column_names)))
        return Image.new("L", (1, 1))

    monkeypatch.setattr("gan_cli.media.sheets.named_sheet", named_sheet)
    return made


def test_truncation_is_that_of_the_columns(studio, unnamed):
    sheet.compose(studio, options("truncation", seeds="3,8", classes="4"), False)
    ((images, rows, columns),) = unnamed
    labels = np.array([4, 4], np.int32)
    np.testing.assert_array_equal(
        images[:, columns.index("0.5")], studio.images([3, 8], labels, 0.5)
    )
    np.testing.assert_array_equal(images[:, columns.index("none")], studio.images([3, 8], labels))
    assert rows == ["4, seed 3", "4, seed 8"]


def test_every_class_has_its_row(studio, unnamed):
    sheet.compose(studio, options("classes", classes="7,2", seeds="1-4"), False)
    ((images, rows, _),) = unnamed
    assert rows == ["7", "2"]
    expected = studio.images([1, 2, 3, 4], np.full(4, 2, np.int32))
    np.testing.assert_array_equal(images[1], expected)


def test_real_images_are_of_the_training_data_and_of_their_class(studio, unnamed):
    work = sheet.compose(studio, options("real", classes="5,6"), False)
    assert work.digital_source_type == COMPOSITE
    ((images, rows, _),) = unnamed
    assert rows == ["5, real", "5, generated", "6, real", "6, generated"]
    train = open_splits(studio.loaded.config.data).train
    for row, label in ((0, 5), (2, 6)):
        own = {image.tobytes() for image in train.images[train.labels == label]}
        assert {image.tobytes() for image in images[row]} <= own
    np.testing.assert_array_equal(
        images[1], studio.images(list(range(10)), np.full(10, 5, np.int32))
    )


def test_training_is_shown_by_its_own_grids(studio, unnamed):
    rng = np.random.default_rng(0)
    studio.run.samples.mkdir(exist_ok=True)
    drawn = {}
    for kimg in (0, 3, 12):
        drawn[kimg] = rng.integers(0, 256, (80, 12, 10, 3), dtype=np.uint8)
        image_grid(drawn[kimg], 10).save(studio.run.samples / f"grid-{kimg:06d}.png")
    sheet.compose(studio, options("training"), False)
    ((images, rows, _),) = unnamed
    assert rows == ["0 kimg", "3 kimg", "12 kimg"]
    np.testing.assert_array_equal(images, np.stack([drawn[kimg][:10] for kimg in (0, 3, 12)]))


def test_a_picture_of_another_size_is_no_grid():
    with pytest.raises(ValueError, match="is no grid of images of 12 x 10 pixels"):
        split_grid(Image.new("RGB", (100, 77)), 12, 10, 3)


@pytest.mark.parametrize("kind", ["truncation", "classes", "real"])
def test_the_file_is_made_again_from_its_mark(digits_run, gan_sample, tmp_path, kind):
    out = tmp_path / "sheet.png"
    gan_sample("--run_dir", digits_run, "--out", out, f"--sheet={kind}", "--seeds=1-3")
    status, text = gan_sample("--inspect", out, "--run_dir", digits_run)
    assert status == 0, text
    assert "equal: all pixels" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sheet=training", "--seeds=1"], "takes no seeds"),
        (["--sheet=truncation", "--truncation=0.5"], "is not for --sheet=truncation"),
        (["--sheet=classes", "--classes=11"], "no class '11'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(digits_run, gan_sample, tmp_path, arguments, message):
    with pytest.raises(UserError, match=message):
        gan_sample("--run_dir", digits_run, "--out", tmp_path / "x.png", *arguments)
    assert not (tmp_path / "x.png").exists()
