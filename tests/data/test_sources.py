"""The sources of whole arrays, on real files, and the clear line that each kind of damage gets."""

import contextlib
import gzip
import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits
from gan_cli.data.sources.idx import read_idx
from gan_cli.errors import UserError


class TestBuiltin:
    def test_digits_are_the_published_ones(self):
        datasets = pytest.importorskip("sklearn.datasets")
        published = datasets.load_digits()
        splits = open_splits(DataConfig(source="builtin"))
        images = np.concatenate([splits.train.images, splits.holdout.images])
        labels = np.concatenate([splits.train.labels, splits.holdout.labels])
        theirs = np.round(published.images * 255 / 16).astype(np.uint8)
        expected = zip(published.target, theirs, strict=True)
        assert sorted((label, image.tobytes()) for label, image in expected) == sorted(
            (label, image.tobytes()) for label, image in zip(labels, images, strict=True)
        )
        assert splits.train.class_names == tuple("0123456789")

    def test_an_unknown_name_is_refused(self, problems):
        assert problems(source="builtin", name="cats") == [
            "data.name: unknown builtin 'cats' (known: digits, songs, surnames, unicode)"
        ]


class TestIdx:
    def test_fashion_mnist_is_read_byte_for_byte(self, fashion_mnist_path):
        splits = open_splits(DataConfig(source="idx", path=str(fashion_mnist_path)))
        assert splits.train.images.shape == (60_000, 28, 28, 1)
        assert splits.holdout.images.shape == (10_000, 28, 28, 1)
        raw = gzip.decompress((fashion_mnist_path / "train-images-idx3-ubyte.gz").read_bytes())
        assert splits.train.images.tobytes() == raw[16:]
        names = splits.train.class_names
        assert (names[0], names[5], names[9]) == ("T-shirt/top", "Sandal", "Ankle boot")
        labels = gzip.decompress((fashion_mnist_path / "t10k-labels-idx1-ubyte.gz").read_bytes())
        np.testing.assert_array_equal(splits.holdout.labels, np.frombuffer(labels[8:], np.uint8))

    @given(array=arrays(np.uint8, st.tuples(*[st.integers(0, 5)] * 3)), packed=st.booleans())
    def test_what_is_packed_is_what_is_read(self, tmp_path_factory, idx_bytes, array, packed):
        path = tmp_path_factory.mktemp("idx") / "images"
        content = idx_bytes(array)
        path.write_bytes(gzip.compress(content) if packed else content)
        np.testing.assert_array_equal(read_idx(path)[0], array)

    @given(content=st.binary(max_size=60), header=st.booleans())
    def test_any_other_file_is_a_user_error(self, tmp_path_factory, content, header):
        path = tmp_path_factory.mktemp("idx") / "images"
        path.write_bytes((b"\0\0\x08\x02" if header else b"") + content)
        with contextlib.suppress(UserError):
            array, _ = read_idx(path)
            # The few that are sound say exactly how much they hold.
            assert array.size == len(path.read_bytes()) - 4 - 4 * array.ndim

    def test_one_file_is_split_by_class_the_same_way_every_time(self, tmp_path, idx_bytes):
        images = np.arange(40 * 8 * 9).reshape(40, 8, 9) % 251
        (tmp_path / "my-images-idx3-ubyte").write_bytes(idx_bytes(images))
        (tmp_path / "my-labels-idx1-ubyte").write_bytes(idx_bytes(np.arange(40) % 2))
        config = {"source": "idx", "path": str(tmp_path / "my-images-idx3-ubyte")}
        one = open_splits(DataConfig(**config, holdout_fraction=0.25))
        again = open_splits(DataConfig(**config, holdout_fraction=0.25))
        assert one.fingerprint == again.fingerprint
        np.testing.assert_array_equal(np.bincount(one.holdout.labels), [5, 5])
        both = np.concatenate([one.train.images, one.holdout.images])[..., 0]
        np.testing.assert_array_equal(sorted(both.tolist()), sorted(images.tolist()))

    def test_damage_is_one_clear_line(self, tmp_path, idx_bytes, problems):
        path = tmp_path / "images"
        images = idx_bytes(np.zeros((3, 8, 8)))
        huge = struct.pack(">BBBBIII", 0, 0, 8, 3, 2**31, 2**20, 8)
        cases = [
            (b"", "must start with 00 00 08, got nothing"),
            (b"\x89PNG\r\n", "must start with 00 00 08, got 89 50 4e"),
            (idx_bytes(np.zeros((3, 8, 8)), kind=0x0D), "is not an IDX file of unsigned bytes"),
            (images[:-5], "declares 192 bytes of content and holds 187"),
            (images + b"x", "declares 192 bytes of content and holds more"),
            (images[:7], "is truncated within its header"),
            (huge, "declares 18,014,398,509,481,984 bytes, more than this machine's memory"),
            (gzip.compress(idx_bytes(np.zeros((30, 8, 8))))[:-20], "cannot be read"),
            (b"\x1f\x8b" + b"garbage" * 9, "cannot be read"),
            (bytes([0, 0, 8, 0, 7]), "declares 0 dimensions; labels have 1, images 3 or 4"),
            (bytes([0, 0, 8, 99] + 99 * [0, 0, 0, 1] + [7]), "declares 99 dimensions"),
            (idx_bytes(np.zeros(30)), "got uint8 [30]"),
            (idx_bytes(np.zeros((30, 0, 8))), "got uint8 [30, 0, 8]"),
            (idx_bytes(np.zeros((30, 8, 8, 2))), "got uint8 [30, 8, 8, 2]"),
            (idx_bytes(np.zeros((1, 8, 8))), "gives 1 image; at least 2 are needed"),
        ]
        for content, message in cases:
            path.write_bytes(content)
            (line,) = problems(source="idx", path=str(path))
            assert message in line
            assert str(path) in line or "gives 1 image" in line

    def test_memory_follows_what_a_file_holds_not_what_it_declares(self, tmp_path, problems):
        path = tmp_path / "images"
        path.write_bytes(struct.pack(">BBBBIII", 0, 0, 8, 3, 2**20, 32, 32) + b"few")
        before = _resident_bytes()
        (line,) = problems(source="idx", path=str(path))
        assert "declares 1,073,741,824 bytes of content and holds 3" in line
        assert _resident_bytes() - before < 2**27

    @pytest.mark.parametrize(
        ("labels", "message"),
        [
            (np.zeros(5), "holds 5 labels for the 6 images of train-images-idx3-ubyte"),
            (np.zeros((6, 2)), "declares 2 dimensions; labels have 1"),
        ],
    )
    def test_labels_of_another_shape_are_refused(
        self, tmp_path, idx_bytes, problems, labels, message
    ):
        (tmp_path / "train-images-idx3-ubyte").write_bytes(idx_bytes(np.zeros((6, 8, 8))))
        (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
        (line,) = problems(source="idx", path=str(tmp_path))
        assert message in line

    def test_missing_paths_are_named(self, tmp_path, problems):
        assert "data.path: is required" in problems(source="idx")[0]
        assert "does not exist" in problems(source="idx", path=str(tmp_path / "x"))[0]
        assert "holds no train-images-idx3-ubyte" in problems(source="idx", path=str(tmp_path))[0]


def _resident_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


class TestNpz:
    def save(self, path, **held):
        np.savez(path, **held)
        return {"source": "npz", "path": str(path)}

    @pytest.mark.parametrize(
        ("labels", "note"),
        [
            (np.eye(3, dtype=np.float32)[[0, 1, 2, 0]], "are one-hot: the class is the place of"),
            (np.array([0.0, 1.0, 2.0, 0.0]), "are whole numbers of a float type"),
            (np.array([0, 1, 2, 0], np.float16), "are whole numbers of a float type"),
            (np.array([[0], [1], [2], [0]]), None),
            (np.array([0, 1, 2, 0], ">i4"), None),
        ],
    )
    @pytest.mark.filterwarnings("error::RuntimeWarning")
    def test_labels_as_other_programs_write_them(self, tmp_path, labels, note):
        images = np.zeros((4, 8, 8), np.uint8)
        np.savez(tmp_path / "x.npz", images=images, labels=labels)
        config = DataConfig(source="npz", path=str(tmp_path / "x.npz"), holdout_fraction=0)
        splits = open_splits(config)
        np.testing.assert_array_equal(splits.train.labels, [0, 1, 2, 0])
        told = [line for line in splits.notes if "'labels'" in line]
        assert len(told) == (note is not None)
        assert all(note in line for line in told)

    def test_labels_that_are_no_numbers_come_with_the_line_that_makes_them(
        self, tmp_path, problems
    ):
        images = np.zeros((4, 8, 8), np.uint8)
        np.savez(tmp_path / "x.npz", images=images, labels=np.array(["cat", "dog"] * 2))
        (line,) = problems(source="npz", path=str(tmp_path / "x.npz"))
        assert line.endswith("in NumPy: names, labels = np.unique(labels, return_inverse=True)")
        np.savez(tmp_path / "x.npz", images=images, labels=np.full((4, 2), 0.5))
        (line,) = problems(source="npz", path=str(tmp_path / "x.npz"))
        assert line.endswith("in NumPy: labels = labels.argmax(axis=1)")

    def test_images_labels_and_holdout(self, tmp_path):
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (6, 10, 12, 3), dtype=np.uint8)
        config = self.save(
            tmp_path / "x.npz",
            images=images[:4],
            labels=[0, 1, 2, 0],
            holdout_images=images[4:],
            holdout_labels=[1, 2],
        )
        splits = open_splits(DataConfig(**config))
        np.testing.assert_array_equal(splits.train.images, images[:4])
        np.testing.assert_array_equal(splits.train.labels, [0, 1, 2, 0])
        np.testing.assert_array_equal(splits.holdout.images, images[4:])
        np.testing.assert_array_equal(splits.holdout.labels, [1, 2])
        assert splits.train.class_names == ("0", "1", "2")

    @pytest.mark.parametrize(
        ("held", "message"),
        [
            ({"x": np.zeros(3)}, "holds no array 'images' (it holds: x)"),
            ({"images": np.zeros((4, 8, 8))}, "must be uint8 [count, height, width"),
            ({"images": np.zeros((4, 8, 8, 2), np.uint8)}, "got uint8 [4, 8, 8, 2]"),
            ({"images": np.zeros((4, 8, 8), np.uint8), "labels": np.arange(3)}, "'labels' must be"),
            ({"images": np.zeros((4, 8, 8), np.uint8), "labels": -np.ones(4, int)}, "got -1 to -1"),
            (
                {"images": np.zeros((2, 8, 8), np.uint8), "labels": np.array([0, 10**12])},
                "'labels' must lie from 0 to 65535, got 0 to 1000000000000",
            ),
            ({"images": np.array([{}], object)}, "holds Python objects, which are never unpickled"),
            (
                {
                    "images": np.zeros((2, 8, 8), np.uint8),
                    "labels": np.array([0, 1]),
                    "holdout_images": np.zeros((2, 8, 8), np.uint8),
                    "holdout_labels": np.array([0, 2]),
                },
                "those of the training images run from 0 to 1",
            ),
        ],
    )
    def test_wrong_arrays_are_one_clear_line(self, tmp_path, problems, held, message):
        (line,) = problems(**self.save(tmp_path / "x.npz", **held))
        assert message in line
        assert str(tmp_path / "x.npz") in line

    @pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9, 0.99])
    def test_a_damaged_archive_is_one_clear_line(self, tmp_path, problems, share):
        config = self.save(tmp_path / "x.npz", images=np.zeros((9, 8, 8), np.uint8))
        whole = (tmp_path / "x.npz").read_bytes()
        (tmp_path / "x.npz").write_bytes(whole[: int(len(whole) * share)])
        (line,) = problems(**config)
        assert "x.npz: cannot be read as an npz file" in line

    def test_an_array_that_declares_more_than_it_holds(self, tmp_path, problems):
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "|u1", "fortran_order": False, "shape": (2**32, 64, 64)}
        )
        with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
            archive.writestr("images.npy", header.getvalue() + b"few")
        (line,) = problems(source="npz", path=str(tmp_path / "x.npz"))
        assert "x.npz: images.npy: declares 17,592,186,044,416 bytes of content" in line

    def test_missing_paths_are_named(self, tmp_path, problems):
        assert "data.path: is required" in problems(source="npz")[0]
        assert "does not exist" in problems(source="npz", path=str(tmp_path / "x.npz"))[0]


@pytest.mark.parametrize(
    ("shape", "least", "code"),
    [
        ((10, 8, 9, 3), 0.0, "(images * 255).round().astype('uint8')"),
        ((10, 8, 9), -1.0, "(images * 127.5 + 127.5).round().astype('uint8')"),
        ((10, 3, 8, 9), 0.0, "(images.transpose(0, 2, 3, 1) * 255).round().astype('uint8')"),
    ],
)
def test_arrays_of_other_forms_are_refused_with_the_line_that_helps(
    tmp_path, problems, shape, least, code
):
    images = np.random.default_rng(0).uniform(least, 1, shape).astype(np.float32)
    np.savez(tmp_path / "a.npz", images=images)
    (line,) = problems(source="npz", path=str(tmp_path / "a.npz"))
    assert line.endswith(f"; in NumPy: images = {code}")
    converted = eval(code, {"images": images})  # The line does what it says.
    np.savez(tmp_path / "a.npz", images=converted)
    splits = open_splits(DataConfig(source="npz", path=str(tmp_path / "a.npz")))
    assert len(splits.train.images) == 9
