"""Folders, arrays and statistics files, scored without a run."""

import json

import numpy as np
import pytest
from PIL import Image

from gan_cli.data.dataset import ImageDataset
from gan_cli.errors import UserError
from gan_cli.evaluation.images import score_against_statistics, score_images
from gan_cli.evaluation.requests import ImagesRequest, StatisticsRequest
from gan_cli.listener import Listener
from gan_cli.metrics.features import random as random_features
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import moments_of

RNG = np.random.default_rng(0)


def write_folder(path, images):
    path.mkdir(parents=True)
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


def frechet(scored):
    return scored.scores["fd_random"].value


def test_folders_and_arrays_are_scored_without_a_run(pictures, tmp_path, capsys):
    real, fake, real_folder, fake_folder = pictures
    folder, npz = (
        score_images(
            ImagesRequest(real=real_folder, fake=path, metrics=("frechet", "precision_recall"))
        )
        for path in (fake_folder, str(tmp_path / "fake.npz"))
    )
    assert folder.scores == npz.scores
    assert folder.title == f"{fake_folder} against {real_folder}"
    reference = ImageDataset(real[..., None], None, (), "")
    network = random_features.build(reference, reference)
    moments = [moments_of(network.features(each[..., None])) for each in (real, fake)]
    assert frechet(folder) == pytest.approx(frechet_distance(*moments), rel=1e-4)
    assert any("not comparable with papers" in line for line in folder.interpretation)
    # The library prints nothing; the command prints what it returns.
    assert capsys.readouterr() == ("", "")


def test_the_record_is_written_as_json(pictures, tmp_path):
    _, _, real_folder, fake_folder = pictures
    request = ImagesRequest(real=real_folder, fake=fake_folder, metrics=["frechet"], seed=3)
    scored = score_images(request)
    scored.save(tmp_path / "scores.json")
    record = json.loads((tmp_path / "scores.json").read_text())
    assert record["real"] == real_folder
    assert record["seed"] == 3
    assert record["features"] == "random"
    assert record["scores"]["fd_random"]["value"] == frechet(scored)
    assert record["reading"] == list(scored.interpretation)


def test_a_listener_hears_of_the_images_and_of_each_metric(pictures):
    _, _, real_folder, fake_folder = pictures
    heard = []

    class Ear(Listener):
        def progress(self, activity, done, total, detail=""):
            heard.append((activity, done, total, detail))

        def done(self, activity):
            heard.append(activity)

    request = ImagesRequest(real=real_folder, fake=fake_folder, metrics=("frechet", "ms_ssim"))
    score_images(request, Ear())
    assert heard.index("preparing images") < heard.index(("scoring images", 0, 30, ""))
    assert heard[-4:] == [
        ("scoring images", 30, 30, ""),
        ("scoring images", 30, 30, "frechet"),
        ("scoring images", 30, 30, "ms_ssim"),
        "scoring images",
    ]


def test_statistics_are_written_and_stand_in_for_the_real_images(pictures, tmp_path):
    _, _, real_folder, fake_folder = pictures
    statistics = tmp_path / "real.npz"
    request = ImagesRequest(
        real=real_folder, fake=fake_folder, metrics=("frechet",), statistics=statistics
    )
    made = score_images(request)
    with np.load(statistics) as file:
        assert file["mu"].shape == (file["sigma"].shape[0],)
    used = score_images(request)
    assert frechet(used) == pytest.approx(frechet(made), rel=1e-6)
    # Not the real images': then the distance is to those of the file.
    with np.load(statistics) as file:
        moved = {**file, "mu": file["mu"] + 1.0}
    np.savez(statistics, **moved)
    assert frechet(score_images(request)) > frechet(used) + 1.0


def test_images_are_scored_against_a_statistics_file_alone(pictures, tmp_path):
    _, _, real_folder, fake_folder = pictures
    statistics = tmp_path / "real.npz"
    score_images(ImagesRequest(real=fake_folder, fake=real_folder, statistics=statistics))
    scored = score_against_statistics(StatisticsRequest(fake=fake_folder, statistics=statistics))
    assert list(scored.scores) == ["fd_random"]
    assert frechet(scored) == pytest.approx(0.0, abs=1e-3)
    assert scored.record()["statistics"] == str(statistics)


BAD = {
    "channels": ("{real}", "{colour}", "fake: {colour} holds images of 3 channels, the real"),
    "nothing there": ("{real}", "{folder}/none", "fake: must be a folder of images or an .npz"),
    "a file": ("{folder}/x.txt", "{fake}", "real: must be a folder of images, an .npz file or"),
    "no image": ("{real}", "{empty}", "holds no"),
    "not a number": ("{real}", "{folder}/nan.npz", "images must be uint8"),
    "too few": ("{real}", "{few}", "at least 10 generated images are needed to evaluate, got 9"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_images_that_do_not_go_together(pictures, tmp_path, case):
    real, fake, words = BAD[case]
    places = {
        "real": pictures[2],
        "fake": pictures[3],
        "folder": str(tmp_path),
        "colour": write_folder(tmp_path / "colour", np.zeros((8, 16, 16, 3), np.uint8)),
        "few": write_folder(tmp_path / "few", np.zeros((9, 16, 16), np.uint8)),
        "empty": write_folder(tmp_path / "empty", []),
    }
    (tmp_path / "x.txt").write_text("x")
    np.savez(tmp_path / "nan.npz", np.full((8, 16, 16), np.nan, np.float32))
    with pytest.raises(UserError) as caught:
        score_images(ImagesRequest(real=real.format(**places), fake=fake.format(**places)))
    assert words.format(**places) in str(caught.value)


@pytest.mark.parametrize("alone", [False, True])
def test_statistics_of_another_network_are_refused(pictures, tmp_path, alone):
    _, _, real, fake = pictures
    statistics = tmp_path / "inception.npz"
    np.savez(statistics, mu=np.zeros(2048), sigma=np.eye(2048))
    before = statistics.read_bytes()
    score, request = (
        (score_against_statistics, StatisticsRequest(fake=fake, statistics=statistics))
        if alone
        else (score_images, ImagesRequest(real=real, fake=fake, statistics=statistics))
    )
    with pytest.raises(UserError, match="statistics of another network: the mean has shape"):
        score(request)
    assert statistics.read_bytes() == before


@pytest.mark.parametrize("classes", [1, 2])
def test_the_features_suit_the_number_of_classes(tmp_path, classes):
    images = RNG.integers(0, 256, (120, 8, 8), dtype=np.uint8)
    for name, part in zip(("cat", "dog"), np.array_split(images, classes), strict=False):
        write_folder(tmp_path / "data" / name, part)
    (tmp_path / "x.yaml").write_text(f"data: {{source: folder, path: {tmp_path}/data}}\n")
    scored = score_images(
        ImagesRequest(
            real=str(tmp_path / "x.yaml"),
            fake=write_folder(tmp_path / "fake", images[:20]),
            metrics=("frechet",),
        )
    )
    assert scored.features.name == ("random" if classes == 1 else "classifier")


def test_points_are_not_compared_with_images(tmp_path):
    (tmp_path / "ring.yaml").write_text("data: {source: points, num_points: 100}\n")
    with pytest.raises(UserError, match="real: is not available for points") as caught:
        score_images(ImagesRequest(real=str(tmp_path / "ring.yaml"), fake=str(tmp_path)))
    assert caught.value.key == "real"
