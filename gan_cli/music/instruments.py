"""Tracks by name: the families of instruments of General MIDI, and the drum kit."""

from __future__ import annotations

from gan_cli.errors import UserError
from gan_cli.music.piece import Instrument

# General MIDI 1, table 1: families of programs, numbered from 0. The second number is the program
# that a track of this name is written with.
_FAMILIES: dict[str, tuple[range, int]] = {
    "piano": (range(0, 8), 0),
    "chromatic": (range(8, 16), 11),
    "organ": (range(16, 24), 16),
    "guitar": (range(24, 32), 25),
    "bass": (range(32, 40), 33),
    "strings": (range(40, 56), 48),
    "brass": (range(56, 64), 61),
    "reed": (range(64, 72), 65),
    "pipe": (range(72, 80), 73),
    "lead": (range(80, 88), 80),
    "pad": (range(88, 96), 89),
    "effects": (range(96, 104), 99),
    "ethnic": (range(104, 112), 104),
    "percussive": (range(112, 120), 114),
    "sounds": (range(120, 128), 122),
}
# A name for the drum kit, which MIDI files play on channel 10, and one for all other instruments
# that no other track takes.
DRUMS, REST = "drums", "other"
TRACK_NAMES = (DRUMS, *_FAMILIES, REST)


def instrument_named(name: str) -> Instrument:
    """Returns the instrument that plays a track of a name in `TRACK_NAMES`."""
    if name == DRUMS:
        return Instrument(DRUMS, 0, is_drums=True)
    return Instrument(name, _FAMILIES[name][1] if name in _FAMILIES else 0)


def instruments_named(names: tuple[str, ...], key: str) -> tuple[Instrument, ...]:
    """Returns the instruments of several tracks.

    Args:
      key: the config key that holds the names, for messages.

    Raises:
      UserError: a name is unknown or stands twice.
    """
    for name in names:
        if name not in TRACK_NAMES:
            raise UserError(f"unknown track '{name}' (known: {', '.join(TRACK_NAMES)})", key=key)
    if twice := [name for name in names if names.count(name) > 1]:
        raise UserError(f"names track '{twice[0]}' twice", key=key)
    return tuple(map(instrument_named, names))


def track_of(instrument: Instrument, names: tuple[str, ...]) -> int | None:
    """Returns the index of the track that takes an instrument's notes; None: no track does."""
    name = DRUMS if instrument.is_drums else _family(instrument.program)
    if name in names:
        return names.index(name)
    return names.index(REST) if REST in names and name != DRUMS else None


def _family(program: int) -> str:
    return next(name for name, (programs, _) in _FAMILIES.items() if program in programs)
