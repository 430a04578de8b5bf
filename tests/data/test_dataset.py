"""From any source to two prepared splits: holding out, caching, fingerprints."""

import errno
import os
import shutil
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import Collection, CorruptImageError, SourceSplits
from gan_cli.data.dataset import ImageDataset, fingerprint, open_splits
from gan_cli.data.materialise import Preparation, cache_folder, materialise
from gan_cli.data.split import choose_evenly
from gan_cli.errors import UserError
from gan_cli.io.memory import machine_memory


@pytest.fixture
def folder(tmp_path):
    """Sixty images of 10x12 pixels in two classes, of which one is twice as large."""
    for number in range(60):
        label = tmp_path / "images" / ("many" if number % 3 else "few")
        label.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (10, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(label / f"{number:02}.png")
    return {"source": "folder", "path": str(tmp_path / "images")}


class TestChooseEvenly:
    @given(st.data())
    def test_every_class_by_its_share(self, data):
        labels = np.array(data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=60)))
        # Indices with gaps, as they are left when some images were chosen before.
        indices = np.flatnonzero(data.draw(st.lists(st.booleans(), min_size=60, max_size=60)))
        indices = indices[indices < len(labels)]
        count = data.draw(st.integers(0, len(indices)))
        chosen = choose_evenly(indices, labels, count)
        assert len(chosen) == len(set(chosen)) == count
        assert set(chosen) <= set(indices)
        assert (np.diff(chosen) > 0).all()
        for label in range(5):
            share = count * np.sum(labels[indices] == label) / max(len(indices), 1)
            got = np.sum(labels[chosen] == label)
            assert np.floor(share - 1e-9) <= got <= np.ceil(share + 1e-9)

    def test_it_is_random_and_always_the_same(self):
        chosen = choose_evenly(np.arange(10_000), None, 1000)
        np.testing.assert_array_equal(chosen, choose_evenly(np.arange(10_000), None, 1000))
        # As many from each tenth as a fair draw gives: 100 +- 5 standard deviations.
        counts = np.bincount(chosen // 1000)
        assert counts.min() >= 55
        assert counts.max() <= 145
        assert len(set(np.diff(chosen))) > 20


class TestSplits:
    def test_a_share_of_every_class_is_held_out(self, folder):
        splits = open_splits(DataConfig(**folder, holdout_fraction=0.1))
        # At least six, of 60 images.
        assert 6 <= len(splits.holdout.images) <= 12
        np.testing.assert_array_equal(
            np.bincount(splits.train.labels) + np.bincount(splits.holdout.labels), [20, 40]
        )
        trained = {image.tobytes() for image in splits.train.images}
        assert not trained & {image.tobytes() for image in splits.holdout.images}

    def test_max_images_takes_its_share_of_every_class(self, folder):
        splits = open_splits(DataConfig(**folder, max_images=30, holdout_fraction=0.2))
        labels = np.concatenate([splits.train.labels, splits.holdout.labels])
        np.testing.assert_array_equal(np.bincount(labels), [10, 20])
        (problem,) = _problems(folder, max_images=1)
        assert problem == "data.max_images: must be at least 2, so that one can be held out"

    @pytest.mark.parametrize(("fraction", "held_out"), [(0.001, 6), (0.999, 58)])
    def test_neither_split_is_ever_empty(self, folder, fraction, held_out):
        splits = open_splits(DataConfig(**folder, holdout_fraction=fraction))
        assert len(splits.holdout.images) == held_out
        assert set(splits.train.labels) == {0, 1}

    def test_files_held_out_stay_so_when_others_come(self, folder, tmp_path):
        before = open_splits(DataConfig(**folder, holdout_fraction=0.25))
        for number in range(60, 300):
            pixels = np.random.default_rng(number).integers(0, 256, (10, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "images" / "few" / f"0{number}.png")
        after = open_splits(DataConfig(**folder, holdout_fraction=0.25))
        trained, held_out = _pixels(after.train), _pixels(after.holdout)
        assert _pixels(before.holdout) <= held_out
        assert _pixels(before.train) <= trained
        assert 50 <= len(held_out) <= 100

    def test_copies_of_a_file_are_on_one_side(self, folder, tmp_path):
        for file in sorted((tmp_path / "images").glob("*/*.png")):
            shutil.copy(file, file.with_name(f"copy-{file.name}"))
        splits = open_splits(DataConfig(**folder))
        assert len(splits.train.images) + len(splits.holdout.images) == 120
        assert not _pixels(splits.train) & _pixels(splits.holdout)

    @pytest.mark.parametrize("source", ["folder", "builtin"])
    def test_nothing_is_held_out_where_the_fraction_is_0(self, folder, source):
        given = folder if source == "folder" else {"source": "builtin"}
        splits = open_splits(DataConfig(**given, holdout_fraction=0))
        assert len(splits.train.images) == (60 if source == "folder" else 1797)
        assert len(splits.holdout.images) == len(splits.holdout.labels) == 0

    def test_the_only_image_of_a_class_is_trained_on(self, tmp_path):
        for number in range(100):
            (tmp_path / f"class{number}").mkdir()
            Image.new("L", (9, 9), number).save(tmp_path / f"class{number}" / "image.png")
        splits = open_splits(DataConfig(source="folder", path=str(tmp_path)))
        assert sorted(splits.train.labels) == list(range(100))

    @pytest.mark.parametrize("rule", ["content", "order"])
    def test_the_only_image_of_a_class_in_an_array_is_trained_on(self, tmp_path, rule):
        images = np.arange(60 * 81, dtype=np.uint32).reshape(60, 9, 9).astype(np.uint8)
        labels = [*range(57), 57, 57, 57]
        np.savez(tmp_path / "data.npz", images=images, labels=labels)
        splits = open_splits(
            DataConfig(source="npz", path=str(tmp_path / "data.npz"), holdout_by=rule)
        )
        trained = set(splits.train.labels)
        # Earlier runs keep their split.
        assert (trained == set(range(58))) == (rule == "content")
        assert len(splits.train.images) + len(splits.holdout.images) == 60
        if rule == "content":
            assert set(splits.holdout.labels) <= {57}

    def test_by_order_as_earlier_runs_did(self, folder):
        splits = open_splits(DataConfig(**folder, holdout_by="order"))
        np.testing.assert_array_equal(np.bincount(splits.holdout.labels), [2, 4])

    def test_test_images_without_labels_are_left_out(self, tmp_path):
        images = np.random.default_rng(0).integers(0, 256, (90, 8, 8), dtype=np.uint8)
        path = tmp_path / "images.npz"
        labels = np.arange(80) % 2
        np.savez(path, images=images[:80], labels=labels, holdout_images=images[80:])
        splits = open_splits(DataConfig(source="npz", path=str(path)))
        np.testing.assert_array_equal(np.bincount(splits.holdout.labels), [4, 4])
        (note,) = splits.notes
        assert "the test images have no labels" in note

    def test_images_of_one_size_keep_it_and_others_get_64_pixels(self, folder, tmp_path):
        assert open_splits(DataConfig(**folder)).train.images.shape[1:] == (10, 12, 3)
        for number in range(10):
            Image.new("L", (50, 40)).save(tmp_path / "images" / "many" / f"other{number}.png")
        assert open_splits(DataConfig(**folder)).train.images.shape[1:] == (64, 64, 3)
        sized = open_splits(DataConfig(**folder, image_size=(8, 9), channels=4))
        assert sized.train.images.shape[1:] == (8, 9, 4)

    def test_gray_images_stay_gray(self, tmp_path):
        for number in range(4):
            Image.new("L", (9, 9), number).save(tmp_path / f"{number}.png")
        splits = open_splits(DataConfig(source="folder", path=str(tmp_path)))
        assert splits.train.images.shape == (3, 9, 9, 1)
        assert splits.train.labels is None
        assert splits.train.class_names == ()

    def test_progress_counts_up_to_the_whole(self, folder):
        calls = []
        open_splits(DataConfig(**folder), progress=lambda done, total: calls.append((done, total)))
        assert calls[-1] == (60, 60)
        assert calls == sorted(calls)
        assert {total for _, total in calls} == {60}

    def test_a_source_of_ones_own(self):
        splits = open_splits(DataConfig(source=f"{__name__}:open_gradients", image_size=(8, 8)))
        assert splits.train.images.shape == (9, 8, 8, 1)


def _pixels(dataset: ImageDataset) -> set[bytes]:
    return {image.tobytes() for image in dataset.images}


def open_gradients(_config: DataConfig) -> SourceSplits:
    read = lambda index: np.full((16, 16), index, np.uint8)  # noqa: E731
    return SourceSplits(Collection(10, read, str, None, (), "gradients"))


def _problems(folder, **options):
    with pytest.raises(UserError) as caught:
        open_splits(DataConfig(**folder, **options))
    return caught.value.problems


class TestCache:
    def test_the_disk_holds_the_same_pixels_and_is_used_again(self, folder, monkeypatch):
        memory = open_splits(DataConfig(**folder, cache="memory"))
        disk = open_splits(DataConfig(**folder, cache="disk"))
        assert memory.fingerprint == disk.fingerprint
        assert isinstance(disk.train.images, np.memmap)
        assert not disk.train.images.flags.writeable

        def fail(*_):
            raise AssertionError("was prepared again")

        monkeypatch.setattr("gan_cli.data.materialise.prepare_image", fail)
        assert open_splits(DataConfig(**folder, cache="disk")).fingerprint == disk.fingerprint

    def test_a_changed_file_is_prepared_again(self, folder, tmp_path):
        before = open_splits(DataConfig(**folder, cache="disk"))
        Image.new("RGB", (12, 10)).save(tmp_path / "images" / "many" / "01.png")
        after = open_splits(DataConfig(**folder, cache="disk"))
        assert after.fingerprint != before.fingerprint
        black = [dataset for dataset in (after.train, after.holdout) if _has_black(dataset)]
        assert len(black) == 1

    @pytest.mark.parametrize("size", [0, 50, 5_000])
    def test_a_file_that_was_cut_short_is_prepared_again(self, folder, size):
        whole = open_splits(DataConfig(**folder, cache="disk"))
        os.truncate(whole.train.images.filename, size)
        again = open_splits(DataConfig(**folder, cache="disk"))
        assert again.fingerprint == open_splits(DataConfig(**folder, cache="memory")).fingerprint

    def test_a_file_that_was_removed_is_still_read_from(self, folder):
        disk = open_splits(DataConfig(**folder, cache="disk"))
        os.unlink(disk.train.images.filename)
        memory = open_splits(DataConfig(**folder, cache="memory"))
        np.testing.assert_array_equal(disk.train.images, memory.train.images)

    def test_auto_goes_to_disk_where_memory_is_small(self, folder, monkeypatch):
        assert not isinstance(open_splits(DataConfig(**folder)).train.images, np.memmap)
        # A quarter of it is less than 54 images of 360 bytes.
        monkeypatch.setattr("gan_cli.data.materialise.machine_memory", lambda: 70_000)
        assert isinstance(open_splits(DataConfig(**folder)).train.images, np.memmap)

    def test_a_full_disk_is_one_clear_line_and_leaves_nothing(self, folder, tmp_path, monkeypatch):
        monkeypatch.setenv("GAN_CLI_CACHE", str(tmp_path / "cache"))

        def full(*_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "posix_fallocate", full)
        (line,) = _problems(folder, cache="disk")
        assert "data.cache: cannot keep 19,440 bytes of prepared images" in line
        assert "No space left on device" in line
        assert list(cache_folder("data").iterdir()) == []

    def test_a_cache_that_cannot_be_written_is_one_clear_line(self, folder, tmp_path, monkeypatch):
        (tmp_path / "file").write_text("in the way")
        monkeypatch.setenv("GAN_CLI_CACHE", str(tmp_path / "file"))
        (line,) = _problems(folder, cache="disk")
        assert "Not a directory; set GAN_CLI_CACHE" in line

    def test_space_is_claimed_before_anything_is_mapped(self, folder):
        splits = open_splits(DataConfig(**folder, cache="disk", image_size=(256, 256)))
        file = splits.train.images.filename
        assert os.stat(file).st_blocks * 512 >= splits.train.images.nbytes

    def test_an_error_stops_the_preparation_soon(self):
        read, lock = [], threading.Lock()

        def interrupted(index):
            with lock:
                read.append(index)
            if index == 500:
                raise KeyboardInterrupt
            return np.zeros((8, 8), np.uint8)

        collection = Collection(100_000, interrupted, str, None, (), "x")
        form = Preparation(9, 9, 1, "crop", "#ffffff")
        with pytest.raises(KeyboardInterrupt):
            materialise(collection, np.arange(100_000), form)
        assert len(read) < 10_000

    def test_sound_images_close_up_over_corrupt_ones(self):
        def some(index):
            if index % 3 == 0:
                raise CorruptImageError("no")
            return np.full((8, 8), index, np.uint8)

        form = Preparation(8, 8, 1, "crop", "#ffffff")
        for cache in ("memory", "disk", "disk"):
            collection = Collection(200, some, lambda i: f"image {i}", None, (), "threes")
            prepared = materialise(collection, np.arange(200), form, cache=cache)
            expected = [index for index in range(200) if index % 3]
            assert prepared.kept.tolist() == expected
            assert prepared.images[:, 0, 0, 0].tolist() == expected
            assert prepared.corrupt[1] == "image 3: no"
            assert len(prepared.corrupt) == 67


def _has_black(dataset: ImageDataset) -> bool:
    return bool((dataset.images.reshape(len(dataset.images), -1).max(axis=1) == 0).any())


class TestFingerprint:
    images = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4, 1)
    labels = np.array([0, 1], np.int32)

    def test_anything_that_changes_changes_it(self):
        changed = self.images.copy()
        changed[1, 2, 3, 0] += 1
        prints = {
            fingerprint(self.images, self.labels, ("a", "b")),
            fingerprint(changed, self.labels, ("a", "b")),
            fingerprint(self.images[::-1], self.labels, ("a", "b")),
            fingerprint(self.images.reshape(2, 4, 3, 1), self.labels, ("a", "b")),
            fingerprint(self.images, self.labels[::-1], ("a", "b")),
            fingerprint(self.images, None, ("a", "b")),
            fingerprint(self.images, self.labels, ("a", "c")),
            fingerprint(self.images[:1], self.labels, ("a", "b")),
        }
        assert len(prints) == 8

    def test_it_is_the_same_for_the_same_pixels_in_any_layout(self):
        strided = np.repeat(self.images, 2, axis=2)[:, :, ::2]
        assert fingerprint(strided, self.labels, ()) == fingerprint(self.images, self.labels, ())

    def test_preparation_and_labels_are_part_of_a_run_s(self, folder, tmp_path):
        prints = {
            open_splits(DataConfig(**folder, **options)).fingerprint
            for options in ({}, {"image_size": (9, 9)}, {"image_size": (9, 9), "fit": "stretch"})
        }
        images = tmp_path / "images"
        (images / "many" / "01.png").rename(images / "few" / "01.png")
        prints.add(open_splits(DataConfig(**folder)).fingerprint)
        assert len(prints) == 4


def test_the_memory_of_a_container_counts(tmp_path):
    unlimited, limited = tmp_path / "unlimited", tmp_path / "limited"
    unlimited.write_text("max\n")
    limited.write_text("123456789\n")
    assert machine_memory((unlimited, tmp_path / "none")) > 2**28
    assert machine_memory((unlimited, limited)) == 123456789
