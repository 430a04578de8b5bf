"""Image files, IDX files and npz archives of any content."""

import gzip
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits
from gan_cli.errors import UserError

FUZZ = settings.get_profile("gan-cli-fuzz")
RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (12, 12, 3), dtype=np.uint8)


def encoded(form: str, mode: str) -> bytes:
    content = io.BytesIO()
    Image.fromarray(PIXELS).convert(mode).save(content, form)
    return content.getvalue()


IMAGES = {
    f"{form.lower()}-{mode}": encoded(form, mode)
    for form, mode in [
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("JPEG", "RGB"),
        ("GIF", "P"),
        ("BMP", "RGB"),
        ("TIFF", "RGB"),
        ("WEBP", "RGB"),
        ("PPM", "RGB"),
    ]
}


@pytest.mark.parametrize("kind", IMAGES)
def test_image_files(tmp_path, mutated, only_user_errors, kind):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(IMAGES["png-RGBA"])
    harmed = tmp_path / f"harmed.{kind.partition('-')[0]}"

    @settings(FUZZ, max_examples=max(FUZZ.max_examples // len(IMAGES), 10))
    @given(mutated(IMAGES[kind]), st.sampled_from(["fail", "skip"]))
    def check(content, on_corrupt):
        harmed.write_bytes(content)
        with only_user_errors(tmp_path):
            config = DataConfig(
                source="folder", path=str(tmp_path), on_corrupt=on_corrupt, image_size=(8, 8)
            )
            data = open_splits(config)
            assert data.train.images.shape[1:3] == (8, 8)

    check()


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


IDX_IMAGES = idx(RNG.integers(0, 256, (20, 8, 8), dtype=np.uint8))
IDX_LABELS = idx(np.arange(20, dtype=np.uint8) % 3)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("part", ["images-idx3", "labels-idx1"])
def test_idx_files(tmp_path, mutated, only_user_errors, compressed, part):
    ending = ".gz" if compressed else ""
    pack = (lambda content: gzip.compress(content, mtime=0)) if compressed else bytes
    contents = {"images-idx3": IDX_IMAGES, "labels-idx1": IDX_LABELS}
    for name, content in contents.items():
        (tmp_path / f"train-{name}-ubyte{ending}").write_bytes(pack(content))

    # Damage within the compressed stream, and within what it holds.
    inner, outer = mutated(contents[part]).map(pack), mutated(pack(contents[part]))

    @settings(FUZZ, max_examples=max(FUZZ.max_examples // 4, 10))
    @given(st.one_of(inner, outer))
    def check(content):
        (tmp_path / f"train-{part}-ubyte{ending}").write_bytes(content)
        with only_user_errors(tmp_path):
            open_splits(DataConfig(source="idx", path=str(tmp_path)))

    check()


def npz(compressed: bool = True, **arrays: np.ndarray) -> bytes:
    content = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(content, **arrays)
    return content.getvalue()


def zipped(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(f"{name}.npy", member)
    return content.getvalue()


def npy(array: np.ndarray, **options) -> bytes:
    content = io.BytesIO()
    np.save(content, array, **options)
    return content.getvalue()


SMALL = RNG.integers(0, 256, (20, 8, 8), dtype=np.uint8)
LABELS = np.arange(20) % 3


def test_npz_files(tmp_path, mutated, only_user_errors):
    path = tmp_path / "data.npz"
    whole = [npz(flag, images=SMALL, labels=LABELS) for flag in (False, True)]
    inner = mutated(npy(SMALL)).map(lambda images: zipped(images=images, labels=npy(LABELS)))

    @FUZZ
    @given(st.one_of(inner, mutated(whole[0]), mutated(whole[1])))
    def check(content):
        path.write_bytes(content)
        with only_user_errors(path):
            open_splits(DataConfig(source="npz", path=str(path)))

    check()


ANY_ARRAY = st.builds(
    lambda dtype, shape, order: np.zeros(shape, dtype, order=order),
    st.sampled_from(["u1", "i1", "i8", "u8", "f8", "f2", "c16", "?", "U3", "S2", "M8[s]", "V4"]),
    st.lists(st.integers(0, 5), max_size=5).map(tuple),
    st.sampled_from("CF"),
)


def test_npz_files_of_any_arrays(tmp_path, only_user_errors):
    path = tmp_path / "data.npz"
    names = st.sampled_from(["images", "labels", "holdout_images", "holdout_labels", "arr_0", "x"])

    @FUZZ
    @given(st.dictionaries(names, ANY_ARRAY, max_size=4))
    def check(arrays):
        path.write_bytes(npz(**arrays))
        with only_user_errors(path):
            open_splits(DataConfig(source="npz", path=str(path)))

    check()


def test_paths(only_user_errors, tmp_path):
    names = st.one_of(
        st.text(max_size=20).filter(lambda text: "/" not in text),
        st.sampled_from(["~nobody-at-all/x", "\0", "a" * 5000, "", "../" * 50, "\ud800"]),
    )

    @FUZZ
    @given(names, st.sampled_from(["folder", "idx", "npz"]))
    def check(name, source):
        path = name if name[:1] == "~" else f"{tmp_path}/none/{name}"
        with only_user_errors(tmp_path):
            open_splits(DataConfig(source=source, path=path))

    check()


def declared(shape: tuple[int, ...]) -> bytes:
    """An array file that declares a shape and holds four bytes."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + b"\0" * 4


@pytest.mark.parametrize(
    "content",
    [
        zipped(images=declared((2**40, 8, 8))),
        zipped(images=declared((2**62, 8, 8))),
        zipped(images=declared((20, 8, 8))),
        zipped(images=npy(np.array([print] * 4, object), allow_pickle=True)),
    ],
    ids=["giant", "beyond 64 bits", "short", "pickled"],
)
def test_an_archive_that_declares_more_than_it_holds_is_refused_unread(
    tmp_path, monkeypatch, content
):
    path = tmp_path / "data.npz"
    path.write_bytes(content)

    def claims(*args, **kwargs):
        raise AssertionError("the arrays were loaded")

    monkeypatch.setattr(np, "load", claims)
    with pytest.raises(UserError, match=r"declares [\d,]+ bytes|holds Python objects"):
        open_splits(DataConfig(source="npz", path=str(path)))


def test_what_unpacks_to_more_than_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("gan_cli.io.npz.machine_memory", lambda: 2**20)
    path = tmp_path / "data.npz"
    # Two MiB of nothing, packed into kilobytes.
    path.write_bytes(npz(images=np.zeros((2048, 32, 32), np.uint8)))
    assert path.stat().st_size < 2**14
    with pytest.raises(UserError, match=r"unpacks to .* more than this machine's memory"):
        open_splits(DataConfig(source="npz", path=str(path)))


def test_an_image_of_giant_size_is_refused_before_it_is_decoded(tmp_path):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(IMAGES["png-RGBA"])
    for side in (16_000, 30_000):
        # A whole header, and no pixels.
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        chunk = b"IHDR" + header
        bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
        bomb += struct.pack(">I", zlib.crc32(chunk)) + struct.pack(">I", 100) + b"IDAT"
        (tmp_path / f"bomb-{side}.png").write_bytes(bomb)
    with pytest.raises(UserError) as caught:
        open_splits(DataConfig(source="folder", path=str(tmp_path)))
    (line,) = caught.value.problems
    assert "2 of 4 images have more than 250,000,000 pixels" in line


def test_pipes_and_links_to_nowhere_are_passed_over(tmp_path):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(IMAGES["png-RGBA"])
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "link.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "round.png").symlink_to(tmp_path / "round.png")
    data = open_splits(DataConfig(source="folder", path=str(tmp_path)))
    assert len(data.train.images) + len(data.holdout.images) == 2


# Labels as programs write them, and as they should not be: any numbers of any type and shape.
def labels_of(values: list[float], dtype: str, form: Callable) -> np.ndarray:
    with np.errstate(all="ignore"):
        return form(np.array(values).astype(dtype))


ANY_LABELS = st.builds(
    labels_of,
    st.lists(
        st.one_of(
            st.integers(-3, 3),
            st.sampled_from([2**16, 2**31, -(2**63), 2**63 - 1]),
            st.floats(allow_nan=True, allow_infinity=True),
        ),
        min_size=20,
        max_size=20,
    ),
    st.sampled_from(["<i8", ">i4", "<u8", ">f8", "<f4", "?", "c16", "U5", "S3"]),
    st.sampled_from(
        [
            lambda labels: labels,
            lambda labels: labels[:, None],
            lambda labels: labels[:0],
            lambda labels: np.stack([labels, labels], axis=1),
            lambda labels: np.eye(3, dtype=np.float32)[np.arange(20) % 3],
            lambda labels: np.eye(20, dtype=labels.dtype if labels.dtype.kind in "iuf" else "i4"),
        ]
    ),
)


@pytest.mark.parametrize("part", ["labels", "holdout_labels"])
def test_npz_files_of_any_labels(tmp_path, only_user_errors, part):
    path = tmp_path / "data.npz"

    @settings(FUZZ, max_examples=max(FUZZ.max_examples // 2, 10))
    @given(ANY_LABELS)
    def check(labels):
        arrays = {"images": SMALL, "labels": LABELS, "holdout_images": SMALL, part: labels}
        path.write_bytes(npz(**arrays))
        with only_user_errors(path):
            train = open_splits(DataConfig(source="npz", path=str(path))).train
            if train.labels is not None:
                # Every class has a name and an image.
                assert set(train.labels) == set(range(len(train.class_names)))

    check()


@pytest.mark.parametrize("kind", ["png-RGBA", "jpeg-RGB", "tiff-RGB", "gif-P"])
def test_tiles(tmp_path, mutated, only_user_errors, kind):
    (tmp_path / "a.png").write_bytes(IMAGES["png-RGBA"])
    harmed = tmp_path / f"harmed.{kind.partition('-')[0]}"

    @settings(FUZZ, max_examples=max(FUZZ.max_examples // 4, 10))
    @given(
        mutated(IMAGES[kind]),
        st.sampled_from(["fail", "skip"]),
        st.integers(8, 14),
        st.integers(1, 20),
    )
    def check(content, on_corrupt, side, stride):
        harmed.write_bytes(content)
        with only_user_errors(tmp_path):
            config = DataConfig(
                source="folder",
                path=str(tmp_path),
                on_corrupt=on_corrupt,
                image_size=(8, 8),
                tiles={"size": side, "stride": stride},
            )
            assert open_splits(config).train.images.shape[1:3] == (8, 8)

    check()


def test_more_tiles_than_anyone_means_are_refused_unmade(tmp_path):
    (tmp_path / "a.png").write_bytes(IMAGES["png-RGBA"])
    header = struct.pack(">IIBBBBB", 15_000, 15_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    bomb += struct.pack(">I", zlib.crc32(chunk)) + struct.pack(">I", 100) + b"IDAT"
    (tmp_path / "bomb.png").write_bytes(bomb)
    with pytest.raises(UserError, match=r"data.tiles: gives 224,790,074 tiles; raise its stride"):
        open_splits(DataConfig(source="folder", path=str(tmp_path), tiles={"size": 8, "stride": 1}))
