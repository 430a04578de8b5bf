"""A piece as a picture: time to the right, pitch upwards, a colour a track, lines at the bars.

Black keys have a gray ground. A note starts with a dark edge, so that a note struck again differs
from a held one. Drums have a lane of their own, at the bottom.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from gan_cli.music.piece import Meter, Piece

# Distinct to people with common colour deficiencies as well (Okabe and Ito 2008), then repeated.
TRACK_COLOURS = np.array(
    [
        [0, 114, 178],
        [213, 94, 0],
        [0, 158, 115],
        [204, 121, 167],
        [86, 180, 233],
        [230, 159, 0],
    ],
    np.uint8,
)
DRUM_COLOUR = np.array([60, 60, 60], np.uint8)
_WHITE_KEY, _BLACK_KEY, _BAR, _BEAT, _C_LINE = 255, 240, 150, 222, 205
_BLACK_KEYS = (1, 3, 6, 8, 10)
_LANE_GAP = 3
# The drum kit's keys in General MIDI.
_LOWEST_DRUM, _HIGHEST_DRUM = 35, 59


def piano_roll(
    piece: Piece,
    lowest: int,
    highest: int,
    pixels_per_quarter: int = 16,
    pixels_per_pitch: int = 3,
) -> Image.Image:
    """Draws a piece.

    Args:
      lowest, highest: the pitches that are shown. Notes outside are left out.
    """
    has_drums = any(track.instrument.is_drums for track in piece.tracks)
    has_pitches = any(not track.instrument.is_drums for track in piece.tracks)
    lanes = []
    if has_pitches or not has_drums:
        lanes.append(_lane(piece, lowest, highest, False, pixels_per_quarter, pixels_per_pitch))
    if has_drums:
        thinner = max(pixels_per_pitch // 2, 2)
        lanes.append(_lane(piece, _LOWEST_DRUM, _HIGHEST_DRUM, True, pixels_per_quarter, thinner))
    gap = np.full([_LANE_GAP, lanes[0].shape[1], 3], _BAR, np.uint8)
    parts = [part for lane in lanes for part in (gap, lane)][1:]
    return Image.fromarray(np.concatenate(parts))


def sheet(pictures: Sequence[Image.Image], columns: int, gap: int = 8) -> Image.Image:
    """Lays pictures of one size out row by row on white."""
    width, height = pictures[0].size
    rows = -(-len(pictures) // columns)
    size = columns * (width + gap) + gap, rows * (height + gap) + gap
    whole = Image.new("RGB", size, (255, 255, 255))
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        whole.paste(picture, (gap + column * (width + gap), gap + row * (height + gap)))
    return whole


def _lane(
    piece: Piece, lowest: int, highest: int, drums: bool, pixels_per_quarter: int, row: int
) -> np.ndarray:
    """Draws either the drums or the other tracks: uint8 [height, width, 3]."""

    def x_of(tick: int) -> int:
        return tick * pixels_per_quarter // piece.ticks_per_quarter

    height, width = row * (highest - lowest + 1), max(x_of(piece.length), 1)
    canvas = np.full([height, width, 3], _WHITE_KEY, np.uint8)
    for pitch in range(lowest, highest + 1):
        top = row * (highest - pitch)
        if pitch % 12 in _BLACK_KEYS and not drums:
            canvas[top : top + row] = _BLACK_KEY
        if pitch % 12 == 0 and not drums:
            canvas[top + row - 1] = _C_LINE
    for tick, is_bar in _lines(piece):
        canvas[:, min(x_of(tick), width - 1)] = _BAR if is_bar else _BEAT
    colours = iter(range(len(piece.tracks)))
    for track in piece.tracks:
        colour = DRUM_COLOUR
        if not track.instrument.is_drums:
            colour = TRACK_COLOURS[next(colours) % len(TRACK_COLOURS)]
        if track.instrument.is_drums != drums:
            continue
        for note in track.notes:
            if not lowest <= note.pitch <= highest:
                continue
            top, left = row * (highest - note.pitch), x_of(note.start)
            # One pixel short of the next note, where there is room.
            right = max(x_of(note.end) - 1, left + 2)
            canvas[top : top + row, left:right] = colour
            canvas[top : top + row, left] = colour // 2
    return canvas


def _lines(piece: Piece) -> list[tuple[int, bool]]:
    """Returns the ticks of all beats, and whether a bar starts there."""
    lines = []
    ends = [change.tick for change in piece.meters[1:]]
    for change, end in zip(piece.meters, [*ends, piece.length], strict=True):
        meter: Meter = change.meter
        beat = 4 * piece.ticks_per_quarter / meter.unit
        count = int((end - change.tick) / beat + 0.999)
        lines += [(round(change.tick + n * beat), n % meter.beats == 0) for n in range(count)]
    return lines
