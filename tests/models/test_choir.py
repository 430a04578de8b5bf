"""What the discriminator of `choir` hears, against notes counted one by one."""

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.errors import UserError
from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import ModelSpec
from gan_cli.models.layers.counterpoint import Counterpoint
from gan_cli.models.layers.voices import Contours, Intervals, PitchClasses, SoundingPitches
from gan_cli.music.voices import FIRST_PITCH, HOLD, REST

STEPS, PITCHES, VOICES = 12, 9, 3


def random_symbols(count=6):
    rng = np.random.default_rng(0)
    kinds = rng.random([count, STEPS, VOICES])
    pitches = rng.integers(FIRST_PITCH, FIRST_PITCH + PITCHES, [count, STEPS, VOICES])
    return np.where(kinds < 0.2, REST, np.where(kinds < 0.6, HOLD, pitches))


def sounding_by_hand(symbols):
    heard = np.full(symbols.shape, -1)
    for index in np.ndindex(symbols.shape[0], symbols.shape[2]):
        now = -1
        for step in range(STEPS):
            symbol = symbols[index[0], step, index[1]]
            now = now if symbol == HOLD else symbol - FIRST_PITCH if symbol >= FIRST_PITCH else -1
            heard[index[0], step, index[1]] = now
    return heard


def one_hot(symbols):
    return tf.one_hot(symbols, FIRST_PITCH + PITCHES, axis=2)


def test_held_notes_sound_as_they_started():
    symbols = random_symbols()
    sounding = SoundingPitches()(one_hot(symbols)).numpy()
    expected = sounding_by_hand(symbols).transpose(0, 2, 1)
    assert (sounding.sum(axis=3) == (expected >= 0)).all()
    assert (sounding.argmax(axis=3)[expected >= 0] == expected[expected >= 0]).all()


def test_intervals_are_those_of_the_sounding_notes():
    symbols, lowest, beat = random_symbols(), [60, 55, 43], 4
    classes = PitchClasses(lowest, [0, 1, 2])(SoundingPitches()(one_hot(symbols)))
    found = Intervals(beat, [])(classes).numpy().reshape(len(symbols), STEPS, -1, 12)
    heard = sounding_by_hand(symbols)
    keys = np.where(heard >= 0, heard + np.array(lowest), -1)
    pairs = [(0, 1), (0, 2), (1, 2)]
    expected = np.zeros_like(found)
    for phrase, step in np.ndindex(len(symbols), STEPS):
        for place, (one, other) in enumerate(pairs):
            upper, lower = keys[phrase, step, one], keys[phrase, step, other]
            if upper >= 0 and lower >= 0:
                expected[phrase, step, place, (upper - lower) % 12] = 1
        for voice in range(VOICES):
            now = keys[phrase, step, voice]
            before = keys[phrase, step - beat, voice] if step >= beat else -1
            if now >= 0 and before >= 0:
                expected[phrase, step, len(pairs) + voice, (now - before) % 12] = 1
    np.testing.assert_array_equal(found, expected)


def test_a_held_note_gives_its_gradient_to_its_start_and_no_earlier_step():
    symbols = np.full([1, STEPS, 1], HOLD)
    symbols[0, 2] = FIRST_PITCH + 5
    with tf.GradientTape() as tape:
        vectors = one_hot(symbols)
        tape.watch(vectors)
        heard = SoundingPitches()(vectors)[0, 0, 9, 7]
    gradient = tape.gradient(heard, vectors).numpy()
    assert gradient[0, 2, FIRST_PITCH + 7, 0] == 1.0
    assert not gradient[0, :2, FIRST_PITCH:].any()
    assert not gradient[0, 10:, FIRST_PITCH:].any()


def test_contours_are_heights_crossings_and_leaps():
    symbols, lowest = random_symbols(), [60, 58, 57]
    found = Contours(lowest)(SoundingPitches()(one_hot(symbols))).numpy()
    heard = sounding_by_hand(symbols)
    np.testing.assert_allclose(found[..., :3], np.maximum(heard, 0) / 12)
    leaps = found[..., 5:].reshape(len(symbols), STEPS, VOICES, 27)
    for phrase, step in np.ndindex(len(symbols), STEPS):
        now = heard[phrase, step]
        for voice in range(VOICES - 1):
            crossed = 0.0
            if now[voice] >= 0 and now[voice + 1] >= 0:
                crossed = (
                    max(now[voice + 1] + lowest[voice + 1] - now[voice] - lowest[voice], 0) / 12
                )
            np.testing.assert_allclose(found[phrase, step, 3 + voice], crossed, rtol=1e-6)
        for voice in range(VOICES):
            before = heard[phrase, step - 1, voice] if step else -1
            expected = np.zeros(27)
            if before >= 0 and now[voice] >= 0:
                expected[now[voice] - before + 13] = 1
            np.testing.assert_array_equal(leaps[phrase, step, voice], expected)


