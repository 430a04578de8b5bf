"""Folders of image files: which are found, which class they have, and which are corrupt."""

import io
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gan_cli.config.schema import DataConfig
from gan_cli.data import image_files
from gan_cli.data.collection import CorruptImageError
from gan_cli.data.dataset import open_splits
from gan_cli.data.decode import HEIC_ENDINGS, decode_image

SIZE = {"image_size": (16, 16)}


@pytest.fixture
def folder(tmp_path):
    """Two classes, in files of many kinds."""
    rng = np.random.default_rng(0)
    for index, (label, mode, ending) in enumerate(
        [
            ("cat", "RGB", "png"),
            ("cat", "L", "jpg"),
            ("cat", "P", "gif"),
            ("dog", "RGBA", "webp"),
            ("dog", "RGB", "bmp"),
            ("dog", "RGB", "JPEG"),
        ]
    ):
        (tmp_path / label).mkdir(exist_ok=True)
        pixels = rng.integers(0, 256, (20 + index, 30, 3), dtype=np.uint8)
        Image.fromarray(pixels).convert(mode).save(tmp_path / label / f"{index}.{ending}")
    return tmp_path


def save_gray(path, level):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (9, 9), level).save(path)


def test_all_kinds_of_files_with_classes(folder):
    splits = open_splits(DataConfig(source="folder", path=str(folder), **SIZE))
    assert sorted([*splits.train.labels, *splits.holdout.labels]) == [0, 0, 0, 1, 1, 1]
    assert splits.train.class_names == ("cat", "dog")
    assert splits.train.images.shape[1:] == (16, 16, 3)


def test_the_label_is_the_first_folder_on_the_way(tmp_path):
    for level, name in enumerate(["b/x/1.png", "b/2.png", "a/y/z/3.png", "a/4.png"]):
        save_gray(tmp_path / name, level)
    splits = open_splits(DataConfig(source="folder", path=str(tmp_path)))
    images = np.concatenate([splits.train.images, splits.holdout.images])
    labels = np.concatenate([splits.train.labels, splits.holdout.labels])
    pairs = sorted(zip(images[:, 0, 0, 0].tolist(), labels.tolist(), strict=True))
    assert pairs == [(0, 1), (1, 1), (2, 0), (3, 0)]


def test_hidden_and_other_files_are_passed_over_and_links_are_followed(tmp_path):
    save_gray(tmp_path / "set" / "1.png", 10)
    save_gray(tmp_path / "set" / ".2.png", 20)
    save_gray(tmp_path / "set" / ".thumbnails" / "3.png", 30)
    (tmp_path / "set" / "notes.txt").write_text("not an image")
    save_gray(tmp_path / "elsewhere" / "4.png", 40)
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "one").symlink_to(tmp_path / "set")
    (tmp_path / "all" / "two").symlink_to(tmp_path / "elsewhere")
    # A ring, which must not be followed for ever.
    (tmp_path / "set" / "ring").symlink_to(tmp_path / "all")
    splits = open_splits(DataConfig(source="folder", path=str(tmp_path / "all")))
    levels = [*splits.train.images[:, 0, 0, 0], *splits.holdout.images[:, 0, 0, 0]]
    assert sorted(levels) == [10, 40]


def test_every_ending_of_a_jpeg_is_read(tmp_path):
    for ending in ("jpg", "jfif", "JFIF", "jpe"):
        Image.new("L", (9, 9), 7).save(tmp_path / f"{ending}-1.{ending}", format="jpeg")
    splits = open_splits(DataConfig(source="folder", path=str(tmp_path), **SIZE))
    assert len(splits.train.images) + len(splits.holdout.images) == 4


def test_the_folder_that_macos_adds_to_archives_is_no_class_and_hides_no_split(tmp_path):
    for part in ("train/cat", "train/dog", "test/cat", "__MACOSX/train/cat"):
        for index in range(2):
            save_gray(tmp_path / part / f"{index}.png", 50)
    splits = open_splits(DataConfig(source="folder", path=str(tmp_path), **SIZE))
    assert splits.train.class_names == ("cat", "dog")
    assert (len(splits.train.images), len(splits.holdout.images)) == (4, 2)


