"""What is kept of a folder, so that the next run starts sooner."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image

from gan_cli.config.schema import DataConfig
from gan_cli.data import duplicates, frames, kept_headers, materialise, survey
from gan_cli.data.dataset import open_splits
from gan_cli.data.sources import folder as folder_source


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Forty images and a damaged one; everything is worth keeping."""
    monkeypatch.setenv("GAN_CLI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(materialise, "_WORTH_KEEPING_SECONDS", -1.0)
    monkeypatch.setattr(kept_headers, "_FEWEST_KEPT", 3)
    monkeypatch.setattr(duplicates, "_MANY", 3)
    data = tmp_path / "data"
    data.mkdir()
    for number in range(40):
        pixels = np.random.default_rng(number).integers(0, 256, (9, 8, 3), np.uint8)
        Image.fromarray(pixels).save(data / f"{number}.png")
    (data / "damaged.png").write_bytes((data / "0.png").read_bytes()[:60])
    return data


def opened(folder, cache="auto"):
    config = DataConfig(source="folder", path=str(folder), cache=cache, on_corrupt="skip")
    return open_splits(config)


@pytest.fixture
def reads(monkeypatch):
    """Counts what is read of the files: headers, contents, pixels."""
    counts = dict.fromkeys(("header", "content", "pixels"), 0)

    def counted(module, name, kind):
        original = getattr(module, name)

        def call(*args, **options):
            counts[kind] += 1
            return original(*args, **options)

        monkeypatch.setattr(module, name, call)

    counted(survey, "_read_header", "header")
    counted(folder_source, "file_content", "content")
    counted(frames.Frames, "read", "pixels")
    return counts


def assert_same(one, other):
    for part in ("train", "holdout"):
        mine, theirs = getattr(one, part), getattr(other, part)
        np.testing.assert_array_equal(mine.images, theirs.images)
        assert mine.fingerprint == theirs.fingerprint
    assert one.skipped == other.skipped
    assert len(one.skipped) == 1
    assert (one.notes, one.forms, one.copies) == (other.notes, other.forms, other.copies)


def test_a_second_run_reads_no_file_and_gets_the_same(folder, reads):
    first = opened(folder)
    assert reads["header"] == reads["content"] == 41
    # Once to be compared, and once to be prepared.
    assert reads["pixels"] == 82
    reads.update(dict.fromkeys(reads, 0))
    second = opened(folder)
    assert reads == {"header": 0, "content": 0, "pixels": 0}
    assert_same(first, second)
    assert not isinstance(second.train.images, np.memmap)


def test_files_that_have_changed_are_read_again(folder, reads):
    before = opened(folder)
    Image.new("RGB", (8, 9), "red").save(folder / "7.png")
    os.utime(folder / "7.png", ns=(5, 5))
    reads.update(dict.fromkeys(reads, 0))
    after = opened(folder)
    assert reads["header"] == reads["content"] == 41
    both = [np.concatenate([each.train.images, each.holdout.images]) for each in (before, after)]
    reds = [(images == (255, 0, 0)).all(axis=(1, 2, 3)).sum() for images in both]
    assert reds == [0, 1]


@pytest.mark.parametrize("damage", ["cut", "wrong"])
def test_a_damaged_cache_is_made_again(folder, tmp_path, damage):
    first = opened(folder)
    files = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} == {"data", "duplicates", "headers"}
    for path in files:
        if path.suffix != ".txt":
            content = path.read_bytes()
            path.write_bytes(content[: len(content) // 2] if damage == "cut" else b"[]")
    assert_same(first, opened(folder))


def test_headers_of_another_form_are_read_again(folder, tmp_path):
    first = opened(folder)
    (path,) = (tmp_path / "cache" / "headers").iterdir()
    for content in ('{"kinds": [], "numbers": []}', '{"kinds": [{"size": 5}], "numbers": [0]}'):
        path.write_text(content)
        assert_same(first, opened(folder))


def test_in_memory_means_that_no_images_are_kept(folder, tmp_path):
    opened(folder, cache="memory")
    assert not (tmp_path / "cache" / "data").exists()


def test_a_disk_without_room_keeps_no_images(folder, tmp_path, monkeypatch):
    full = shutil.disk_usage(tmp_path)._replace(free=4 * 37 * 9 * 8 * 3 - 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    first = opened(folder)
    kept = [path for path in (tmp_path / "cache" / "data").iterdir() if path.suffix == ".npy"]
    # Those held out are few.
    assert len(kept) == 1
    assert_same(first, opened(folder))
