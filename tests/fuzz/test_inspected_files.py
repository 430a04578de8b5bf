"""Files to --inspect and saved latents, of any content."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gan_cli.media.decode import decoded, read_provenance
from gan_cli.media.encode import ANIMATIONS, PICTURES, encoded, encoded_animation
from gan_cli.media.provenance import Provenance, from_xmp
from gan_cli.sampling.saved_latents import LatentSizes, SavedLatents, read_latents, write_latents
from gan_cli.studio.dispatch import RECORDED
from gan_cli.studio.recipes import request_of

FUZZ = settings.get_profile("gan-cli-fuzz")
ORIGIN = Provenance("x", "ckpt-16", "ab" * 32, {"kind": "grid", "seeds": "0-3"})
# Keys of records that are no field of a request.
OTHERS = ("seeds", "latents", "place")
RNG = np.random.default_rng(0)
FRAMES = [Image.fromarray(RNG.integers(0, 256, (12, 12, 3), dtype=np.uint8)) for _ in range(3)]
FILES = {ending: encoded(FRAMES[0], ending, ORIGIN) for ending in PICTURES if ending != ".jpeg"}
FILES |= {
    f"moving{ending}": encoded_animation(FRAMES, ending, 10, ORIGIN)
    for ending in ANIMATIONS
    if ending != ".mp4"
}


@pytest.mark.parametrize("kind", FILES)
def test_pictures(tmp_path, mutated, only_user_errors, kind):
    ending = f".{kind.rpartition('.')[2]}"
    path = tmp_path / f"x{ending}"

    @settings(FUZZ, max_examples=max(FUZZ.max_examples // 3, 10))
    @given(mutated(FILES[kind]))
    def check(content):
        path.write_bytes(content)
        with only_user_errors(path):
            found = read_provenance(path)
            assert found is None or isinstance(found, Provenance)
        with only_user_errors(path):
            for frame in decoded(content, ending):
                assert frame.dtype == np.uint8

    check()


@pytest.mark.parametrize("encoding", ["klingon", "hex", "rot13", "utf-16", "idna", "undefined"])
def test_a_packet_of_any_encoding_is_no_record(encoding):
    packet = ORIGIN.to_xmp().decode()
    body = packet[packet.index("<x:xmpmeta") : packet.index("<?xpacket end")]
    assert from_xmp(f'<?xml version="1.0" encoding="{encoding}"?>{body}'.encode()) is None


def test_records_of_any_values(only_user_errors):
    plain = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=6),
        st.sampled_from(
            ["\xb2", "1\xb2", "0-3", "3x\xb2", "\u0663", "\0", "\udc80", "1e999", "9" * 30]
        ),
    )
    keys = sorted({key for kind in RECORDED for key in (*kind.recorded, *OTHERS)})
    kinds = [*(kind.record_kind for kind in RECORDED), "explored"]

    @settings(FUZZ, max_examples=FUZZ.max_examples * 3)
    @given(st.sampled_from(kinds), st.dictionaries(st.sampled_from(keys), plain, max_size=8))
    def check(kind, recipe):
        with only_user_errors():
            request_of({"kind": kind, **recipe}, RECORDED, LatentSizes(8, None, 3))

    check()


def test_saved_latents(tmp_path, mutated, only_user_errors):
    path = tmp_path / "x.npz"
    saved = SavedLatents(RNG.standard_normal([3, 8]).astype(np.float32), np.array([0, 1, 2]))
    write_latents(path, saved, ORIGIN)
    whole = path.read_bytes()

    @FUZZ
    @given(st.one_of(mutated(whole), st.binary(max_size=50)))
    def check(content):
        path.write_bytes(content)
        with only_user_errors(path):
            read = read_latents([str(path)], LatentSizes(8, None, 3), "ab" * 32)
            assert read.latents.shape[1] == 8
            assert np.isfinite(read.latents).all()
            assert set(read.labels.tolist()) <= {0, 1, 2}

    check()
