"""Collections of phrases, cut out of pieces of music."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gan_cli.data.collection import Collection
from gan_cli.domains.phrases import Phrases
from gan_cli.errors import UserError
from gan_cli.io.memory import machine_memory
from gan_cli.music.phrases import Cut, RollForm, cut, phrase_starts
from gan_cli.music.piece import Piece

# Part of the identity. Raise it with every change to how phrases are cut.
_VERSION = 1
# From this share of notes outside the pitches on, their range is worth a second look.
_MUCH = 0.05


@dataclass(frozen=True)
class NamedPiece:
    """A piece, the name by which a user knows it, and its class."""

    name: str
    piece: Piece
    label: int | None = None


def phrases_of(
    pieces: Sequence[NamedPiece],
    domain: Phrases,
    class_names: tuple[str, ...],
    identity: str,
    corrupt: tuple[str, ...] = (),
) -> Collection:
    """Returns the phrases of all pieces, a group for each piece.

    Pieces of the same notes are of one group.

    Args:
      domain: the kind of phrase, and its form.
      class_names: names of the pieces' labels; empty where they have none.
      corrupt: a line for each file that cannot be read.

    Raises:
      UserError: no phrase is left.
    """
    form = domain.form
    cuts: list[_Counts] = []
    packed: list[list[np.ndarray]] = []
    starts: list[tuple[int, int, int]] = []
    groups: list[int] = []
    known: dict[bytes, int] = {}
    short = copies = 0
    left = machine_memory() // 4
    for number, each in enumerate(pieces):
        # One at a time: as cells, a few notes that lie far apart take a million times their file.
        found = cut(each.piece, form)
        packed.append([np.packbits(roll.cells > 0) for roll in found.rolls])
        left -= sum(bits.nbytes for bits in packed[-1])
        if left < 0:
            raise UserError(
                f"data.path: up to {each.name} the pieces take more than a quarter of this"
                " machine's memory; take fewer, or fewer steps_per_beat"
            )
        cuts.append(_counts_of(found, domain))
        content = hashlib.sha256(b"".join(roll.cells.tobytes() for roll in found.rolls)).digest()
        group = known.setdefault(content, number) if found.rolls else number
        copies += group != number
        before = len(starts)
        for index, roll in enumerate(found.rolls):
            starts += [(number, index, start) for start in phrase_starts(roll, form)]
        groups += [group] * (len(starts) - before)
        short += len(starts) == before and found.has_meter
    others = sum(not found.has_meter for found in cuts)
    if not starts:
        raise UserError(_why_nothing(pieces, form, others, corrupt))

    def read(index: int) -> np.ndarray:
        number, roll, start = starts[index]
        size = int(np.prod(form.shape[1:]))
        first = start * size
        count = form.grid.steps * size
        part = packed[number][roll][first // 8 : -(-(first + count) // 8)]
        bits = np.unpackbits(part)[first % 8 : first % 8 + count]
        return domain.of_roll((bits * np.uint8(255)).reshape(form.shape))

    def describe(index: int) -> str:
        number, roll, start = starts[index]
        which = f" of part {roll + 1}" if len(packed[number]) > 1 else ""
        return f"{pieces[number].name}, bar {start // form.grid.steps_per_bar + 1}{which}"

    labels = None
    if class_names:
        labels = np.array([pieces[number].label for number, _, _ in starts], np.int32)
    return Collection(
        count=len(starts),
        read=read,
        describe=describe,
        labels=labels,
        class_names=class_names,
        identity=f"{_VERSION} {identity}",
        groups=np.array(groups, np.int32),
        corrupt=corrupt,
        notes=tuple(_notes(pieces, cuts, domain, others, short, copies)),
    )


def _why_nothing(
    pieces: Sequence[NamedPiece], form: RollForm, others: int, corrupt: tuple[str, ...]
) -> str:
    if not pieces:
        return f"data: none of the MIDI files can be read, such as {corrupt[0]}"
    if others == len(pieces):
        meters = sorted({str(change.meter) for each in pieces for change in each.piece.meters})
        return (
            f"data.meter: none of {len(pieces)} files has a part in {form.grid.meter}; they are in"
            f" {', '.join(meters[:6])}"
        )
    where = f"the track '{form.names[0]}'"
    if len(form.names) > 1:
        where = f"two of the tracks {', '.join(form.names)}"
    return (
        f"data: no phrase is left: none of {len(pieces)} files has {form.grid.bars} bars of"
        f" {form.grid.meter} with notes from {form.lowest} to {form.highest} in {where}"
    )


@dataclass(frozen=True)
class _Counts:
    """What is counted of a piece before its cells are packed."""

    has_meter: bool
    bars_in_other_meters: float
    num_notes: int
    outside: int
    without_track: int
    joined: int
    lost: int


def _counts_of(found: Cut, domain: Phrases) -> _Counts:
    return _Counts(
        found.has_meter,
        found.bars_in_other_meters,
        found.num_notes,
        found.outside,
        found.without_track,
        sum(roll.joined for roll in found.rolls),
        sum(domain.lost_notes(roll.cells) for roll in found.rolls),
    )


def _notes(
    pieces: Sequence[NamedPiece],
    cuts: Sequence[_Counts],
    domain: Phrases,
    others: int,
    short: int,
    copies: int,
) -> list[str]:
    """Returns a sentence for each thing that cutting does to the files."""
    form = domain.form
    notes = []
    if others:
        notes.append(
            f"left out, without a part in {form.grid.meter} (data.meter): {others} of {len(pieces)}"
            " files"
        )
    partly = sum(found.has_meter and found.bars_in_other_meters >= 1 for found in cuts)
    if partly:
        notes.append(
            f"used in part, where they are in {form.grid.meter}: {partly} of {len(pieces)} files"
        )
    if short:
        notes.append(
            f"left out, without {form.grid.bars} bars that have notes in"
            f" {'two tracks' if len(form.names) > 1 else 'the track'}: {short} of {len(pieces)}"
            " files"
        )
    if copies:
        notes.append(f"counted as one piece with another file of the same notes: {copies} files")
    kept = sum(found.num_notes for found in cuts)
    outside = sum(found.outside for found in cuts)
    without = sum(found.without_track for found in cuts)
    joined = sum(found.joined for found in cuts)
    total = kept + outside + without
    if without:
        notes.append(
            f"left out, of instruments without a track (data.tracks): {without:,} of {total:,}"
            " notes"
        )
    if lost := sum(found.lost for found in cuts):
        notes.append(
            f"left out, more notes at once than their track has voices: {lost:,} of {total:,} notes"
        )
    if outside:
        note = (
            f"left out, outside the pitches from {form.lowest} to {form.highest}: {outside:,} of"
            f" {total:,} notes"
        )
        if outside > _MUCH * total:
            keys = [note.pitch for e in pieces for track in e.piece.tracks for note in track.notes]
            note += f"; data.pitches: [{min(keys)}, {max(keys)}] would hold all"
        notes.append(note)
    if joined:
        notes.append(
            "joined to a note of one step and the same pitch before (more steps of a beat keep them"
            f" apart): {joined:,} of {total:,} notes"
        )
    return notes