def test_folders_called_train_and_test_are_splits(tmp_path):
    names = ["train/a/1.png", "train/b/2.png", "train/a/3.png", "test/b/4.png", "val/a/5.png"]
    for level, name in enumerate(names):
        save_gray(tmp_path / name, level)
    splits = open_splits(DataConfig(source="folder", path=str(tmp_path)))
    assert splits.train.images[:, 0, 0, 0].tolist() == [0, 2, 1]
    assert splits.train.labels.tolist() == [0, 0, 1]
    assert splits.holdout.images[:, 0, 0, 0].tolist() == [3]
    assert splits.holdout.labels.tolist() == [1]


@pytest.mark.parametrize(
    ("train", "test"), [("Train", "Testing"), ("training", "TEST"), ("train", "Validation")]
)
def test_splits_in_any_case_beside_stray_folders(tmp_path, train, test):
    for part in (f"{train}/cat", f"{train}/dog", f"{test}/cat", "labels"):
        save_gray(tmp_path / part / "1.png", 50)
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "1.xml").write_text("<xml/>")
    splits = open_splits(DataConfig(source="folder", path=str(tmp_path), **SIZE))
    assert splits.train.class_names == ("cat", "dog")
    assert (len(splits.train.images), len(splits.holdout.images)) == (2, 1)
    assert f"images in {tmp_path} outside these two are passed over: labels" in splits.notes
    assert f"{tmp_path}/annotations/1.xml: is no image of a known kind" in splits.passed_over


@pytest.mark.parametrize("above", ["train", "archive", "archive/Training", "archive/images"])
def test_folders_around_all_images_are_looked_through(tmp_path, above):
    for name in ("cat/1.png", "cat/2.png", "dog/3.png"):
        save_gray(tmp_path / above / name, 50)
    splits = open_splits(DataConfig(source="folder", path=str(tmp_path), **SIZE))
    assert splits.train.class_names == ("cat", "dog")
    assert str(tmp_path / above) in " ".join(splits.notes)


def test_classes_are_ordered_as_numbers_unless_the_run_is_an_earlier_one(tmp_path):
    for number in range(1, 13):
        save_gray(tmp_path / str(number) / "1.png", number)
    given = {"source": "folder", "path": str(tmp_path)}
    splits = open_splits(DataConfig(**given))
    assert splits.train.class_names == tuple(map(str, range(1, 13)))
    for image, label in zip(splits.train.images, splits.train.labels, strict=True):
        assert image[0, 0, 0] == label + 1
    earlier = open_splits(DataConfig(**given, holdout_by="order"))
    assert earlier.train.class_names[:3] == ("1", "10", "11")


def test_one_name_in_two_spellings_is_one_class(tmp_path):
    save_gray(tmp_path / "caf\u00e9" / "1.png", 1)
    save_gray(tmp_path / "cafe\u0301" / "2.png", 2)
    save_gray(tmp_path / "bar" / "3.png", 3)
    splits = open_splits(DataConfig(source="folder", path=str(tmp_path)))
    assert splits.train.class_names == ("bar", "caf\u00e9")


def test_a_class_of_which_nothing_can_be_read_is_refused(tmp_path, problems):
    save_gray(tmp_path / "cat" / "1.png", 1)
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog" / "1.PSD").write_bytes(b"layers")
    (line,) = problems(source="folder", path=str(tmp_path))
    assert f"{tmp_path}/dog holds images, none of which can be read" in line
    (line,) = problems(source="folder", path=str(tmp_path / "dog"))
    assert line.endswith("; it holds 1 .psd")


@pytest.fixture
def without_heic(monkeypatch):
    kept = tuple(ending for ending in image_files.ENDINGS if ending not in HEIC_ENDINGS)
    monkeypatch.setattr(image_files, "ENDINGS", kept)


def test_how_to_read_heic_is_told(tmp_path, problems, without_heic):
    save_gray(tmp_path / "cat" / "1.png", 1)
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog" / "1.HEIC").write_bytes(b"heic")
    advice = "; pip install 'gan-cli[heic]' reads .heic and .heif"
    (line,) = problems(source="folder", path=str(tmp_path))
    assert line.endswith(advice)
    (line,) = problems(source="folder", path=str(tmp_path / "dog"))
    assert line.endswith("; it holds 1 .heic" + advice)


