"""Files to --inspect and saved latents, of any content."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gan_cli.media.decode import decoded, read_provenance
from gan_cli.media.encode import ANIMATIONS, PICTURES, encoded, encoded_animation
from gan_cli.media.provenance import Provenance
from gan_cli.sampling.saved_latents import SavedLatents, read_latents, write_latents

FUZZ = settings.get_profile("gan-cli-fuzz")
ORIGIN = Provenance("x", "ckpt-16", "ab" * 32, {"kind": "grid", "seeds": "0-3"})
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
            read = read_latents([str(path)], 8, 3, "ab" * 32)
            assert read.latents.shape[1] == 8
            assert np.isfinite(read.latents).all()
            assert set(read.labels.tolist()) <= {0, 1, 2}

    check()
