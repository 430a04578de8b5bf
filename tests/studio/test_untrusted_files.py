"""Attacks by files that gan-sample is asked to look at. Each is one line, and soon."""

import hashlib
import io
import json
import os
import struct
import time
import zipfile
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, PngImagePlugin

from gan_cli.domains.images import Images
from gan_cli.errors import UserError
from gan_cli.io.npz import read_npz
from gan_cli.media.decode import decoded, read_provenance
from gan_cli.media.encode import encoded, sidecar
from gan_cli.media.provenance import Provenance
from gan_cli.run.checkpoint import CheckpointStore, restore
from gan_cli.studio.studio import Studio
from gan_cli.studio.verify import _compare_arrays

ORIGIN = Provenance("x", "ckpt-16", "ab" * 32, {"kind": "grid", "seeds": "0-3"})
PICTURE = Image.fromarray(np.arange(120, dtype=np.uint8).reshape(12, 10))


@pytest.fixture(scope="module")
def studio(digits_run):
    return Studio.open(str(digits_run), "latest")


@pytest.fixture(autouse=True)
def soon():
    began = time.process_time()
    yield
    # Far less than any of the attacks would take.
    assert time.process_time() - began < 60


def saved(picture, form, **options):
    content = io.BytesIO()
    picture.save(content, form, **options)
    return content.getvalue()


def inspect_fails(gan_sample, path, run, message):
    with pytest.raises(UserError, match=message) as caught:
        gan_sample("--inspect", path, "--run_dir", run)
    assert "\n" not in str(caught.value)


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a0 "ha">'
for level in range(1, 31):
    LAUGHS += b'<!ENTITY a%d "&a%d;&a%d;">' % (level, level - 1, level - 1)
LAUGHS += b"]><l>&a30;</l>"
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'


@pytest.mark.parametrize("packet", [LAUGHS, OUTSIDE], ids=["billion laughs", "external entity"])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_xmp_with_entities_is_no_record(gan_sample, tmp_path, packet, form):
    options = {"xmp": packet}
    if form == "PNG":
        options = {"pnginfo": PngImagePlugin.PngInfo()}
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", packet.decode())
    path = tmp_path / f"x.{form.lower()}"
    path.write_bytes(saved(PICTURE, form, **options))
    status, said = gan_sample("--inspect", path)
    assert (status, "carries no record" in said) == (1, True)


def chunk(kind, content):
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png_with(*chunks):
    """A PNG file with chunks behind its header."""
    whole = saved(PICTURE, "PNG")
    return whole[:33] + b"".join(chunks) + whole[33:]