def test_heic_is_read(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    pixels = np.zeros((32, 64, 3), np.uint8)
    pixels[:, 32:] = 200
    for name in ("1.HEIC", "2.heif"):
        Image.fromarray(pixels).save(tmp_path / name, "HEIF", quality=-1)
    splits = open_splits(DataConfig(source="folder", path=str(tmp_path), holdout_fraction=0))
    assert not splits.notes
    for image in splits.train.images:
        np.testing.assert_allclose(image, pixels, atol=4)


def test_what_is_passed_over_is_counted(tmp_path):
    save_gray(tmp_path / "1.png", 1)
    save_gray(tmp_path / "2.png", 2)
    for name in ("a.txt", "b.txt", "c.svg", "Thumbs.db"):
        (tmp_path / name).write_text("no image")
    splits = open_splits(DataConfig(source="folder", path=str(tmp_path)))
    assert splits.notes == (
        f"3 files in {tmp_path} are no images of a known kind and are passed over:"
        " 2 .txt, 1 .svg (a.txt, b.txt, c.svg)",
    )


def test_runs_and_exports_in_the_folder_are_not_read(tmp_path):
    for level in range(4):
        save_gray(tmp_path / f"{level}.png", level)
    for name in ("runs/one/config.yaml", "runs/one/environment.json", "out/set/export.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('{"config_name": "a", "model_sha256": "ab"}')
    save_gray(tmp_path / "runs/one/samples/grid.png", 9)
    save_gray(tmp_path / "out/set/0.png", 9)
    splits = open_splits(DataConfig(source="folder", path=str(tmp_path)))
    levels = [*splits.train.images[:, 0, 0, 0], *splits.holdout.images[:, 0, 0, 0]]
    assert sorted(levels) == [0, 1, 2, 3]
    assert "runs and exports of gan-cli are not read as data" in splits.notes[0]
    # Asked for by name, an export is read.
    save_gray(tmp_path / "out/set/1.png", 9)
    export = open_splits(DataConfig(source="folder", path=str(tmp_path / "out/set")))
    assert len(export.train.images) + len(export.holdout.images) == 2


def test_a_class_that_is_only_held_out_is_refused(tmp_path, problems):
    for name in ["train/a/1.png", "train/b/2.png", "test/c/3.png"]:
        save_gray(tmp_path / name, 0)
    (line,) = problems(source="folder", path=str(tmp_path))
    assert "class folder 'c', which is not a class of the training images (known: a, b)" in line


def test_files_are_turned_upright(tmp_path):
    pixels = np.zeros((8, 16), np.uint8)
    pixels[:, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # Turn by 90 degrees clockwise to see it upright.
    for name in ("a.png", "b.png"):
        Image.fromarray(pixels).save(tmp_path / name, exif=exif)
    splits = open_splits(DataConfig(source="folder", path=str(tmp_path)))
    np.testing.assert_array_equal(splits.train.images[0, ..., 0], np.rot90(pixels, -1))


def test_corrupt_files_are_listed_or_skipped(folder, problems):
    whole = (folder / "cat" / "0.png").read_bytes()
    (folder / "cat" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "dog" / "text.jpg").write_text("no image")
    config = {"source": "folder", "path": str(folder), **SIZE}
    lines = problems(**config)
    assert f"data: cannot decode {folder}/cat/cut.png: " in lines[0]
    assert f"data: cannot decode {folder}/dog/text.jpg: not an image in a known format" in lines[1]
    assert lines[2] == "data.on_corrupt: repair or remove them, or set it to 'skip'"
    for cache in ("memory", "disk", "disk"):
        splits = open_splits(DataConfig(**config, on_corrupt="skip", cache=cache))
        assert len(splits.train.images) + len(splits.holdout.images) == 6
        assert len(splits.train.labels) == len(splits.train.images)
        assert [name.split(": ")[0] for name in splits.skipped] == [
            f"{folder}/cat/cut.png",
            f"{folder}/dog/text.jpg",
        ]


def test_only_the_first_of_many_corrupt_files_are_listed(tmp_path, problems):
    for number in range(50):
        (tmp_path / f"{number:02}.png").write_bytes(b"")
    lines = problems(source="folder", path=str(tmp_path), **SIZE)
    assert len(lines) == 21
    assert "and 30 more; repair or remove them" in lines[-1]
    (line,) = problems(source="folder", path=str(tmp_path), **SIZE, on_corrupt="skip")
    assert "no images are left to train on" in line
    assert "50 of 50 are corrupt" in line


def test_clear_lines(tmp_path, folder, problems):
    assert "data.path: is required" in problems(source="folder")[0]
    assert "/none does not exist" in problems(source="folder", path="/none")[0]
    file = folder / "cat" / "0.png"
    assert "is not a folder" in problems(source="folder", path=str(file))[0]
    (tmp_path / "empty").mkdir()
    (line,) = problems(source="folder", path=str(tmp_path / "empty"))
    assert "holds no images (.png, .jpg" in line
    Image.new("L", (9, 9)).save(folder / "loose.png")
    (line,) = problems(source="folder", path=str(folder))
    assert "both class folders and 1 loose images, such as loose.png" in line


def test_an_image_that_goes_while_the_folder_is_read_is_one_line(folder, problems, monkeypatch):
    is_file = os.path.isfile

    def find_and_lose(path):
        found = is_file(path)
        if str(path).endswith("2.gif"):
            os.unlink(path)
        return found

    monkeypatch.setattr(os.path, "isfile", find_and_lose)
    (line,) = problems(source="folder", path=str(folder), **SIZE)
    assert line == f"data.path: {folder}/cat/2.gif: cannot be read: No such file or directory"


def test_images_of_too_many_pixels_are_refused_and_not_called_corrupt(tmp_path, problems):
    Image.new("1", (20_000, 20_000)).save(tmp_path / "giant.png")
    Image.new("1", (30_000, 30_000)).save(tmp_path / "more.png")
    Image.new("1", (9, 9)).save(tmp_path / "fine.png")
    for on_corrupt in ("fail", "skip"):
        (line,) = problems(source="folder", path=str(tmp_path), on_corrupt=on_corrupt, **SIZE)
        assert line.startswith(
            "data.max_pixels: 2 of 3 images have more than 250,000,000 pixels, such as"
            f" {tmp_path}/giant.png"
        )
    with pytest.raises(CorruptImageError, match="declares 20000 x 20000 pixels, more than 300"):
        decode_image(tmp_path / "giant.png", max_pixels=300_000_000)


def test_a_large_scan_is_read_by_a_part_of_its_pixels(tmp_path):
    ramp = np.linspace(0, 255, 10_000).round().astype(np.uint8)
    Image.fromarray(np.broadcast_to(ramp, (9_000, 10_000))).save(tmp_path / "scan.jpg", quality=95)
    scan = decode_image(tmp_path / "scan.jpg", max_pixels=10**8)
    assert scan.size == (2500, 2250)
    assert np.abs(np.asarray(scan)[1000].astype(float) - ramp[1::4]).max() <= 2
    whole = decode_image(tmp_path / "scan.jpg", max_pixels=10**8, at_full_size=True)
    assert whole.size == (10_000, 9_000)
    Image.new("L", (9, 9)).save(tmp_path / "small.png")
    config = DataConfig(source="folder", path=str(tmp_path), image_size=16, holdout_fraction=0)
    splits = open_splits(config)
    # Of the middle 9,000 columns.
    row = splits.train.images[0, 8, :, 0]
    np.testing.assert_allclose(row, ramp[781:9500:562][:16], atol=4)
    assert "from 9x9 to 9000x10000 pixels" in splits.notes[0]


def _encoded(kind: str) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 10, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM"])
def test_a_damaged_file_is_decoded_or_called_corrupt_and_nothing_else(kind):
    whole = _encoded(kind)

    @settings(max_examples=150, deadline=None)
    @given(
        st.lists(st.tuples(st.integers(0, min(len(whole), 200) - 1), st.binary(max_size=4))),
        st.integers(1, len(whole)),
    )
    def check(changes, length):
        damaged = bytearray(whole)
        for place, content in changes:
            damaged[place : place + len(content)] = content
        reason = "fine"
        try:
            decode_image(io.BytesIO(bytes(damaged[:length]))).tobytes()
        except CorruptImageError as error:
            reason = str(error)
        assert reason
        assert "\n" not in reason

    check()
