"""A small synthesiser: the sound of a piece, the same samples every time.

Additive synthesis: a note is a sum of harmonics, with an attack, a decay that depends on the family
of its instrument, and a release. Drums are swept sines and filtered noise. It serves to hear what a
network makes; `media.soundfont` plays recorded instruments.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from gan_cli.music.piece import Instrument, Piece

SAMPLE_RATE = 44_100
# 10 minutes, about 50 MB of samples.
MOST_SECONDS = 600.0
_ATTACK_SECONDS, _RELEASE_SECONDS = 0.01, 0.08
_PEAK = 0.9


@dataclass(frozen=True)
class _Timbre:
    """How an instrument sounds.

    Attributes:
      harmonics: amplitudes of the first, second, ... multiple of the frequency.
      half_life: seconds in which a held note loses half of its loudness; None: it does not.
    """

    harmonics: tuple[float, ...]
    half_life: float | None


_SOFT = tuple(h**-1.5 for h in range(1, 7))
_BRIGHT = tuple(h**-1.0 for h in range(1, 9))
_HOLLOW = tuple(h**-1.5 if h % 2 else 0.05 for h in range(1, 8))
_ROUND = (1.0, 0.35, 0.12)
# By the eighth of the General MIDI programs: piano, chromatic, organ, guitar, bass, strings,
# ensemble, brass, reed, pipe, lead, pad, effects, ethnic, percussive, sounds.
_TIMBRES = (
    _Timbre(_SOFT, 0.5),
    _Timbre(_ROUND, 0.3),
    _Timbre(_HOLLOW, None),
    _Timbre(_BRIGHT, 0.35),
    _Timbre(_ROUND, 0.6),
    _Timbre(_SOFT, None),
    _Timbre(_SOFT, None),
    _Timbre(_BRIGHT, None),
    _Timbre(_HOLLOW, None),
    _Timbre(_ROUND, None),
    _Timbre(_BRIGHT, None),
    _Timbre(_SOFT, 2.0),
    _Timbre(_ROUND, 1.0),
    _Timbre(_BRIGHT, 0.3),
    _Timbre(_ROUND, 0.1),
    _Timbre(_ROUND, 0.5),
)


def rendered(piece: Piece, sample_rate: int = SAMPLE_RATE) -> np.ndarray:
    """Returns the sound of a piece, of at most `MOST_SECONDS`.

    Returns:
      float32 [samples], the loudest of which is 0.9; zeros where there are no notes.
    """
    seconds = min(piece.seconds_at(piece.length), MOST_SECONDS)
    sound = np.zeros(round((seconds + _RELEASE_SECONDS) * sample_rate) + 1, np.float32)
    for track in piece.tracks:
        for note in track.notes:
            start, end = piece.seconds_at(note.start), piece.seconds_at(note.end)
            place = round(start * sample_rate)
            held = max(round((end - start) * sample_rate), 1)
            tone = _tone(track.instrument, note.pitch, held, sample_rate)
            tone = tone[: max(len(sound) - place, 0)]
            sound[place : place + len(tone)] += np.float32(note.velocity / 127) * tone
    loudest = np.abs(sound).max()
    return sound * np.float32(_PEAK / loudest) if loudest else sound


def as_16_bit(sound: np.ndarray) -> np.ndarray:
    """Converts float32 [samples] in [-1, 1] to int16, rounded."""
    return np.round(np.clip(sound, -1.0, 1.0) * 32767).astype(np.int16)


@functools.lru_cache(maxsize=512)
def _tone(instrument: Instrument, pitch: int, held: int, sample_rate: int) -> np.ndarray:
    """The sound of one note, held for so many samples: float32 [held and the release]."""
    if instrument.is_drums:
        return _stroke(pitch, sample_rate)
    timbre = _TIMBRES[instrument.program // 8]
    release = round(_RELEASE_SECONDS * sample_rate)
    times = np.arange(held + release) / sample_rate
    frequency = 440.0 * 2 ** ((pitch - 69) / 12)
    tone = np.zeros(len(times))
    for number, amplitude in enumerate(timbre.harmonics, start=1):
        # Beyond half the sample rate, a harmonic would sound as another pitch.
        if number * frequency < 0.45 * sample_rate:
            tone += amplitude * np.sin(2 * np.pi * number * frequency * times)
    tone /= sum(timbre.harmonics)
    if timbre.half_life is not None:
        tone *= 2.0 ** (-times / timbre.half_life)
    attack = min(round(_ATTACK_SECONDS * sample_rate), held)
    tone[:attack] *= np.linspace(0.0, 1.0, attack, endpoint=False)
    tone[held:] *= np.linspace(1.0, 0.0, release)
    return (0.35 * tone).astype(np.float32)


def _stroke(pitch: int, sample_rate: int) -> np.ndarray:
    """A stroke of an instrument of General MIDI's drum kit, whatever the note's length."""
    if pitch in (35, 36):
        return _swept(120.0, 45.0, 0.25, sample_rate)
    if pitch in (41, 43, 45, 47, 48, 50):
        return _swept(2.0 * pitch + 40.0, 1.2 * pitch + 20.0, 0.3, sample_rate)
    noise_seconds = {37: 0.05, 38: 0.15, 39: 0.12, 40: 0.15, 42: 0.04, 44: 0.05, 46: 0.25}
    crashes = {49: 0.9, 51: 0.5, 52: 0.9, 53: 0.4, 55: 0.6, 57: 0.9, 59: 0.5}
    seconds = {**noise_seconds, **crashes}.get(pitch, 0.08)
    noise = np.random.default_rng(pitch).standard_normal(round(4 * seconds * sample_rate))
    if pitch not in (37, 38, 39, 40):
        # Metal: the differences of neighbouring samples hold high frequencies only.
        noise = np.diff(noise, prepend=0.0) * 0.7
    times = np.arange(len(noise)) / sample_rate
    return (0.1 * noise * 2.0 ** (-times / (seconds / 4))).astype(np.float32)


def _swept(high: float, low: float, seconds: float, sample_rate: int) -> np.ndarray:
    times = np.arange(round(4 * seconds * sample_rate)) / sample_rate
    frequencies = low + (high - low) * 2.0 ** (-times / 0.03)
    phases = 2 * np.pi * np.cumsum(frequencies) / sample_rate
    return (0.6 * np.sin(phases) * 2.0 ** (-times / (seconds / 3))).astype(np.float32)