# Kilobytes that unpack to 512 MiB.
PACKED = zlib.compressobj(9)
PACKED = b"".join([*(PACKED.compress(bytes(2**20)) for _ in range(512)), PACKED.flush()])
BOMBS = {
    "iTXt": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + PACKED),
    "zTXt": chunk(b"zTXt", b"Comment\0\0" + PACKED),
    "iCCP": chunk(b"iCCP", b"icc\0\0" + PACKED),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_text_that_unpacks_without_end_is_not_unpacked(gan_sample, digits_run, tmp_path, kind):
    import resource

    path = tmp_path / "x.png"
    path.write_bytes(png_with(BOMBS[kind]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    status, said = gan_sample("--inspect", path)
    assert (status, "carries no record" in said) == (1, True)
    flags = [f"--project={path}", "--fit_steps=1"]
    try:
        gan_sample("--run_dir", digits_run, "--out", tmp_path / "y.png", *flags)
        refused = ""
    except UserError as error:
        refused = str(error)
    # Either is fine, but not the memory.
    assert refused == "" or ("cannot be read as an image" in refused and "\n" not in refused)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 * 1024


def giant_png(side):
    """A whole header, and no pixels."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + struct.pack(">I", 100) + b"IDAT"


@pytest.mark.parametrize("side", [10_500, 30_000])
def test_pictures_of_giant_size_are_refused_unread(gan_sample, digits_run, tmp_path, side):
    path = tmp_path / "x.png"
    path.write_bytes(giant_png(side))
    with pytest.raises(UserError, match="pixels"):
        next(decoded(path.read_bytes(), ".png"))
    assert gan_sample("--inspect", path)[0] == 1
    flags = [f"--inpaint={path}", f"--mask={path}"]
    with pytest.raises(UserError, match=r"cannot be read as an image: .*pixels"):
        gan_sample("--run_dir", digits_run, "--out", tmp_path / "y.png", *flags)


def test_of_an_animation_without_end_one_frame_is_looked_at(
    gan_sample, digits_run, tmp_path, monkeypatch
):
    flags = ["--walk=linear", "--seeds=1,2", "--steps=2", "--classes=3"]
    gan_sample("--run_dir", digits_run, "--out", tmp_path / "own.webp", *flags)
    frames = [Image.new("RGB", (64, 64), (10 * n, 0, 0)) for n in range(20)]
    path = tmp_path / "x.webp"
    rest = {"save_all": True, "append_images": frames[1:]}
    origin = read_provenance(tmp_path / "own.webp")
    path.write_bytes(saved(frames[0], "WEBP", xmp=origin.to_xmp(), **rest))
    looked_at = []

    def counted(content, ending):
        for frame in decoded(content, ending):
            looked_at.append(frame.shape[0])
            yield frame

    monkeypatch.setattr("gan_cli.studio.verify.decoded", counted)
    status, said = gan_sample("--inspect", path, "--run_dir", digits_run)
    assert (status, "NOT equal" in said) == (1, True)
    assert looked_at.count(64) == 1


def test_files_larger_than_the_machine_and_no_files_are_refused(gan_sample, tmp_path):
    with (tmp_path / "x.png").open("wb") as file:
        # A hole: it takes no room.
        file.truncate(2**42)
    with pytest.raises(UserError, match=r"is larger than [\d,]+ bytes"):
        gan_sample("--inspect", tmp_path / "x.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    (tmp_path / "nowhere.png").symlink_to(tmp_path / "none")
    (tmp_path / "round.png").symlink_to(tmp_path / "round.png")
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("zero.png", "nowhere.png", "round.png", "pipe.png"):
        with pytest.raises(UserError, match="is no file"):
            gan_sample("--inspect", tmp_path / name)


def test_a_record_of_endless_depth_or_length_is_none(gan_sample, tmp_path):
    PICTURE.save(tmp_path / "x.png")
    for text in ("[" * 200_000, '{"recipe": {}, "x": "' + "y" * 2**25 + '"}', "\0", "9" * 10_000):
        sidecar(tmp_path / "x.png").write_text(text)
        assert gan_sample("--inspect", tmp_path / "x.png")[0] == 1


def test_a_tfrecord_that_declares_giant_records_is_not_read(gan_sample, tmp_path):
    path = tmp_path / "x.tfrecord"
    path.write_bytes(struct.pack("<Q", 2**62) + b"\0" * 100)
    assert gan_sample("--inspect", path)[0] == 1
    sidecar(path).write_text(ORIGIN.to_json())
    status, said = gan_sample("--inspect", path)
    assert (status, "ckpt-16" in said) == (0, True)


RECIPES = {
    "a wide grid": {"kind": "grid", "grid": "1x1000000", "seeds": "0"},
    "truncation": {"kind": "sheet", "sheet": "truncation", "seeds": "0-999998"},
    "classes": {"kind": "sheet", "sheet": "classes", "seeds": "0-999998"},
    "real": {"kind": "sheet", "sheet": "real", "seeds": "0-999998"},
    "a walk": {"kind": "walk", "walk": "linear", "steps": 10**9, "seeds": "0-9"},
}


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_without_bound_are_not_followed(gan_sample, digits_run, studio, tmp_path, name):
    origin = studio.provenance(RECIPES[name] | {"format": ".png"})
    (tmp_path / "x.png").write_bytes(encoded(PICTURE, ".png", origin))
    inspect_fails(gan_sample, tmp_path / "x.png", digits_run, "holds at most 4,096 images")


SOUND = {
    "images": np.zeros((2, 12, 10, 3), np.uint8),
    "seeds": np.array([3, 4]),
    "labels": np.array([0, 9]),
}
ARRAYS = {
    "pickled": ({"seeds": np.array([print, print], object)}, "holds Python objects"),
    "no seeds": ({"seeds": None}, "lacks 'images' or 'seeds'"),
    "half seeds": ({"seeds": np.array([0.5, 1])}, "seeds are not 2 whole numbers"),
    "negative seeds": ({"seeds": np.array([-1, 1])}, "seeds are not 2 whole numbers"),
    "one seed": ({"seeds": np.array(3)}, "seeds are not 2 whole numbers"),
    "text": ({"seeds": np.array(["0", "1"])}, "seeds are not 2 whole numbers"),
    "no labels": ({"labels": None}, "has classes and the run has none, or"),
    "another label": ({"labels": np.array([0, 10])}, "labels are not 2 whole numbers from 0 to 9"),
    "one number": ({"images": np.uint8(3)}, r"images have shape \(\)"),
    "another size": ({"images": SOUND["images"][:, 1:]}, r"images have shape \(2, 11, 10, 3\)"),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_of_another_form_are_not_compared(gan_sample, digits_run, studio, tmp_path, name):
    changes, message = ARRAYS[name]
    origin = np.array(studio.provenance({"kind": "arrays", "seeds": "3-4"}).to_json())
    given = {key: value for key, value in (SOUND | changes).items() if value is not None}
    path = tmp_path / "x.npz"
    np.savez(path, provenance=origin, **given)
    inspect_fails(gan_sample, path, digits_run, message)
    # The same record in a picture, which holds no arrays at all.
    picture = encoded(PICTURE, ".png", studio.provenance({"kind": "arrays"}))
    (tmp_path / "x.png").write_bytes(picture)
    inspect_fails(gan_sample, tmp_path / "x.png", digits_run, "cannot be read as an npz file")


def test_arrays_are_compared_as_far_as_they_are_sound(gan_sample, digits_run, studio, tmp_path):
    origin = np.array(studio.provenance({"kind": "arrays", "seeds": "3-4"}).to_json())
    np.savez(tmp_path / "x.npz", provenance=origin, **SOUND)
    status, said = gan_sample("--inspect", tmp_path / "x.npz", "--run_dir", digits_run)
    assert (status, "NOT equal: all values of 2 images" in said) == (1, True)


def test_drawing_stops_where_arrays_begin_to_differ(tmp_path):
    drawn = []

    def labelled_images(seeds, *_):
        drawn.extend(seeds)
        return np.zeros([len(seeds), 8, 8, 1], np.uint8)

    loaded = SimpleNamespace(domain=Images((8, 8, 1)), num_classes=0)
    studio = SimpleNamespace(loaded=loaded, labelled_images=labelled_images)
    images = np.zeros([5_000, 8, 8, 1], np.uint8)
    images[1_500] = 1
    np.savez_compressed(tmp_path / "a.npz", images=images, seeds=np.arange(5_000))
    assert not _compare_arrays(tmp_path / "a.npz", studio, {}).equal
    assert len(drawn) == 2_048


def test_names_in_an_npz_are_only_names(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    array = io.BytesIO()
    np.save(array, np.zeros(3))
    with zipfile.ZipFile(folder / "x.npz", "w") as archive:
        for name in ("../evil", "/tmp/gan-cli-evil", "a/../../evil"):
            archive.writestr(f"{name}.npy", array.getvalue())
    assert len(read_npz(folder / "x.npz")) == 3
    assert read_provenance(folder / "x.npz") is None
    assert os.listdir(tmp_path) == ["folder"]
    assert os.listdir(folder) == ["x.npz"]
    assert not os.path.exists("/tmp/gan-cli-evil.npy")


def crc32c(content):
    """Castagnoli's, bit by bit."""
    value = 0xFFFFFFFF
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def masked(value):
    """As LevelDB's tables keep checksums."""
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def declare_giant(index):
    """An index that says [16383, 16383, 1] of [128, 128, 1], with its checksum."""
    dimension = b"\x12\x03\x08\x80\x01"
    assert index.count(dimension) == 2
    changed = index.replace(dimension, b"\x12\x03\x08\xff\x7f")
    # The first block's end: its kind, 0, and the checksum of all before.
    for end in range(len(index) - 5):
        stored = struct.unpack("<I", index[end + 1 : end + 5])[0]
        if index[end] == 0 and stored == masked(crc32c(index[: end + 1])):
            checksum = struct.pack("<I", masked(crc32c(changed[: end + 1])))
            return changed[: end + 1] + checksum + changed[end + 5 :]
    raise AssertionError("no block ends here")


def sign_again(checkpoint):
    """Whoever changes the files can write their checksums, too."""
    path = checkpoint.path / "manifest.json"
    manifest = json.loads(path.read_text())
    for name in manifest["files"]:
        content = (checkpoint.path / name).read_bytes()
        manifest["files"][name] = hashlib.sha256(content).hexdigest()
    path.write_text(json.dumps(manifest))


def test_a_checkpoint_that_declares_more_than_it_holds_is_refused(tmp_path):
    variables = {"weights": tf.Variable(tf.zeros([128, 128, 1]))}
    checkpoint = CheckpointStore(tmp_path / "checkpoints").save(variables, 16)
    index = checkpoint.path / "state.index"
    index.write_bytes(declare_giant(index.read_bytes()))
    sign_again(checkpoint)
    with pytest.raises(UserError, match=r"declares 1,073,610,756 bytes, and the files hold 6\d,"):
        restore(checkpoint, variables)


@pytest.mark.parametrize("content", [b"", b"\0" * 500, b"\xff" * 500])
def test_a_checkpoint_of_anything_with_the_right_checksums_is_one_line(tmp_path, content):
    variables = {"weights": tf.Variable([1.0, 2.0])}
    checkpoint = CheckpointStore(tmp_path / "checkpoints").save(variables, 16)
    other = CheckpointStore(tmp_path / "others").save({"weights": tf.Variable([1.0] * 3)}, 16)
    for name in ("state.index", "state.data-00000-of-00001"):
        whole = (checkpoint.path / name).read_bytes()
        for changed in (content, (other.path / name).read_bytes()):
            (checkpoint.path / name).write_bytes(changed)
            sign_again(checkpoint)
            with pytest.raises(UserError, match=r"does not hold what|cannot be read"):
                restore(checkpoint, variables)
        (checkpoint.path / name).write_bytes(whole)
    sign_again(checkpoint)
    restore(checkpoint, variables)
