"""gan-eval's ways to be asked: images of any origin, statistics files, several runs; its words."""

import json

import numpy as np
import pytest
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.evaluation.images import score_against_file, score_images
from gan_cli.evaluation.scored_run import Request
from gan_cli.metrics.evaluate import Evaluation, Score
from gan_cli.metrics.features import random as random_features
from gan_cli.metrics.interpretation import read
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import moments_of

RNG = np.random.default_rng(0)


def write_folder(path, images):
    path.mkdir()
    for index, image in enumerate(images):
        Image.fromarray(image).save(path / f"{index:03d}.png")
    return str(path)


@pytest.fixture
def pictures(tmp_path):
    """Two folders and an npz of gray images, 16 pixels a side, brighter in the second."""
    real = RNG.integers(0, 200, (40, 16, 16), dtype=np.uint8)
    fake = RNG.integers(40, 256, (30, 16, 16), dtype=np.uint8)
    np.savez(tmp_path / "fake.npz", fake)
    return real, fake, write_folder(tmp_path / "real", real), write_folder(tmp_path / "fake", fake)


def scores_in(path):
    record = json.loads(path.read_text())
    return {name: score["value"] for name, score in record["scores"].items()}


def test_folders_and_arrays_are_scored_without_a_run(pictures, tmp_path, capsys):
    real, fake, real_folder, fake_folder = pictures
    request = Request(metrics=("frechet", "precision_recall"))
    score_images(real_folder, fake_folder, request, tmp_path / "folder.json")
    score_images(real_folder, str(tmp_path / "fake.npz"), request, tmp_path / "npz.json")
    found = scores_in(tmp_path / "folder.json")
    assert found == scores_in(tmp_path / "npz.json")

    from gan_cli.data.dataset import ImageDataset

    reference = ImageDataset(real[..., None], None, (), "")
    network = random_features.build(reference, reference)
    moments = [moments_of(network.features(each[..., None])) for each in (real, fake)]
    assert found["fd_random"] == pytest.approx(frechet_distance(*moments), rel=1e-4)
    assert "not comparable with papers" in capsys.readouterr().out


def test_statistics_are_written_and_stand_in_for_the_real_images(pictures, tmp_path):
    _, _, real_folder, fake_folder = pictures
    statistics = tmp_path / "real.npz"
    request = Request(metrics=("frechet",), statistics=statistics)
    score_images(real_folder, fake_folder, request, tmp_path / "made.json")
    with np.load(statistics) as file:
        assert file["mu"].shape == (file["sigma"].shape[0],)
    score_images(real_folder, fake_folder, request, tmp_path / "used.json")
    made, used = (scores_in(tmp_path / name) for name in ("made.json", "used.json"))
    assert used["fd_random"] == pytest.approx(made["fd_random"], rel=1e-6)
    # Not the real images': then the distance is to those of the file.
    with np.load(statistics) as file:
        moved = {**file, "mu": file["mu"] + 1.0}
    np.savez(statistics, **moved)
    score_images(real_folder, fake_folder, request, tmp_path / "moved.json")
    assert scores_in(tmp_path / "moved.json")["fd_random"] > used["fd_random"] + 1.0


def test_images_are_scored_against_a_statistics_file_alone(pictures, tmp_path):
    _, _, real_folder, fake_folder = pictures
    statistics = tmp_path / "real.npz"
    score_images(fake_folder, real_folder, Request(statistics=statistics), None)
    score_against_file(fake_folder, Request(statistics=statistics), tmp_path / "same.json")
    assert scores_in(tmp_path / "same.json")["fd_random"] == pytest.approx(0.0, abs=1e-3)


