"""ADA's geometric transforms: against Pillow, against SciPy in float64, and their draws."""

import itertools
from math import comb

import numpy as np
import pytest
import tensorflow as tf
from parameters import make_blit, make_warp
from PIL import Image, ImageOps
from scipy import ndimage

from gan_cli.objectives.augment.ada import move
from gan_cli.objectives.augment.ada_geometry import draw_blit, draw_warp
from gan_cli.objectives.augment.draws import Draws
from gan_cli.objectives.augment.homogeneous import compose
from gan_cli.objectives.augment.warp import SYM6, blit, warp

SIZES = [(12, 12), (9, 9), (8, 13)]
WARPS = [
    {"scale": 1.3},
    {"scale": 0.5},
    {"rotation_before": 0.7},
    {"stretch": 0.8},
    {"rotation_after": -2.0},
    {"shift_x": 1.7, "shift_y": -0.4},
    {
        "scale": 0.9,
        "rotation_before": 0.4,
        "stretch": 1.2,
        "rotation_after": 1.1,
        "shift_x": -2.3,
        "shift_y": 3.1,
    },
]


def make_images(height, width, channels=1, batch=1):
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (batch, height, width, channels)).astype(np.float32)


def smooth_image(size=48):
    """A few soft blobs, no two alike: float32 [size, size]."""
    y, x = np.mgrid[:size, :size] / (size - 1)
    blobs = [(0.3, 0.3, 0.12, 1.0), (0.65, 0.4, 0.1, -0.8), (0.5, 0.7, 0.15, 0.6)]
    return sum(
        a * np.exp(-((x - u) ** 2 + (y - v) ** 2) / (2 * s**2)) for u, v, s, a in blobs
    ).astype(np.float32)


def moved(images, blits=None, warps=None):
    blits = blits or make_blit(len(images))
    warps = warps or make_warp(len(images))
    return move(tf.constant(images), blits, warps).numpy()


@pytest.mark.parametrize(
    ("size", "turns"),
    # Only square images turn by 90 degrees.
    [(size, turns) for size in SIZES for turns in range(4) if size[0] == size[1] or turns % 2 == 0],
)
@pytest.mark.parametrize("flip", [0, 1])
def test_flips_and_turns_equal_pillow(size, turns, flip):
    images = make_images(*size)
    picture = Image.fromarray(images[0, ..., 0])
    if flip:
        picture = ImageOps.mirror(picture)
    expected = np.asarray(picture.rotate(90 * turns, expand=True))
    got = moved(images, make_blit(flip=flip, quarter_turns=turns))
    np.testing.assert_array_equal(got[0, ..., 0], expected)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shift", [(2, 0), (-1, 2), (0, -2)])
def test_whole_shifts_equal_a_reflected_crop(size, shift):
    images = make_images(*size, channels=3)
    x, y = shift
    padded = np.pad(images, [(0, 0), (3, 3), (3, 3), (0, 0)], mode="reflect")
    expected = padded[:, 3 - y : 3 - y + size[0], 3 - x : 3 - x + size[1]]
    np.testing.assert_array_equal(moved(images, make_blit(shift_x=x, shift_y=y)), expected)


@pytest.mark.parametrize(
    ("values", "affine"),
    [
        ({"shift_x": 3.5, "shift_y": -2.25}, (1, 0, -3.5, 0, 1, 2.25)),
        ({"scale": 1.25}, (0.8, 0, 4.8, 0, 0.8, 4.8)),
        ({"stretch": 1.25}, (0.8, 0, 4.8, 0, 1.25, -6.0)),
    ],
)
def test_warps_go_where_pillow_puts_them(values, affine):
    image = smooth_image()
    got = moved(image[None, ..., None], warps=make_warp(**values))[0, ..., 0]
    # Pillow's coordinates are of pixel corners, ours of the centre of the image.
    expected = Image.fromarray(image).transform(
        image.shape[::-1], Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC
    )
    inner = np.s_[8:-8, 8:-8]
    np.testing.assert_allclose(got[inner], np.asarray(expected)[inner], atol=0.03)
    assert np.abs(got - image)[inner].max() > 0.1


