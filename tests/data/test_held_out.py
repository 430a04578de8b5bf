"""No sample that a run has trained on is ever held out, however its data grow."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import Collection
from gan_cli.data.held_out import KnownSplit, choose_held_out, split_of

CONFIG = DataConfig.model_validate({"source": "digits", "holdout_fraction": 0.1}, strict=False)


def collection(kind, numbers, labels):
    arrays = np.array(numbers, np.int64).view(np.uint8).reshape(-1, 8)
    return Collection(
        count=len(numbers),
        read=lambda index: arrays[index],
        describe=str,
        labels=labels,
        class_names=("a", "b"),
        identity=hashlib.sha256(arrays.tobytes()).hexdigest(),
        images=None if kind == "files" else arrays,
        content=(lambda index: b"%d" % numbers[index]) if kind == "files" else None,
        # Pieces of about five phrases.
        groups=np.unique(np.array(numbers) // 5, return_inverse=True)[1].astype(np.int32)
        if kind == "pieces"
        else None,
    )


@pytest.mark.parametrize("kind", ["files", "arrays", "pieces"])
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_was_trained_on_is_never_held_out_later(kind, data):
    known, numbers = KnownSplit(), []
    for _ in range(4):
        # Some of the new ones are copies of others.
        more = data.draw(st.lists(st.integers(0, 400), min_size=2, max_size=80))
        numbers = data.draw(st.permutations(numbers + more))
        if len({number // 5 for number in numbers}) < 2:
            return
        labels = np.array([number // 5 % 2 for number in numbers], np.int32)
        samples = collection(kind, numbers, labels)
        chosen = np.arange(len(numbers))
        held_out = choose_held_out(CONFIG, samples, chosen, False, known)
        split = split_of(samples, chosen, held_out.indices, held_out.copies, known)
        assert not split.held_out & known.trained
        if kind == "pieces":
            whole = np.isin(samples.groups, samples.groups[held_out.indices])
            assert set(np.flatnonzero(whole)) == set(held_out.indices)
        # Continued with the same data, the split does not move.
        assert known.trained <= split.trained
        known = split
        again = choose_held_out(CONFIG, samples, chosen, False, known)
        np.testing.assert_array_equal(again.indices, held_out.indices)


def test_a_share_of_what_is_new_is_held_out():
    samples = collection("arrays", list(range(100)), None)
    first = choose_held_out(CONFIG, samples, np.arange(100), False, KnownSplit())
    assert len(first.indices) == 10
    known = split_of(samples, np.arange(100), first.indices, None)
    more = collection("arrays", list(range(200, 400)) + list(range(100)), None)
    second = choose_held_out(CONFIG, more, np.arange(300), False, known)
    assert len(second.indices) == 30
    np.testing.assert_array_equal(second.indices[20:], first.indices + 200)


def test_a_larger_share_is_not_taken_from_what_was_trained_on():
    samples = collection("files", list(range(100)), None)
    first = choose_held_out(CONFIG, samples, np.arange(100), False, KnownSplit())
    known = split_of(samples, np.arange(100), first.indices, first.copies)
    larger = CONFIG.model_copy(update={"holdout_fraction": 0.5})
    second = choose_held_out(larger, samples, np.arange(100), False, known)
    np.testing.assert_array_equal(second.indices, first.indices)
    alone = choose_held_out(larger, samples, np.arange(100), False, KnownSplit())
    assert second.trained == len(alone.indices) - len(first.indices) > 10
