"""The stream of batches: every image once an epoch, and the same from any point on."""

from collections import Counter

import numpy as np
import pytest

from gan_cli.data.dataset import ImageDataset
from gan_cli.data.pipeline import training_batches

COUNT = 23


@pytest.fixture
def dataset():
    images = np.zeros((COUNT, 4, 5, 1), np.uint8)
    images[:, :, 0, 0] = np.arange(COUNT)[:, None]
    return ImageDataset(images, (np.arange(COUNT) * 7 % 5).astype(np.int32), tuple("abcde"), "x")


def take(dataset, images, **options):
    """The numbers and labels of the first images of a stream, and whether each is flipped."""
    batch_size = options.pop("batch_size", 4)
    steps = options.get("steps_per_call", 1)
    numbers, labels, flipped = [], [], []
    for batch in training_batches(dataset, batch_size, **options):
        pixels = batch["images"].numpy().reshape(-1, 4, 5)
        assert batch["images"].shape == (steps, batch_size, 4, 5, 1)
        numbers += pixels.max(axis=(1, 2)).tolist()
        flipped += (pixels[:, 0, 4] > 0).tolist()
        labels += batch["labels"].numpy().reshape(-1).tolist()
        if len(numbers) >= images:
            return numbers[:images], labels[:images], flipped[:images]


def test_every_epoch_shows_every_image_once_in_an_order_of_its_own(dataset):
    numbers, labels, _ = take(dataset, 4 * COUNT, seed=0)
    epochs = np.reshape(numbers, (4, COUNT))
    for epoch in epochs:
        assert sorted(epoch) == list(range(COUNT))
    assert len({tuple(epoch) for epoch in epochs}) == 4
    np.testing.assert_array_equal(labels, np.array(numbers) * 7 % 5)


def test_the_seed_decides_the_order(dataset):
    assert take(dataset, 40, seed=3) == take(dataset, 40, seed=3)
    assert take(dataset, 40, seed=3) != take(dataset, 40, seed=4)


@pytest.mark.parametrize("first_image", [8, 20, 24, 92])
@pytest.mark.parametrize("mirror", [False, True])
def test_it_goes_on_from_any_point_with_batches_of_any_size(dataset, first_image, mirror):
    whole = take(dataset, 150, seed=1, mirror=mirror)
    rest = take(
        dataset,
        150 - first_image,
        seed=1,
        mirror=mirror,
        first_image=first_image,
        batch_size=7,
        steps_per_call=3,
    )
    assert rest == tuple(part[first_image:] for part in whole)


def test_batches_larger_than_the_data_set_hold_several_epochs(dataset):
    whole = take(dataset, 120, seed=1)
    assert take(dataset, 120, seed=1, batch_size=60) == whole


def test_mirror_flips_half_of_every_epoch(dataset):
    numbers, _, flipped = take(dataset, 200 * COUNT, seed=0, mirror=True)
    # Number 0 is black, and looks the same both ways.
    seen = np.reshape(flipped, (200, COUNT)).sum(axis=1)
    assert set(seen) <= {COUNT // 2, COUNT // 2 - 1}
    shares = [np.mean([f for f, n in zip(flipped, numbers, strict=True) if n == k]) for k in (1, 9)]
    np.testing.assert_allclose(shares, COUNT // 2 / COUNT, atol=0.12)
    assert not any(take(dataset, 60, seed=0)[2])


def test_images_without_labels_and_in_a_memory_map(dataset, tmp_path):
    np.save(tmp_path / "images.npy", dataset.images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    unlabelled = ImageDataset(mapped, None, (), "x")
    numbers, labels, flipped = take(unlabelled, 60, seed=1, mirror=True)
    assert (numbers, flipped) == take(dataset, 60, seed=1, mirror=True)[::2]
    assert labels == [0] * 60
    np.testing.assert_array_equal(mapped, dataset.images)


@pytest.mark.parametrize("updates", [1, 2])
def test_the_workers_shares_make_up_the_very_batches_of_one_process(dataset, updates):
    """Batches of more than an epoch, of which a worker may see the border only from one side."""
    options = {"batch_size": 48, "seed": 2, "first_image": 5, "mirror": True, "steps_per_call": 2}

    def stream(**share):
        batches = training_batches(dataset, **options, **share).take(3)
        return [(batch["images"].numpy(), batch["labels"].numpy()) for batch in batches]

    shares = [stream(updates_per_step=updates, worker=w, workers=4) for w in range(4)]
    for number, whole in enumerate(stream()):
        for part, values in enumerate(whole):
            by_worker = [share[number][part] for share in shares]
            each = 48 // updates // 4
            rows = [values.reshape(2, updates, each, *values.shape[2:]) for values in by_worker]
            joined = np.concatenate(rows, axis=2).reshape(values.shape)
            np.testing.assert_array_equal(joined, values)


def views(image):
    """The eight ways in which a square can lie, as bytes."""
    turned = [np.rot90(image, turn) for turn in range(4)]
    return {view.tobytes() for view in [*turned, *(view[::-1] for view in turned)]}


@pytest.mark.parametrize(
    ("options", "ways"),
    [
        ({"flip": True}, 2),
        ({"quarter_turns": True}, 4),
        ({"flip": True, "mirror": True}, 4),
        ({"flip": True, "quarter_turns": True}, 8),
    ],
)
def test_flips_and_turns_come_equally_often_and_nothing_else_changes(options, ways):
    square = np.random.default_rng(0).integers(0, 256, (1, 5, 5, 3), dtype=np.uint8)
    every = ImageDataset(np.repeat(square, 8, axis=0), None, (), "x")
    batches = training_batches(every, 800, seed=3, **options).take(1)
    (batch,) = [batch["images"].numpy()[0] for batch in batches]
    seen = Counter(image.tobytes() for image in batch)
    assert set(seen) <= views(square[0])
    assert len(seen) == ways
    assert all(abs(count - 800 / ways) < 45 for count in seen.values())
    np.testing.assert_array_equal(every.images[0], square[0])


def test_turns_leave_the_order_as_it_is_and_resume_anywhere(dataset):
    def stream(first, count, **options):
        batches = training_batches(dataset, 6, seed=5, first_image=first, **options)
        images = [batch["images"].numpy()[0] for batch in batches.take(count // 6)]
        return np.concatenate(images)

    whole = stream(0, 60, flip=True)
    np.testing.assert_array_equal(stream(24, 36, flip=True), whole[24:])
    plain = stream(0, 60)
    flipped = (whole != plain).any(axis=(1, 2, 3))
    np.testing.assert_array_equal(whole[flipped], plain[flipped][:, ::-1])