@pytest.mark.parametrize("name", ["rotation_before", "rotation_after"])
def test_rotations_go_where_pillow_puts_them(name):
    image = smooth_image()
    got = moved(image[None, ..., None], warps=make_warp(**{name: np.deg2rad(30)}))[0, ..., 0]
    expected = Image.fromarray(image).rotate(30, Image.Resampling.BICUBIC)
    inner = np.s_[8:-8, 8:-8]
    np.testing.assert_allclose(got[inner], np.asarray(expected)[inner], atol=0.03)


def warp_in_float64(image, source, margin=40):
    """One plane [height, width] by SciPy: pad, upsample, sample bilinearly, downsample."""
    height, width = image.shape
    plane = np.pad(image.astype(np.float64), margin, mode="reflect")
    fine = np.zeros([2 * side for side in plane.shape])
    fine[::2, ::2] = plane
    # origin=-1: of 12 taps the sixth, not the seventh, belongs to the pixel itself.
    for axis in (0, 1):
        fine = ndimage.convolve1d(fine, SYM6 * np.sqrt(2), axis=axis, origin=-1)

    # From output to input, both as (row, column) of the fine grid: pixel i is at 2 (i + margin).
    linear = source[:2, :2][::-1, ::-1]
    shift = source[:2, 2][::-1]
    centre = np.array([height - 1, width - 1]) / 2
    fine_centre = 2.0 * (centre + margin)
    offset = fine_centre + 2.0 * shift - linear @ fine_centre
    sampled = ndimage.affine_transform(fine, linear, offset, order=1)

    for axis in (0, 1):
        sampled = ndimage.correlate1d(sampled, SYM6 / np.sqrt(2), axis=axis, origin=-1)
    coarse = sampled[::2, ::2]
    return coarse[margin : margin + height, margin : margin + width]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("values", WARPS, ids=lambda values: "+".join(values))
@pytest.mark.parametrize("blits", [{}, {"flip": 1.0, "shift_x": 1.0, "quarter_turns": 2.0}])
def test_warps_equal_scipy_in_float64(size, values, blits):
    images = make_images(*size, channels=2)
    blits, warps = make_blit(**blits), make_warp(**values)
    source = compose(blits.source(), warps.source())[0].numpy().astype(np.float64)
    expected = [warp_in_float64(images[0, ..., c], source) for c in range(2)]
    got = moved(images, blits, warps)[0]
    np.testing.assert_allclose(got, np.stack(expected, axis=-1), atol=3e-5)


def daubechies_filters(moments):
    """All orthogonal low-pass filters of 2 moments taps, by spectral factors: Daubechies 1992.

    |H|^2 = cos^2N P(sin^2) with P(y) = sum C(N - 1 + k, k) y^k; y = (2 - z - 1/z) / 4 gives every
    root y two roots z and 1/z, of which a filter has either.
    """
    roots = np.roots([comb(moments - 1 + k, k) for k in reversed(range(moments))])
    roots = [root for root in roots if root.imag > -1e-9]
    for choice in itertools.product([0, -1], repeat=len(roots)):
        taps = np.poly1d([1.0, 1.0]) ** moments
        for root, which in zip(roots, choice, strict=True):
            z = np.roots([1, 4 * root - 2, 1])[which]
            factor = [1, -z] if abs(root.imag) < 1e-9 else [1, -2 * z.real, abs(z) ** 2]
            taps *= np.poly1d(np.real(factor))
        yield taps.coeffs * np.sqrt(2.0) / taps.coeffs.sum()


def test_the_wavelet_is_the_most_symmetric_of_6_vanishing_moments():
    filters = list(daubechies_filters(6))
    assert len(filters) == 8
    symmetry = [np.convolve(taps, taps).max() for taps in filters]  # 1: its own mirror image
    best = [filters[i] for i in np.flatnonzero(symmetry > max(symmetry) - 1e-9)]
    assert len(best) == 2  # and they are mirror images of one another
    np.testing.assert_allclose(best[0], best[1][::-1], atol=1e-9)
    nearest = min(best, key=lambda taps: np.abs(taps - SYM6).max())
    np.testing.assert_allclose(SYM6, nearest, atol=1e-9)


def test_the_wavelet_filters_give_an_unmoved_image_back():
    images = make_images(11, 14, 3)
    identity = tf.eye(3)[None]
    np.testing.assert_allclose(warp(tf.constant(images), identity), images, atol=2e-6)


