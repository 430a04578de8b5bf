"""Runs whose data grow while they train: nothing that was trained on is held out later."""

import json

import numpy as np
import pytest
from PIL import Image

from gan_cli.catalog import CHOICES
from gan_cli.config.schema import Config
from gan_cli.data.dataset import open_splits
from gan_cli.errors import UserError
from gan_cli.experiment.run import run_experiment
from gan_cli.run.data_place import splits_of
from gan_cli.run.directory import RunDirectory

# Of these numbers, content whose hash is low enough to be held out when there is more of it.
FIRST = 1301


def pictures(numbers):
    return np.stack(
        [np.random.default_rng(n).integers(0, 256, [16, 16], np.uint8) for n in numbers]
    )


def write_folder(path, numbers):
    """Writes images of two classes; the second one begins with a single image."""
    for number in numbers:
        folder = path / ("rare" if number % 50 == 0 else "usual")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pictures([number])[0]).save(folder / f"{number}.png")


def write_array(path, numbers):
    np.savez(path, images=pictures(numbers))


def write_lines(path, numbers):
    # The first line has every digit, so that the alphabet does not grow.
    path.write_text("".join(["name 98765\n", "name 43210\n", *(f"name {n:04}\n" for n in numbers)]))


KINDS = {
    "folder": (write_folder, "photos", {}),
    "npz": (write_array, "photos.npz", {}),
    "text": (write_lines, "names.txt", {"length": 12}),
}


def config(source, path, keys, kimg):
    text = {"architecture": "sequence"} if source == "text" else {}
    return Config.model_validate(
        {
            "data": {"source": source, "path": str(path), **keys},
            "model": {
                "generator_channels": 8,
                "discriminator_channels": 8,
                "latent_dim": 8,
                **text,
            },
            "training": {"batch_size": 8, "precision": "float32", "kimg": kimg},
            "evaluation": {"every_kimg": 0},
        },
        strict=False,
        context=CHOICES,
    )


@pytest.mark.parametrize("source", KINDS)
def test_a_run_that_is_extended_twice_holds_out_nothing_that_it_has_trained_on(source, tmp_path):
    write, name, keys = KINDS[source]
    path, run = tmp_path / name, RunDirectory(tmp_path / "run")
    shown, would_leak = set(), set()
    # Below 60 images, fewer than six are held out; above, at least six.
    for step, count in enumerate((40, 62, 150), start=1):
        usual = range(FIRST, FIRST + 2 * count, 2)
        write(path, [*usual, *range(50, 50 + 50 * step, 50)])
        asked = config(source, path, keys, 0.016 * step)
        anew = open_splits(asked.data)
        would_leak |= {image.tobytes() for image in anew.holdout.images} & shown
        run_experiment(asked, run.path, accept_changes=step > 1)
        data = splits_of(run, run.read_config())
        held_out = {image.tobytes() for image in data.holdout.images}
        shown |= {image.tobytes() for image in data.train.images}
        assert held_out
        assert not held_out & shown
        known = run.read_environment()["dataset"]["fingerprint"]
        assert data.fingerprint == known
    record = json.loads((run.path / "split.json").read_text())
    assert len(record["trained"]) == len(shown)
    assert len(record["held_out"]) == len(held_out)
    # Lines of text have neither classes nor other rules than their content here.
    assert would_leak or source == "text"


def test_a_damaged_record_of_the_split_is_one_line(tmp_path):
    write_folder(tmp_path / "photos", range(100, 120))
    asked = config("folder", tmp_path / "photos", {}, 0.016)
    run_experiment(asked, tmp_path / "run")
    (tmp_path / "run" / "split.json").write_text('{"trained": [3]}')
    with pytest.raises(UserError, match=r"split\.json: is damaged: trained\.0"):
        run_experiment(asked, tmp_path / "run")
