"""Videos: their frames, and that the same frames are the same file."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("av")

from gan_cli.media.video import decoded_video, encoded_video

# Sizes of few and of odd numbers of macroblocks of 16x16.
SIZES = [(30, 20), (28, 28), (62, 46)]

PRINT_DIGESTS = f"""
import hashlib
import numpy as np
from PIL import Image
from gan_cli.media.video import encoded_video
for width, height in {SIZES}:
    noise = np.random.default_rng(0).integers(0, 256, (3, height, width, 3), np.uint8)
    video = encoded_video([Image.fromarray(frame) for frame in noise], noise.shape[2:0:-1], 10, "")
    print(hashlib.sha256(video).hexdigest())
"""


@pytest.mark.parametrize("size", SIZES)
def test_frames_are_close_to_what_was_given(size):
    columns = np.linspace(0, 255, size[0])[None].repeat(size[1], 0)
    frames = [Image.fromarray(np.uint8(part * columns)) for part in (1, 0.75, 0.5)]
    found = list(decoded_video(encoded_video(frames, frames[0].size, 10, "")))
    assert [frame.size for frame in found] == [size] * 3
    for frame, given in zip(found, frames, strict=True):
        assert np.abs(np.asarray(frame, float) - np.asarray(given.convert("RGB"), float)).max() < 6


def test_the_same_frames_are_the_same_file_whatever_memory_held():
    """With glibc, MALLOC_PERTURB_ fills memory that was never written with a byte of choice."""
    found = {
        subprocess.run(
            [sys.executable, "-c", PRINT_DIGESTS],
            env={**os.environ, "MALLOC_PERTURB_": fill},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for fill in ("7", "85", "170")
    }
    assert len(found) == 1
    assert len(found.pop().split()) == len(SIZES)
