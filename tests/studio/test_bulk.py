"""Many images to folders, arrays and TFRecord files: what is in them, and going on after a cut."""

import os

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from gan_cli.domains.images import Images
from gan_cli.errors import UserError
from gan_cli.media.decode import read_provenance
from gan_cli.media.sinks import records
from gan_cli.media.sinks.arrays import ArraySink
from gan_cli.media.sinks.folder import FolderSink, folder_name, image_name
from gan_cli.media.sinks.records import RecordSink
from gan_cli.sampling.bulk_export import export
from gan_cli.studio.studio import Studio

COUNT = 200
NAMES = tuple("abcdefghij")


@pytest.fixture(scope="module")
def studio(digits_run):
    return Studio.open(str(digits_run), "latest")


@pytest.fixture(scope="module")
def expected(studio):
    labels = studio.labels(None, COUNT)
    return studio.labelled_images(range(COUNT), labels), labels


def folder_of(out, where):
    return FolderSink(out, *where, lambda seed, label: image_name(seed, label, NAMES))


def arrays_of(out, where):
    return ArraySink(out.with_suffix(".npz"), *where, Images((12, 10, 3)))


def records_of(out, where):
    return RecordSink(out.with_suffix(".tfrecord"), *where, NAMES)


def read_folder(out):
    paths = sorted(out.glob("*.png"))
    labels = [NAMES.index(path.stem.split("-")[1]) for path in paths]
    return np.stack([np.asarray(Image.open(path)) for path in paths]), labels


def read_arrays(out):
    with np.load(out.with_suffix(".npz"), allow_pickle=False) as arrays:
        assert arrays["seeds"].tolist() == list(range(COUNT))
        return arrays["images"], arrays["labels"].tolist()


def read_records(out):
    images, labels = [], []
    for path in sorted(out.parent.glob("x*.tfrecord")):
        for record in tf.data.TFRecordDataset(str(path)):
            features = tf.train.Example.FromString(record.numpy()).features.feature
            images.append(tf.io.decode_png(features["image/encoded"].bytes_list.value[0]).numpy())
            labels.append(features["image/class/label"].int64_list.value[0])
            assert features["seed"].int64_list.value[0] == len(images) - 1
            assert features["image/class/text"].bytes_list.value[0] == NAMES[labels[-1]].encode()
    return np.stack(images), labels


KINDS = {
    "folder": (folder_of, read_folder),
    "arrays": (arrays_of, read_arrays),
    "records": (records_of, read_records),
}


def where_of(studio, marked=True, **recipe):
    recipe = {"kind": "x", "truncation": None, **recipe}
    return studio.provenance(recipe), marked, COUNT, None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut_at", [None, 64, 128, 192])