def test_counterpoint_is_distances_moves_and_intervals_kept_while_moving():
    symbols, lowest, beat = random_symbols(), [60, 58, 57], 4
    # A beat in which two voices move in parallel.
    symbols[0, 4], symbols[0, 8] = [FIRST_PITCH + 2, FIRST_PITCH + 1, REST], [FIRST_PITCH] * 3
    symbols[0, 8, 0] = FIRST_PITCH + 1
    found = Counterpoint(lowest, beat)(SoundingPitches()(one_hot(symbols))).numpy()
    heard = sounding_by_hand(symbols)
    keys = np.where(heard >= 0, heard + lowest, -1)[:, ::beat]
    apart, moves = 29 * (VOICES - 1), 19 * VOICES
    pairs = [(0, 1), (0, 2), (1, 2)]
    expected = np.zeros([*keys.shape[:2], apart + moves + 12 * len(pairs)])
    for phrase, at in np.ndindex(*keys.shape[:2]):
        now, before = keys[phrase, at], keys[phrase, at - 1] if at else [-1] * VOICES
        row = expected[phrase, at]
        for voice in range(VOICES - 1):
            if now[voice] >= 0 and now[voice + 1] >= 0:
                row[29 * voice + np.clip(now[voice] - now[voice + 1], -8, 20) + 8] = 1
        for voice in range(VOICES):
            if now[voice] >= 0 and before[voice] >= 0:
                row[apart + 19 * voice + np.clip(now[voice] - before[voice], -9, 9) + 9] = 1
        for number, (one, other) in enumerate(pairs):
            if min(now[one], now[other], before[one], before[other]) < 0:
                continue
            interval = (now[one] - now[other]) % 12
            moved = now[one] != before[one] and now[other] != before[other]
            if moved and interval == (before[one] - before[other]) % 12:
                row[apart + moves + 12 * number + interval] = 1
    np.testing.assert_array_equal(found, expected)
    assert expected[0, 2, apart + moves :].any()


@pytest.mark.parametrize(
    ("name", "layout", "needed"),
    [
        ("choir", {"bars": 1, "steps_per_beat": 4}, "'choir' needs voices"),
        (
            "musegan",
            {"bars": 1, "steps_per_beat": 4, "track_of_lane_0": 0},
            "'musegan' needs piano",
        ),
        ("choir", {"bars": 5, "track_of_lane_0": 0}, "needs whole bars and beats"),
    ],
)
def test_networks_refuse_music_of_another_form(name, layout, needed):
    architecture = ARCHITECTURES.load(name)
    spec = ModelSpec(
        16, 12, 2, 4, base_channels=4, options=dict(architecture.options), layout=layout
    )
    for build in (architecture.build_generator, architecture.build_discriminator):
        with pytest.raises(UserError, match=needed):
            build(spec)


@pytest.mark.parametrize("more", ["", "contours", "counterpoint"])
def test_the_discriminator_hears_the_pitches_alone_of_tracks_and_not_of_drums(more):
    architecture = ARCHITECTURES.load("choir")
    layout = {"bars": 1, "steps_per_beat": 4, "lane_0_is_drums": 1, "track_of_lane_0": 0}
    layout |= {"track_of_lane_1": 1, "track_of_lane_2": 1, "lowest_of_lane_1": 50}
    options = architecture.options | ({more: True} if more else {})
    network = architecture.build_discriminator(
        ModelSpec(16, 12, 3, 4, base_channels=4, options=options, layout=layout)
    )
    hears = [layer for layer in network.layers if isinstance(layer, SoundingPitches)]
    assert [layer.output.shape[1] for layer in hears] == [2]
    # Two lanes of one track: a chord with itself, and the track with itself a beat earlier.
    (intervals,) = [layer for layer in network.layers if isinstance(layer, Intervals)]
    assert intervals.output.shape[2] == 24
    further = [type(layer) for layer in network.layers if type(layer) in (Contours, Counterpoint)]
    assert further == {"": [], "contours": [Contours], "counterpoint": [Counterpoint]}[more]
