"""What files say about their origin, read back by us and by others."""

import io
import json
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.media.decode import decoded, read_provenance
from gan_cli.media.encode import encoded, encoded_animation, sidecar, write_marked
from gan_cli.media.gif_xmp import with_xmp, xmp_of
from gan_cli.media.provenance import Provenance, from_json, from_xmp

ORIGIN = Provenance(
    'näme <&> "x"',
    "ckpt-960",
    "ab" * 32,
    {"kind": "grid", "seeds": "0-3", "classes": "<a>&\"é'", "truncation": 0.7, "loop": False},
)
TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def picture(mode="RGB", seed=0):
    channels = {"L": (), "RGB": (3,), "RGBA": (4,)}[mode]
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (20, 30, *channels), dtype=np.uint8))


def still(ending, provenance=ORIGIN):
    return encoded(picture(), ending, provenance)


def animation(ending, provenance=ORIGIN):
    frames = [picture("L", seed) for seed in range(5)]
    return encoded_animation(frames, ending, 10, provenance)


FILES = {
    **{f"still{ending}": (ending, still) for ending in (".png", ".jpg", ".webp")},
    **{f"animation{ending}": (ending, animation) for ending in (".gif", ".apng", ".webp")},
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_carries_it_and_leaves_the_pixels_alone(tmp_path, name):
    ending, make = FILES[name]
    path = tmp_path / f"x{ending}"
    write_marked(path, make(ending), ORIGIN)
    assert read_provenance(path) == ORIGIN
    marked, bare = (list(decoded(make(ending, origin), ending)) for origin in (ORIGIN, None))
    assert len(marked) == (5 if "animation" in name else 1)
    np.testing.assert_array_equal(marked, bare)
    path.write_bytes(make(ending, None))
    assert read_provenance(path) is None


@pytest.mark.parametrize("name", FILES)
def test_exiftool_reads_it(tmp_path, name):
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    ending, make = FILES[name]
    path = tmp_path / f"x{ending}"
    path.write_bytes(make(ending))
    command = ["exiftool", "-json", "-charset", "utf8", path]
    (read,) = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert "Warning" not in read
    assert "Error" not in read
    assert read["DigitalSourceType"] == TYPE
    assert read["CreatorTool"] == read.get("Software", read.get("Comment")) == ORIGIN.software
    assert read["ConfigName"] == ORIGIN.config_name
    assert read["ModelSHA256"] == ORIGIN.model_sha256
    assert read["Seed"] == "0-3"
    recipe = read["Recipe"]
    assert (recipe if isinstance(recipe, dict) else json.loads(recipe)) == ORIGIN.recipe


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("ending", [".png", ".webp", ".apng", ".gif"])
def test_which_formats_keep_every_pixel(mode, ending):
    frames = [picture(mode, seed) for seed in range(3)]
    if ending in (".apng", ".gif"):
        read = list(decoded(encoded_animation(frames, ending, 10, ORIGIN), ending))
    else:
        frames = frames[:1]
        read = list(decoded(encoded(frames[0], ending, ORIGIN), ending))
    if ending == ".gif" and mode != "L":
        return
    np.testing.assert_array_equal(read, [np.asarray(f.convert("RGBA")) for f in frames])


def test_a_video_has_its_frames_and_a_file_beside_it(tmp_path):
    av = pytest.importorskip("av")
    # Odd sides, smooth: a video stores colours at half the resolution.
    ramp = np.linspace(0, 200, 21 * 31).reshape(21, 31)
    frames = [Image.fromarray(np.uint8(ramp + 5 * n)) for n in range(7)]
    path = tmp_path / "x.mp4"
    write_marked(path, encoded_animation(frames, ".mp4", 10, ORIGIN), ORIGIN)
    assert read_provenance(path) == ORIGIN
    read = list(decoded(path.read_bytes(), ".mp4"))
    assert [frame.shape for frame in read] == [(22, 32, 4)] * 7
    error = np.abs(np.stack(read)[:, :21, :31, 0] - np.stack(frames).astype(float))
    assert error.mean() < 3
    with av.open(str(path)) as container:
        assert from_json(container.metadata["comment"]) == ORIGIN
        assert container.streams.video[0].average_rate == 10
    sidecar(path).unlink()
    assert read_provenance(path) is None


# FFmpeg does not decode animated WebP.
@pytest.mark.parametrize("ending", [".gif", ".apng", ".mp4"])
def test_ffprobe_counts_the_frames(tmp_path, ending):
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is not installed")
    if ending == ".mp4":
        pytest.importorskip("av")
    path = tmp_path / f"x{ending}"
    path.write_bytes(animation(ending))
    command = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0"]
    command += ["-show_entries", "stream=nb_read_frames,width,height", "-of", "json", path]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b""
    (stream,) = json.loads(done.stdout)["streams"]
    assert stream == {"width": 30, "height": 20, "nb_read_frames": "5"}


def test_jpeg_cannot_be_transparent():
    with pytest.raises(UserError, match="JPEG has no transparency"):
        encoded(picture("RGBA"), ".jpg", None)


def test_a_gif_with_xmp_is_still_a_gif():
    content = io.BytesIO()
    picture("L").save(content, "GIF", comment="so that it is a GIF89a")
    # Every byte that text can have: any of them may be taken for a length.
    packet = bytes(range(1, 256)) + ORIGIN.to_xmp()
    marked = with_xmp(content.getvalue(), packet)
    assert xmp_of(marked) == packet
    assert xmp_of(content.getvalue()) is None
    with Image.open(io.BytesIO(marked)) as image:
        np.testing.assert_array_equal(image.convert("L"), picture("L"))
    # Blocks as any decoder walks them: header, screen, colours, extensions, image, trailer.
    position = 13 + (3 * 2 ** ((marked[10] & 7) + 1) if marked[10] & 0x80 else 0)
    kinds = []
    while marked[position] != ord(";"):
        kinds.append(marked[position])
        if kinds[-1] == 0x2C:
            packed = marked[position + 9]
            position += 10 + 1 + (3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0)
        else:
            position += 2
        while marked[position]:
            position += 1 + marked[position]
        position += 1
    assert position == len(marked) - 1
    assert kinds[-1] == 0x21


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"no xml",
        b"<x/>",
        BOMB,
        ORIGIN.to_xmp().replace(b"gancli:Recipe>{", b"gancli:Recipe>["),
        ORIGIN.to_xmp().replace(b'"0-3"', b'{"a": []}'),
        ORIGIN.to_xmp().replace(b"ModelSHA256", b"Model"),
        b" " * 200_000 + ORIGIN.to_xmp(),
    ],
)
def test_packets_that_are_not_ours_are_nothing(packet):
    assert from_xmp(packet) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"recipe": 3}', "[" * 100_000])
def test_texts_that_are_not_ours_are_nothing(text):
    assert from_json(text) is None
    assert from_json(ORIGIN.to_json()) == ORIGIN


def test_a_pickled_array_file_is_not_opened(tmp_path):
    np.savez(tmp_path / "x.npz", provenance=np.array([{"a": 1}], object))
    with pytest.raises(UserError, match="never unpickled"):
        read_provenance(tmp_path / "x.npz")
