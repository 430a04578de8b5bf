"""gan-sample --export on a run: what is in the folder, and what is refused."""

import keras
import numpy as np
import pytest

from gan_cli.errors import UserError
from gan_cli.studio.studio import Studio


def test_the_keras_file_gives_the_pictures_of_the_seeds(digits_run, gan_sample, tmp_path):
    out = tmp_path / "new" / "exported"
    status, text = gan_sample("--run_dir", digits_run, "--export", "keras", "--out", out)
    assert status == 0
    assert "off by at most" in text
    assert sorted(path.name for path in out.iterdir()) == [
        "generator.keras",
        "model_card.md",
        "samples.png",
    ]
    assert [path.name for path in out.parent.iterdir()] == ["exported"]
    studio = Studio.open(str(digits_run), "latest")
    labels = np.array([4, 9], np.int32)
    model = keras.saving.load_model(out / "generator.keras", safe_mode=True)
    images = model([studio.latents([3, 5]), labels], training=False).numpy()
    pixels = np.clip(np.round((images + 1.0) * 127.5), 0, 255)
    assert np.abs(pixels - studio.labelled_images([3, 5], labels)).max() <= 1
    card = (out / "model_card.md").read_text()
    assert studio.loaded.weights_sha256 in card
    assert "12 x 10 pixels, 3 channels" in card
    assert "have not been evaluated" in card
    assert "source: builtin" in card


@pytest.mark.parametrize(
    ("formats", "message"),
    [("onxx", "--export: unknown export format 'onxx'; did you mean 'onnx'?"), ("a:b", "unknown")],
)
def test_an_unknown_format_is_refused(digits_run, gan_sample, tmp_path, formats, message):
    with pytest.raises(UserError) as caught:
        gan_sample("--run_dir", digits_run, "--export", formats, "--out", tmp_path / "x")
    assert message in str(caught.value)
    assert not (tmp_path / "x").exists()


def test_points_and_a_folder_in_use_are_refused(ring_run, gan_sample, tmp_path):
    with pytest.raises(UserError, match="--export: is not available for points"):
        gan_sample("--run_dir", ring_run, "--export", "keras", "--out", tmp_path / "x")
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "mine.txt").write_text("kept")
    with pytest.raises(UserError, match="exists; choose a new folder"):
        gan_sample("--run_dir", ring_run, "--export", "keras", "--out", tmp_path / "used")
    assert [path.name for path in tmp_path.iterdir()] == ["used"]
