"""Statistics of real images: kept, found again, never for other data; exchanged as npz files."""

import dataclasses
import multiprocessing

import numpy as np
import pytest
from made_images import dataset, stripes

from gan_cli.errors import UserError
from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.features import random as random_features
from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.maths.moments import moments_of
from gan_cli.metrics.sample import Sample
from gan_cli.metrics.statistics import (
    cached_moments,
    cached_sample,
    read_statistics,
    write_statistics,
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_CLI_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "statistics"


@pytest.fixture(scope="module")
def data():
    return stripes(60, (8, 8, 1), seed=0)


@pytest.fixture(scope="module")
def network(data) -> FeatureNetwork:
    return random_features.build(data, data)


def refuse() -> Sample:
    pytest.fail("computed again")


def test_the_second_time_nothing_is_computed(network, data, cache):
    first = Comparison(network, data, data).reference
    again = cached_sample(network, data, refuse)
    for field in dataclasses.fields(Sample):
        one, other = getattr(first, field.name), getattr(again, field.name)
        if field.name == "moments":
            np.testing.assert_array_equal(one.covariance, other.covariance)
            # As many vectors as dimensions or fewer: their exact root is kept as well.
            np.testing.assert_array_equal(one.root, other.root)
        else:
            np.testing.assert_array_equal(one, other)
    assert [path.suffix for path in cache.iterdir()] == [".npz"]


def test_moments_alone_are_kept_apart(network, data):
    first = Comparison(network, None, data).reference_moments
    again = cached_moments(network, data, refuse)
    assert again.count == 60
    np.testing.assert_array_equal(first.covariance, again.covariance)
    np.testing.assert_array_equal(first.root, again.root)


def test_any_change_makes_them_invalid(network, data):
    Comparison(network, data, data).reference  # noqa: B018
    pixels = data.images.copy()
    pixels[3, 2, 1] += 1
    labels = data.labels.copy()
    labels[0] = 1 - labels[0]
    others = [
        (network, dataset(pixels, data.labels, data.class_names)),
        (network, dataset(data.images, labels, data.class_names)),
        (network, dataset(data.images[:-1], data.labels[:-1], data.class_names)),
        (dataclasses.replace(network, scale=2.0), data),
        (dataclasses.replace(network, name="other"), data),
        (dataclasses.replace(network, file_sha256="0"), data),
    ]
    for its_network, its_data in others:
        with pytest.raises(ZeroDivisionError):
            cached_sample(its_network, its_data, lambda: 1 / 0)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 broken", None])
def test_a_damaged_file_is_computed_again(network, data, cache, damage, caplog):
    expected = Comparison(network, data, data).reference
    (path,) = cache.iterdir()
    path.write_bytes(path.read_bytes()[:-200] if damage is None else damage)
    again = Comparison(network, data, data).reference
    np.testing.assert_array_equal(again.features, expected.features)
    assert "computing it again" in caplog.text
    assert cached_sample(network, data, refuse).count == 60


def _write_many(path: str, number: int) -> None:
    from pathlib import Path

    from gan_cli.io.cache import write_npz

    for _ in range(30):
        assert write_npz(Path(path), {"value": np.full(50_000, number)}) is None


def test_two_processes_may_write_the_same_file(tmp_path):
    path = tmp_path / "shared" / "file.npz"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_many, args=(str(path), n)) for n in (1, 2)]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        if path.exists():
            with np.load(path) as file:
                values = np.unique(file["value"])
            # Whole, of one writer.
            assert len(values) == 1
            seen.add(int(values[0]))
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert seen <= {1, 2}
    assert [each.name for each in path.parent.iterdir()] == ["file.npz"]


def test_a_full_disk_costs_the_cache_only(network, data, small_disk, monkeypatch, caplog):
    monkeypatch.setenv("GAN_CLI_CACHE", str(small_disk))
    (small_disk / "filler").write_bytes(bytes(240 * 1024))
    assert Comparison(network, data, data).reference.count == 60
    assert "cannot be saved in the cache: No space left" in caplog.text
    assert list((small_disk / "statistics").iterdir()) == []


def test_statistics_as_pytorch_fid_has_them(network, data, tmp_path):
    features = network.features(data.images)
    path = tmp_path / "stats.npz"
    write_statistics(path, moments_of(features), network)
    with np.load(path) as file:
        np.testing.assert_allclose(file["mu"], features.mean(axis=0, dtype=np.float64), rtol=1e-6)
        np.testing.assert_allclose(
            file["sigma"], np.cov(features.astype(np.float64), rowvar=False), rtol=1e-9, atol=1e-12
        )
    again = read_statistics(path, network)
    assert again.count == 60
    np.testing.assert_array_equal(again.covariance, moments_of(features).covariance)
    # As another program writes it: nothing but the two.
    np.savez(path, mu=again.mean, sigma=again.covariance)
    np.testing.assert_array_equal(read_statistics(path, network).mean, again.mean)


def test_sums_as_stylegan_has_them(network, data, tmp_path):
    features = network.features(data.images).astype(np.float64)
    path = tmp_path / "stats.npz"
    np.savez(path, raw_mean=features.sum(axis=0), raw_cov=features.T @ features, num_items=60)
    found = read_statistics(path, network)
    np.testing.assert_allclose(found.mean, features.mean(axis=0))
    expected = np.cov(features, rowvar=False, ddof=0)
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-6, atol=1e-9)


def test_statistics_that_cannot_be_used(network, data, tmp_path):
    path = tmp_path / "stats.npz"
    with pytest.raises(UserError, match=r"stats\.npz: cannot be read as an npz file: No such file"):
        read_statistics(path, network)
    path.write_text("mu")
    with pytest.raises(UserError, match="as an npz file: File is not a zip file"):
        read_statistics(path, network)
    np.savez(path, mean=np.zeros(3))
    with pytest.raises(UserError, match="holds mean; must hold mu and sigma"):
        read_statistics(path, network)
    np.savez(path, mu=np.zeros(2048), sigma=np.eye(2048))
    with pytest.raises(UserError, match=r"of another network: the mean has shape \(2048,\)"):
        read_statistics(path, network)
    size = network.dimension
    np.savez(path, mu=np.full(size, np.nan), sigma=np.eye(size))
    with pytest.raises(UserError, match="mu is not finite"):
        read_statistics(path, network)
    moments = moments_of(network.features(data.images))
    write_statistics(path, moments, dataclasses.replace(network, scale=3.0))
    with pytest.raises(UserError, match="statistics of another network, 'random' with SHA-256"):
        read_statistics(path, network)
    with pytest.raises(UserError, match="cannot be written"):
        write_statistics(tmp_path / "stats.npz" / "below.npz", moments, network)