BAD = {
    "channels": ("{real}", "{colour}", "--fake: {colour} holds images of 3 channels, the real"),
    "nothing there": ("{real}", "{folder}/none", "--fake: must be a folder of images or an .npz"),
    "a file": ("{folder}/x.txt", "{fake}", "--real: must be a folder of images, an .npz file or"),
    "no image": ("{real}", "{empty}", "holds no"),
    "not a number": ("{real}", "{folder}/nan.npz", "images must be uint8"),
    "too few": ("{real}", "{few}", "at least 6 generated images are needed to evaluate, got 3"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_images_that_do_not_go_together(pictures, tmp_path, case):
    real, fake, words = BAD[case]
    places = {
        "real": pictures[2],
        "fake": pictures[3],
        "folder": str(tmp_path),
        "colour": write_folder(tmp_path / "colour", np.zeros((8, 16, 16, 3), np.uint8)),
        "few": write_folder(tmp_path / "few", np.zeros((3, 16, 16), np.uint8)),
        "empty": write_folder(tmp_path / "empty", []),
    }
    (tmp_path / "x.txt").write_text("x")
    np.savez(tmp_path / "nan.npz", np.full((8, 16, 16), np.nan, np.float32))
    with pytest.raises(UserError) as caught:
        score_images(real.format(**places), fake.format(**places), Request(), None)
    assert words.format(**places) in str(caught.value)


@pytest.mark.parametrize("alone", [False, True])
def test_statistics_of_another_network_are_refused(pictures, tmp_path, alone):
    _, _, real_folder, fake_folder = pictures
    statistics, out = tmp_path / "inception.npz", tmp_path / "out.json"
    np.savez(statistics, mu=np.zeros(2048), sigma=np.eye(2048))
    before = statistics.read_bytes()
    request = Request(metrics=("frechet",), statistics=statistics)
    score, images = score_images, (real_folder, fake_folder)
    if alone:
        score, images = score_against_file, (fake_folder,)
    with pytest.raises(UserError, match="statistics of another network: the mean has shape"):
        score(*images, request, out)
    assert statistics.read_bytes() == before
    assert not out.exists()


def evaluation(scores=(), details=None, generated=5000, reference=5000):
    made = {n: Score(value, 0.0, floor, None, True) for n, value, floor in scores}
    return Evaluation(made, generated, reference, reference, details=details or {})


def class_modes(**shares):
    return {"class_modes": {
        name: {"share": share, "data_share": 0.25, "covered": share >= 0.025}
        for name, share in shares.items()
    }}  # fmt: skip


NEIGHBOURS = {"suspicious_distance": 1.0, "closest": [{"distances": [0.1]}, {"distances": [0.9]}]}

PUBLISHED = (
    "The features are of the published Inception graph: fid, kid and is compare with papers that"
    " take the same reference images, and as many generated ones."
)


@pytest.mark.parametrize(
    ("given", "network", "sentences"),
    [
        (
            evaluation(details=class_modes(bag=0.0, shoe=0.05, coat=0.45, shirt=0.5)),
            "inception",
            ["Covers 3 of 4 classes; missing: 'bag'.",
             "Rare: 'shoe' (5.0 % of the images, 25.0 % of the data)."],
        ),
        (
            evaluation(details=class_modes(a=0.0, b=0.0, c=0.01, d=0.99)),
            "inception",
            ["Covers 1 of 4 classes; missing: 'a', 'b' and 'c'."],
        ),
        (
            evaluation([("c_t", -5.0, 0.0)], {"neighbours": NEIGHBOURS}),
            "inception",
            ["Copies: generated images lie nearer to the training images than held-out ones do"
             " (C_T -5.0; below -3 is no chance).",
             "At least 1 of the images are suspiciously near to a training image: look at the"
             " strips of nearest neighbours."],
        ),
        (evaluation([("c_t", -2.9, 0.0)]), "inception", ["No sign of copied training images."]),
        (
            evaluation([("recall", 0.3, 0.6), ("precision", 0.5, 0.6)]),
            "inception",
            ["Variety is lacking: a good part of the real images has no generated one near."
             " (recall 0.30, training images 0.60)"],
        ),
        (
            evaluation([("r_v", 0.8, 0.0)]),
            "inception",
            ["The discriminator has overfitted (r_v 0.80): it tells training images from held-out"
             " ones; use an augmentation, or more images."],
        ),
        (
            evaluation([("fd_random", 3.0, 1.0)], generated=900),
            "random",
            ["The numbers are not comparable with papers: the features are of 'random'.",
             "fd_random is too large with few images, here 900: compare it with its floor, and"
             " with others of as many."],
        ),
        (evaluation([("fid", 3.0, 1.0)]), "inception", []),
    ],
)  # fmt: skip
def test_the_scores_are_put_into_words(given, network, sentences):
    trust = [PUBLISHED] if network == "inception" else []
    assert read(given, network) == sentences + trust
