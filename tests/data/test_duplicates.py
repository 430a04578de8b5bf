"""Copies of images: found, counted, and kept on one side of the split."""

import io

import numpy as np
import pytest
from PIL import Image

from gan_cli.config.schema import DataConfig
from gan_cli.data import duplicates
from gan_cli.data.dataset import open_splits
from gan_cli.data.near_duplicates import groups_of, thumbnails
from gan_cli.data.report import report_on
from gan_cli.data.sources import source_of


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("GAN_CLI_CACHE", str(folder))
    return folder


def scene(number, side=48):
    """A smooth picture in colour, another one for each number."""
    rng = np.random.default_rng(number)
    small = Image.fromarray(rng.integers(0, 256, (5, 5, 3), dtype=np.uint8))
    return small.resize((side, side), Image.Resampling.BICUBIC)


def opened(folder, **keys):
    return open_splits(DataConfig(source="folder", path=str(folder), image_size=16, **keys))


def numbers(dataset, count):
    """Returns which scene each image shows."""
    known = np.stack([np.asarray(scene(n).resize((16, 16)), float) for n in range(count)])
    distances = [np.abs(known - image).mean(axis=(1, 2, 3)) for image in dataset.images]
    return np.argmin(distances, axis=1).tolist()


def test_a_png_and_its_jpeg_are_on_one_side(tmp_path):
    for number in range(90):
        scene(number).save(tmp_path / f"{number}.png")
        scene(number).save(tmp_path / f"{number}.jpg", quality=75)
    splits = opened(tmp_path)
    train, held = (numbers(side, 90) for side in (splits.train, splits.holdout))
    assert sorted(train + held) == sorted([*range(90)] * 2)
    assert not set(train) & set(held)
    assert 6 <= len(held) <= 40
    assert any(
        note.startswith("90 of 180 images show the same as another one") for note in splits.notes
    )
    told = report_on(splits).as_json()
    assert (told["copies"], told["near_copies"]) == (0, 90)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image.resize((96, 96), Image.Resampling.LANCZOS),
        lambda image: image.resize((30, 30), Image.Resampling.BICUBIC),
        lambda image: Image.open(_jpeg(image, 40)),
    ],
)
def test_what_shows_the_same(tmp_path, change):
    for number in range(40):
        scene(number).save(tmp_path / f"{number:02}-a.png")
        change(scene(number)).save(tmp_path / f"{number:02}-b.png")
    train = source_of(config := DataConfig(source="folder", path=str(tmp_path))).open(config).train
    groups = groups_of(thumbnails(train, np.arange(80)))
    np.testing.assert_array_equal(groups, np.arange(80) // 2 * 2)


def _jpeg(image, quality):
    stream = io.BytesIO()
    image.save(stream, "jpeg", quality=quality)
    return stream


def test_what_only_resembles_is_kept_apart():
    """Mirror images, shifted ones, and shapes of almost no contrast."""
    base = [np.asarray(scene(n).resize((16, 16)), np.float32) for n in range(30)]
    mirrored = [image[:, ::-1] for image in base]
    shifted = [np.roll(image, 3, axis=1) for image in base]
    flat = [np.full((16, 16, 3), 200, np.float32) + n / 30 for n in range(30)]
    small = np.stack([*base, *mirrored, *shifted, *flat])
    np.testing.assert_array_equal(groups_of(small), np.arange(120))


def test_copies_are_counted_and_classes_that_disagree_are_told(tmp_path):
    for number in range(70):
        (tmp_path / "ab"[number % 2]).mkdir(exist_ok=True)
        scene(number).save(tmp_path / "ab"[number % 2] / f"{number}.png")
    copy = tmp_path / "b" / "copy.png"
    copy.write_bytes((tmp_path / "a" / "0.png").read_bytes())
    splits = opened(tmp_path)
    assert "1 image shows the same as an image of another class" in splits.notes
    told = f"1 of 71 files is a copy of another one, such as {copy} of {tmp_path}/a/0.png"
    assert told in splits.notes


def test_test_images_that_are_trained_on_are_told(tmp_path):
    for number in range(40):
        part = "train" if number < 30 else "test"
        (tmp_path / part).mkdir(exist_ok=True)
        scene(number).save(tmp_path / part / f"{number}.png")
    scene(3).save(tmp_path / "test" / "3.jpg", quality=90)
    notes = opened(tmp_path).notes
    assert any(
        note.startswith("1 of 11 held-out images shows the same as a training image, such as")
        and f"{tmp_path}/test/3.jpg and {tmp_path}/train/3.png" in note
        for note in notes
    )


def test_a_film_is_no_heap_of_copies(tmp_path):
    first, last = (np.asarray(scene(n), float) for n in (1, 2))
    for step in range(100):
        mixed = first + (last - first) * step / 99
        Image.fromarray(mixed.round().astype(np.uint8)).save(tmp_path / f"{step:03}.png")
    splits = opened(tmp_path)
    assert len(splits.holdout.images) >= 6
    assert any("resemble so many others" in note for note in splits.notes)


def test_the_second_start_compares_nothing(tmp_path, monkeypatch, cache):
    for number in range(70):
        scene(number).save(tmp_path / f"{number}.png")
    before = opened(tmp_path).fingerprint

    def compare(*args):
        raise AssertionError("images were compared again")

    monkeypatch.setattr(duplicates, "thumbnails", compare)
    assert opened(tmp_path).fingerprint == before
    # A damaged file of the cache is made again.
    (file,) = (cache / "duplicates").iterdir()
    file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(AssertionError):
        opened(tmp_path)
