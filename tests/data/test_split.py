"""Whole groups are chosen, in about the right number and of every class."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_cli.data.split import choose_groups


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_groups_stay_whole(data):
    sizes = data.draw(st.lists(st.integers(1, 30), min_size=2, max_size=30))
    classes = data.draw(st.integers(1, 3))
    groups = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    labels = (groups % classes).astype(np.int32)
    indices = np.sort(np.random.default_rng(0).permutation(len(groups))[: max(len(groups) - 3, 2)])
    if len(np.unique(groups[indices])) < 2:
        return
    count = data.draw(st.integers(1, len(indices)))
    chosen = choose_groups(indices, labels, groups, count)
    rest = np.setdiff1d(indices, chosen)
    assert len(chosen)
    assert len(rest)
    assert not set(groups[chosen]) & set(groups[rest])
    assert set(chosen) <= set(indices)
    np.testing.assert_array_equal(chosen, choose_groups(indices, labels, groups, count))


def test_the_share_is_about_right_in_every_class():
    groups = np.repeat(np.arange(200, dtype=np.int32), 10)
    labels = (groups % 4 == 0).astype(np.int32)
    chosen = choose_groups(np.arange(2000), labels, groups, 200)
    assert 180 <= len(chosen) <= 220
    assert 40 <= labels[chosen].sum() <= 60