def test_only_images_with_something_to_warp_are_filtered():
    images = make_images(10, 10, 3, batch=3)
    scale = tf.constant([1.0, 1.2, 1.0])
    warps = make_warp(3)._replace(scale=scale)
    got = moved(images, make_blit(3, flip=1.0), warps)
    np.testing.assert_array_equal(got[[0, 2]], images[[0, 2], :, ::-1])
    alone = moved(images[1:2], make_blit(flip=1.0), make_warp(scale=1.2))
    np.testing.assert_array_equal(got[1], alone[0])
    compiled = tf.function(moved_graph, jit_compile=True, autograph=False)(images, scale)
    np.testing.assert_allclose(compiled, got, atol=1e-5)


def moved_graph(images, scale):
    return move(images, make_blit(3, flip=1.0), make_warp(3)._replace(scale=scale))


def test_a_blit_and_the_same_warp_agree_within_the_wavelet_asymmetry():
    image = smooth_image()[None, ..., None]
    source = make_blit(flip=1.0, quarter_turns=1.0, shift_x=3.0).source()
    np.testing.assert_allclose(
        warp(tf.constant(image), source), blit(tf.constant(image), source), atol=5e-3
    )


def test_draws_of_blits_follow_the_paper():
    count, probability = 40_000, 0.4
    draws = Draws(tf.constant([1, 2]), tf.constant(count), 7)
    drawn = draw_blit(draws, 32, 32, tf.constant(probability))
    flip, turns, shift_x, shift_y = (values.numpy() for values in drawn)
    assert flip.mean() == pytest.approx(probability / 2, abs=0.012)
    shares = np.bincount(turns.astype(int)) / count
    np.testing.assert_allclose(shares, [1 - 0.75 * probability, *[probability / 4] * 3], atol=0.012)
    for shifts in (shift_x, shift_y):
        # Rounded from U(-4, 4): the two ends have half a place, and 0 all that does not happen.
        values, counts = np.unique(shifts, return_counts=True)
        assert values.tolist() == list(range(-4, 5))
        expected = probability * np.array([0.5, 1, 1, 1, 1, 1, 1, 1, 0.5]) / 8
        expected[4] += 1 - probability
        np.testing.assert_allclose(counts / count, expected, atol=0.012)
    # One chance for both axes.
    assert ((shift_x != 0) & (shift_y != 0)).mean() == pytest.approx(0.4 * (7 / 8) ** 2, abs=0.012)


def test_images_that_are_not_square_get_half_turns_only():
    draws = Draws(tf.constant([1, 2]), tf.constant(4000), 7)
    turns = draw_blit(draws, 8, 16, tf.constant(1.0)).quarter_turns.numpy()
    assert set(turns) == {0.0, 2.0}
    assert turns.mean() == pytest.approx(1.0, abs=0.07)


def test_draws_of_warps_follow_the_paper():
    count, probability = 40_000, 0.4
    draws = Draws(tf.constant([3, 4]), tf.constant(count), 7, 4)
    drawn = draw_warp(draws, 16, 32, tf.constant(probability))
    neutral = make_warp(count)
    changed = {n: np.array(v)[v != getattr(neutral, n)] for n, v in drawn._asdict().items()}
    for name in ("scale", "stretch", "shift_x", "shift_y"):
        assert len(changed[name]) / count == pytest.approx(probability, abs=0.012), name
    for name in ("scale", "stretch"):
        logarithm = np.log2(changed[name])
        assert logarithm.std() == pytest.approx(0.2, rel=0.03)
        assert logarithm.mean() == pytest.approx(0.0, abs=0.01)
    assert changed["shift_x"].std() == pytest.approx(0.125 * 32, rel=0.03)
    assert changed["shift_y"].std() == pytest.approx(0.125 * 16, rel=0.03)
    before, after = drawn.rotation_before.numpy(), drawn.rotation_after.numpy()
    # Either rotation or both: probability p together, and each alike.
    assert ((before != 0) | (after != 0)).mean() == pytest.approx(probability, abs=0.012)
    for angles in (before, after):
        assert (angles != 0).mean() == pytest.approx(1 - np.sqrt(1 - probability), abs=0.012)
        assert np.var(angles[angles != 0]) == pytest.approx(np.pi**2 / 3, rel=0.03)
    happened = np.stack([np.array(v != getattr(neutral, n)) for n, v in drawn._asdict().items()])
    correlation = np.corrcoef(happened[:5]) - np.eye(5)
    assert np.abs(correlation).max() < 0.03
    np.testing.assert_array_equal(happened[4], happened[5])
