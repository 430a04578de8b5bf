"""gan-sample --sheet: what each tile is."""

import numpy as np
import pytest
from PIL import Image
from runs import TINY, make_run

from gan_cli.data.dataset import open_splits
from gan_cli.domains.grid import image_grid
from gan_cli.errors import UserError
from gan_cli.media.provenance import COMPOSITE
from gan_cli.studio.draw.sheets import draw_sheet
from gan_cli.studio.picture_requests import Sheet
from gan_cli.studio.studio import Studio
from gan_cli.studio.verify import verify


@pytest.fixture(scope="module")
def studio(digits_run):
    return Studio.open(str(digits_run), "latest")


@pytest.fixture
def unnamed(monkeypatch):
    """The images that a sheet is made of, with the names of rows and columns."""
    made = []

    def named_sheet(images, row_names=(), column_names=(), *layout):
        made.append((images, list(row_names), list(column_names)))
        return Image.new("L", (1, 1))

    monkeypatch.setattr("gan_cli.studio.draw.sheets.named_sheet", named_sheet)
    return made


def test_truncation_is_that_of_the_columns(studio, unnamed):
    draw_sheet(studio, Sheet("truncation", seeds=(3, 8), classes="4"))
    ((images, rows, columns),) = unnamed
    labels = np.array([4, 4], np.int32)
    np.testing.assert_array_equal(
        images[:, columns.index("0.5")], studio.labelled_images([3, 8], labels, 0.5)
    )
    np.testing.assert_array_equal(
        images[:, columns.index("none")], studio.labelled_images([3, 8], labels)
    )
    assert rows == ["4, seed 3", "4, seed 8"]


def test_every_class_has_its_row(studio, unnamed):
    draw_sheet(studio, Sheet("classes", classes=(7, 2), seeds=range(1, 5)))
    ((images, rows, _),) = unnamed
    assert rows == ["7", "2"]
    expected = studio.labelled_images([1, 2, 3, 4], np.full(4, 2, np.int32))
    np.testing.assert_array_equal(images[1], expected)


def test_real_images_are_of_the_training_data_and_of_their_class(studio, unnamed):
    work = draw_sheet(studio, Sheet("real", classes=("5", "6")))
    assert work.digital_source_type == COMPOSITE
    ((images, rows, _),) = unnamed
    assert rows == ["5, real", "5, generated", "6, real", "6, generated"]
    train = open_splits(studio.loaded.config.data).train
    for row, label in ((0, 5), (2, 6)):
        own = {image.tobytes() for image in train.images[train.labels == label]}
        assert {image.tobytes() for image in images[row]} <= own
    np.testing.assert_array_equal(
        images[1], studio.labelled_images(list(range(10)), np.full(10, 5, np.int32))
    )


def test_training_is_shown_by_its_own_grids(studio, unnamed):
    rng = np.random.default_rng(0)
    studio.run.samples.mkdir(exist_ok=True)
    drawn = {}
    for old in studio.run.samples.glob("grid-*.png"):
        old.unlink()
    for kimg in (0, 3, 12):
        drawn[kimg] = rng.integers(0, 256, (80, 12, 10, 3), dtype=np.uint8)
        image_grid(drawn[kimg], 10).save(studio.run.samples / f"grid-{kimg:06d}.png")
    draw_sheet(studio, Sheet("training"))
    ((images, rows, _),) = unnamed
    assert rows == ["0 kimg", "3 kimg", "12 kimg"]
    np.testing.assert_array_equal(images, np.stack([drawn[kimg][:10] for kimg in (0, 3, 12)]))


def test_the_sheet_of_training_is_made_again(studio, tmp_path):
    studio.run.samples.mkdir(exist_ok=True)
    image_grid(np.zeros((80, 12, 10, 3), np.uint8), 10).save(studio.run.samples / "grid-000099.png")
    draw_sheet(studio, Sheet("training")).save(tmp_path / "x.png")
    assert verify(tmp_path / "x.png", studio.run.path).comparison.equal


def test_a_class_without_training_images_is_no_class(gan_sample, tmp_path):
    rng = np.random.default_rng(0)
    # Class 2 has no image: it is left out, and class 3 keeps its name.
    labels = np.repeat([0, 1, 3], 20)
    np.savez(tmp_path / "x.npz", images=rng.integers(0, 256, (60, 8, 8), np.uint8), labels=labels)
    data = {"source": "npz", "path": str(tmp_path / "x.npz")}
    run = make_run(tmp_path / "gap", data, {**TINY, "conditional": True})
    arguments = ["--run_dir", run, "--sheet=real", "--out", tmp_path / "x.png"]
    assert gan_sample(*arguments)[0] == 0
    assert gan_sample(*arguments, "--classes=0,3")[0] == 0


def test_real_images_without_classes_are_made_again(styled_run, gan_sample, tmp_path):
    out = tmp_path / "sheet.png"
    gan_sample("--run_dir", styled_run, "--out", out, "--sheet=real", "--seeds=2,5,9")
    status, text = gan_sample("--inspect", out, "--run_dir", styled_run)
    assert status == 0, text


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
        (["--sheet=training", "--seeds=1"], "--seeds: is not for the sheet 'training'"),
        (
            ["--sheet=truncation", "--truncation=0.5"],
            "--truncation: is not for the sheet",
        ),
        (["--sheet=classes", "--classes=11"], "no class '11'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(digits_run, gan_sample, tmp_path, arguments, message):
    with pytest.raises(UserError, match=message):
        gan_sample("--run_dir", digits_run, "--out", tmp_path / "x.png", *arguments)
    assert not (tmp_path / "x.png").exists()
