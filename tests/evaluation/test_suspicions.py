"""Sets of other programs: grids that pass for images, and red and blue exchanged."""

import numpy as np
import pytest
from PIL import Image

from gan_cli.data.dataset import ImageDataset
from gan_cli.evaluation.images import _shared_labels, score_images
from gan_cli.evaluation.requests import ImagesRequest
from gan_cli.evaluation.suspicions import Layout, layout_of, warning_of_bgr
from tests.docs.data_cases import picture
from tests.experiment.recording import Recording

SIDE = 16


def photos(count, first=0):
    """Smooth pictures in colour, with more red than blue."""
    images = np.stack([np.asarray(picture(first + number, SIDE)) for number in range(count)])
    return (images * np.array([1.0, 0.7, 0.3])).astype(np.uint8)


def glyphs(count):
    """White dots on black, whose borders are black."""
    images = np.zeros((count, SIDE, SIDE, 3), np.uint8)
    rng = np.random.default_rng(0)
    images[:, 3:-3, 3:-3] = rng.integers(0, 2, (count, SIDE - 6, SIDE - 6, 1)) * 255
    return images


def grid(images, rows, columns, gap=0, border=0):
    height = rows * SIDE + (rows - 1) * gap + 2 * border
    width = columns * SIDE + (columns - 1) * gap + 2 * border
    whole = np.full((height, width, 3), 255, np.uint8)
    for number in range(rows * columns):
        top, left = (border + (SIDE + gap) * place for place in divmod(number, columns))
        whole[top : top + SIDE, left : left + SIDE] = images[number]
    return whole


@pytest.mark.parametrize("kind", [photos, glyphs])
@pytest.mark.parametrize(("gap", "border"), [(0, 0), (2, 2), (2, 0), (8, 8)])
@pytest.mark.parametrize(("rows", "columns"), [(8, 8), (2, 3), (1, 4)])
def test_grids_as_programs_make_them_are_known(kind, gap, border, rows, columns):
    whole = grid(kind(rows * columns), rows, columns, gap, border).astype(float)
    if rows == 1 and border:
        whole = whole[border - gap if gap else 0 :]
    assert layout_of(whole, SIDE, SIDE) == Layout(rows, columns, gap)


@pytest.mark.parametrize("side", [SIDE, 2 * SIDE, 4 * SIDE, 50])
def test_single_images_of_any_size_are_no_grids(side):
    found = [layout_of(np.asarray(picture(n, side), float), SIDE, SIDE) for n in range(20)]
    assert sum(each is not None for each in found) <= 2
    assert layout_of(np.zeros((64, 64, 3)), SIDE, SIDE) is None


def test_exchanged_colours_are_hinted_at_and_others_are_not():
    real, generated = photos(40), photos(40, 100)
    assert warning_of_bgr("fake", generated, real) is None
    said = warning_of_bgr("fake", generated[..., ::-1], real)
    assert "fake would be nearer" in said
    assert "images = images[..., ::-1]" in said
    # Far away in either order, and without colours.
    assert warning_of_bgr("fake", 255 - generated, real) is None
    gray = real[..., :1]
    assert warning_of_bgr("fake", gray, gray) is None
    same = np.repeat(gray, 3, axis=3)
    assert warning_of_bgr("fake", same // 2, same) is None


def test_the_command_says_it_before_it_scores(tmp_path):
    for name, images in (
        ("real", photos(30)),
        ("grids", [grid(photos(64, 64 * n)[..., ::-1], 8, 8, 2, 2) for n in range(20)]),
    ):
        (tmp_path / name).mkdir()
        for number, image in enumerate(images):
            Image.fromarray(image).save(tmp_path / name / f"{number}.png")
    heard = Recording()
    request = ImagesRequest(
        real=str(tmp_path / "real"), fake=str(tmp_path / "grids"), metrics=("frechet",)
    )
    score_images(request, heard)
    (line,) = [text for text in heard.messages if "grids, such as" in text]
    assert "of 8x8 images of 16x16 pixels" in line


def test_which_part_of_a_folder_is_compared_is_said_and_classes_go_by_their_names(tmp_path):
    for place, numbers in (
        ("real/train/cat", range(20)),
        ("real/train/dog", range(20, 40)),
        ("real/test/cat", range(40, 45)),
        ("fake/dog", range(50, 75)),
        ("other/horse", range(50, 75)),
        ("other/dog", range(80, 85)),
    ):
        (tmp_path / place).mkdir(parents=True)
        for number in numbers:
            picture(number, SIDE).save(tmp_path / place / f"{number}.png")
    said = {}
    for name in ("fake", "other"):
        heard = Recording()
        request = ImagesRequest(
            real=str(tmp_path / "real"), fake=str(tmp_path / name), metrics=("frechet",)
        )
        score_images(request, heard)
        said[name] = "\n".join(heard.messages)
    assert "40 images to train on are compared, and 5 to test on are not" in said["fake"]
    assert "classes" not in said["fake"]
    assert "'horse' is no class of the real ones" in said["other"]


def test_labels_follow_the_names_of_the_classes():
    images = photos(4)
    real = ImageDataset(images, np.array([0, 1, 2, 1], np.int32), ("cat", "dog", "owl"), "")
    fake = ImageDataset(images, np.array([0, 1, 1, 0], np.int32), ("dog", "owl"), "")
    labels = _shared_labels(fake, real, np.array([0, 1, 3]), Recording())
    np.testing.assert_array_equal(labels, [1, 2, 1])