def test_what_was_cut_off_anywhere_ends_as_the_whole(
    studio, expected, tmp_path, monkeypatch, kind, cut_at
):
    # Small, so that there are several.
    monkeypatch.setattr("gan_cli.sampling.bulk_export.CHUNK", 64)
    monkeypatch.setattr(records, "SHARD_IMAGES", 80)
    make, read = KINDS[kind]
    labels = expected[1]

    def attempt(cut):
        sink = make(tmp_path / "x", where_of(studio))
        append, written = sink.append, 0

        def failing(images, seeds, labels):
            nonlocal written
            append(images, seeds, labels)
            written += len(images)
            if written == cut:
                # What a process that dies in the next chunk leaves behind.
                for path in (tmp_path / ".x.npz.part/images", tmp_path / "x/seed000199-j.png"):
                    if path.parent.is_dir():
                        with path.open("ab") as file:
                            file.write(b"half")
                raise OSError(28, "No space left on device")

        sink.append = failing
        return export(studio.sampler, studio.latents, range(COUNT), labels, sink)

    if cut_at is not None:
        with pytest.raises(UserError, match="No space left on device; repeating this continues"):
            attempt(cut_at)
    before = attempt(None)
    assert before == {"records": cut_at // 80 * 80 if cut_at else 0}.get(kind, cut_at or 0)
    images, read_labels = read(tmp_path / "x")
    np.testing.assert_array_equal(images, expected[0])
    assert read_labels == labels.tolist()
    left = [path.name for path in tmp_path.rglob("*") if "part" in path.name]
    assert left == []


def begun(make, path, studio, expected, count=128):
    """Writes the first part of an export, and leaves it."""
    with make(path, where_of(studio)) as sink:
        sink.start(range(COUNT), expected[1])
        sink.append(expected[0][:count], list(range(count)), expected[1][:count])


@pytest.mark.parametrize(
    "noted", ["-5", "1.5", '"3"', "1e999", "99999999999", "NaN", "\u0663", "[]", "", "null"]
)
@pytest.mark.parametrize("kind", ["folder", "arrays"])
def test_progress_is_what_the_data_prove(studio, expected, tmp_path, kind, noted):
    make, read = KINDS[kind]
    begun(make, tmp_path / "x", studio, expected)
    if kind == "folder":
        (tmp_path / "x/.written").write_text(noted)
        (tmp_path / "x/seed000000-a.png").unlink(missing_ok=True)
    else:
        state = f'{{"written": {noted}, "checksums": {{}}}}'
        (tmp_path / ".x.npz.part/state.json").write_text(state)
    sink = make(tmp_path / "x", where_of(studio))
    assert export(studio.sampler, studio.latents, range(COUNT), expected[1], sink) == 0
    np.testing.assert_array_equal(read(tmp_path / "x")[0], expected[0])


def test_images_that_were_lost_are_written_again(studio, expected, tmp_path):
    begun(folder_of, tmp_path / "x", studio, expected)
    (tmp_path / f"x/{image_name(70, expected[1][70], NAMES)}.png").write_bytes(b"")
    (tmp_path / f"x/{image_name(90, expected[1][90], NAMES)}.png").unlink()
    sink = folder_of(tmp_path / "x", where_of(studio))
    assert export(studio.sampler, studio.latents, range(COUNT), expected[1], sink) == 70
    np.testing.assert_array_equal(read_folder(tmp_path / "x")[0], expected[0])


@pytest.mark.parametrize("change", [lambda data: data[:-9], lambda data: bytes(len(data))])
def test_an_array_that_lost_its_end_is_written_again(studio, expected, tmp_path, change):
    begun(arrays_of, tmp_path / "x", studio, expected)
    part = tmp_path / ".x.npz.part/images"
    part.write_bytes(change(part.read_bytes()))
    sink = arrays_of(tmp_path / "x", where_of(studio))
    assert export(studio.sampler, studio.latents, range(COUNT), expected[1], sink) == 0
    np.testing.assert_array_equal(read_arrays(tmp_path / "x")[0], expected[0])


def test_a_records_file_that_lost_its_end_is_written_again(studio, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(records, "SHARD_IMAGES", 80)
    begun(records_of, tmp_path / "x", studio, expected, 160)
    second = sorted(tmp_path.glob("x-*.tfrecord"))[1]
    second.write_bytes(second.read_bytes()[:-9])
    sink = records_of(tmp_path / "x", where_of(studio))
    assert export(studio.sampler, studio.latents, range(COUNT), expected[1], sink) == 80
    np.testing.assert_array_equal(read_records(tmp_path / "x")[0], expected[0])


def test_a_records_file_stays_whole_until_the_next_is(studio, expected, tmp_path):
    sink = records_of(tmp_path / "x", where_of(studio))
    export(studio.sampler, studio.latents, range(COUNT), expected[1], sink)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with records_of(tmp_path / "x", where_of(studio, seeds="7-9")) as another:
        another.start(range(COUNT), expected[1])
        another.append(expected[0][:9], list(range(9)), expected[1][:9])
    assert before.items() <= {path.name: path.read_bytes() for path in tmp_path.iterdir()}.items()


@pytest.mark.parametrize("kind", ["folder", "arrays"])
def test_two_do_not_write_one_export(studio, tmp_path, kind):
    make, _ = KINDS[kind]
    with make(tmp_path / "x", where_of(studio)) as first:
        first.start(range(COUNT), None)
        with (
            make(tmp_path / "x", where_of(studio)) as second,
            pytest.raises(UserError, match="another process is writing"),
        ):
            second.start(range(COUNT), None)


@pytest.mark.parametrize("kind", ["folder", "arrays"])
def test_another_export_is_not_mixed_into_an_unfinished_one(studio, tmp_path, kind):
    make, _ = KINDS[kind]
    sink = make(tmp_path / "x", where_of(studio))
    with sink:
        sink.start(range(COUNT), None)
    with pytest.raises(UserError, match="is of other images than these"):
        make(tmp_path / "x", where_of(studio, seeds="7-9")).start(range(COUNT), None)


def test_a_folder_says_of_every_image_where_it_is_from_and_grows(
    digits_run, gan_sample, studio, tmp_path
):
    flags = ["--run_dir", digits_run, "--out", tmp_path / "d", "--classes=3,5", "--truncation=0.7"]
    gan_sample(*flags, "--until=3")
    first = (tmp_path / "d/seed000001-5.png").stat().st_mtime_ns
    _, printed = gan_sample(*flags, "--until=70")
    assert "70 images" in printed
    assert "3 of them there already" in printed
    assert (tmp_path / "d/seed000001-5.png").stat().st_mtime_ns == first
    assert len(list((tmp_path / "d").glob("*.png"))) == 70
    found = read_provenance(tmp_path / "d/seed000069-5.png")
    assert found.recipe == {"kind": "image", "seed": 69, "label": 5, "truncation": 0.7}
    assert found.model_sha256 == studio.loaded.weights_sha256
    status, printed = gan_sample(
        "--inspect", tmp_path / "d/seed000069-5.png", "--run_dir", digits_run
    )
    assert (status, "  equal: all pixels of 1 picture" in printed) == (0, True)
    with pytest.raises(UserError, match="is of other images than these"):
        gan_sample("--run_dir", digits_run, "--out", tmp_path / "d", "--until=3")


def test_the_same_arrays_are_the_same_file(digits_run, gan_sample, tmp_path):
    for name in ("a.npz", "b.npz"):
        gan_sample("--run_dir", digits_run, "--out", tmp_path / name, "--until=70")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    status, printed = gan_sample("--inspect", tmp_path / "a.npz", "--run_dir", digits_run)
    assert status == 0, printed
    arrays = dict(np.load(tmp_path / "a.npz"))
    arrays["images"][69, 3, 3, 1] ^= 1
    np.savez(tmp_path / "a.npz", **arrays)
    status, printed = gan_sample("--inspect", tmp_path / "a.npz", "--run_dir", digits_run)
    assert (status, "NOT equal" in printed) == (1, True)


def test_what_cannot_be_written_is_one_line(digits_run, gan_sample, tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("x.npz", "x.tfrecord", "folder", "x.png"):
        with pytest.raises(UserError, match="cannot be written"):
            gan_sample("--run_dir", digits_run, "--seeds=1", "--out", tmp_path / "file" / name)
    for name, message in (("x.tga", "unknown ending '.tga'"), ("x.png", "go to a folder")):
        with pytest.raises(UserError, match=message):
            gan_sample("--run_dir", digits_run, "--until=5", "--out", tmp_path / name)
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize(
    ("name", "expected"), [("a/b", "a_b"), ("..", "_.."), ("", "_"), ("Zebra é", "Zebra é")]
)
def test_class_names_as_names_of_files(name, expected):
    assert folder_name(name) == expected
