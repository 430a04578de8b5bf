"""gan-sample --inspect: what is printed, the exit status, and the records of strangers."""

import json

import numpy as np
import pytest
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.media.decode import read_provenance
from gan_cli.media.encode import encoded
from gan_cli.media.provenance import Provenance

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8))


def test_a_grid_is_generated_again(digits_run, gan_sample, tmp_path):
    for name in ("x.png", "x.jpg", "x.webp"):
        out = tmp_path / name
        flags = ["--grid=2x3", "--classes=7,1", "--truncation=0.5", "--seed=11"]
        gan_sample("--run_dir", digits_run, "--out", out, *flags)
        status, printed = gan_sample("--inspect", out, "--run_dir", digits_run)
        assert (status, "  equal: all pixels" in printed) == (0, True)
        assert "seeds:               11-16" in printed
        # Without the run, it is only shown.
        assert gan_sample("--inspect", out)[0] == 0


def test_a_changed_pixel_is_seen(digits_run, gan_sample, tmp_path):
    out = tmp_path / "x.png"
    gan_sample("--run_dir", digits_run, "--out", out, "--seeds=3")
    image, origin = np.array(Image.open(out)), read_provenance(out)
    image[20, 20, 1] ^= 1
    out.write_bytes(encoded(Image.fromarray(image), ".png", origin))
    status, printed = gan_sample("--inspect", out, "--run_dir", digits_run)
    assert (status, "NOT equal" in printed) == (1, True)


def test_no_record_proves_nothing(digits_run, gan_sample, tmp_path):
    out = tmp_path / "x.png"
    gan_sample("--run_dir", digits_run, "--out", out, "--no_provenance")
    status, printed = gan_sample("--inspect", out)
    assert (status, "That proves nothing" in printed) == (1, True)
    *_, line = (digits_run / "unmarked.jsonl").read_text().splitlines()
    noted = json.loads(line)
    assert noted["out"] == str(out)
    # Six rows, each of one image for each of ten classes.
    assert noted["recipe"]["seeds"] == "0-59"
    assert noted["checkpoint"] == "ckpt-16"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recipe": {"kind": "grid", "seeds": "0-99999999999", "format": ".png"}}, "seeds: "),
        ({"recipe": {"kind": "grid", "seeds": "0-5000", "format": ".png"}}, "at most 4,096"),
        ({"recipe": {"kind": "grid", "seeds": "0", "format": "/etc/x"}}, "unknown format"),
        ({"recipe": {"kind": "\x1b[2J"}}, r"of kind '\\x1b\[2J'"),
        ({"recipe": {"kind": "image", "seed": -1}}, "seed: must be a whole number from 0"),
        ({"recipe": {"kind": "image", "seed": 10**18, "label": 0}}, "seed: must be a whole number"),
        (
            {"recipe": {"kind": "image", "seed": 0, "label": 99}},
            "label: the class of one image must be",
        ),
        (
            {"recipe": {"kind": "walk", "walk": "x", "format": ".png"}},
            "kind: must be one of",
        ),
        (
            {"recipe": {"kind": "walk", "walk": "linear", "steps": -1, "format": ".png"}},
            "steps: must be a whole number of at least 1",
        ),
        ({"checkpoint": "../../x"}, "no checkpoint '../../x'"),
    ],
)
def test_what_a_stranger_wrote_is_one_line_at_worst(
    digits_run, gan_sample, tmp_path, changes, message
):
    gan_sample("--run_dir", digits_run, "--out", tmp_path / "x.png")
    fields = json.loads(read_provenance(tmp_path / "x.png").to_json()) | changes
    out = tmp_path / "y.png"
    out.write_bytes(encoded(NOISE, ".png", Provenance(**fields)))
    with pytest.raises(UserError, match=message):
        gan_sample("--inspect", out, "--run_dir", digits_run)


def test_other_weights_are_told(digits_run, gan_sample, tmp_path):
    gan_sample("--run_dir", digits_run, "--out", tmp_path / "x.png")
    fields = json.loads(read_provenance(tmp_path / "x.png").to_json())
    out = tmp_path / "y.png"
    origin = Provenance(**fields | {"model_sha256": "00"})
    out.write_bytes(encoded(NOISE, ".png", origin))
    status, printed = gan_sample("--inspect", out, "--run_dir", digits_run)
    assert (status, "has other weights" in printed) == (1, True)
