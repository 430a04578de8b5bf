"""Reads four-voice scores in MusicXML, as far as choirs need it: pitches, lengths, ties, rests."""

from __future__ import annotations

import itertools
import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from gan_cli.music.piece import (
    COMMON_TIME,
    Instrument,
    MeterChange,
    Note,
    Piece,
    TempoChange,
    Track,
)

VOICES = tuple(Instrument(name, 52) for name in ("soprano", "alto", "tenor", "bass"))
_TICKS_PER_QUARTER = 480
_BAR = 4 * _TICKS_PER_QUARTER
_MICROSECONDS = 750_000
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# A chorale is a few hundred kilobytes of XML; a zip file may claim any size.
_MOST_BYTES = 20_000_000


class ScoreError(Exception):
    """A score is not what is looked for; the text says why, as the end of "left out, ..."."""


@dataclass(frozen=True)
class _Voice:
    notes: tuple[Note, ...]
    pickup: int
    length: int


def read_score_file(path: Path) -> Piece:
    """Reads a compressed MusicXML file (.mxl) of four voices in 4/4.

    The bar of the pick-up is left out, so that the piece starts at a bar line.

    Raises:
      ScoreError: the file is damaged, or the score has other voices or meters.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            container = ElementTree.fromstring(_content(archive, "META-INF/container.xml"))
            # The first file of the archive need not be the score.
            names = [each.get("full-path") for each in container.iter() if _tag(each) == "rootfile"]
            root = ElementTree.fromstring(_content(archive, names[0] or ""))
        return _piece(root)
    except ScoreError:
        raise
    # Damaged zip files and XML raise errors of many kinds.
    except Exception as error:
        raise ScoreError("damaged") from error


def _content(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _MOST_BYTES:
        raise ScoreError("damaged")
    return archive.read(name)


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _piece(root: ElementTree.Element) -> Piece:
    names = {
        part.get("id"): (part.findtext("part-name") or "").strip().lower()
        for part in root.iter("score-part")
    }
    parts = {names.get(part.get("id")): part for part in root.iter("part")}
    if len(parts) != 4 or any(voice.name not in parts for voice in VOICES):
        raise ScoreError("not of soprano, alto, tenor and bass")
    voices = [_voice(parts[instrument.name]) for instrument in VOICES]
    if len({(voice.length, voice.pickup) for voice in voices}) != 1:
        raise ScoreError("with voices of unequal length")
    return Piece(
        _TICKS_PER_QUARTER,
        voices[0].length,
        tuple(Track(*each) for each in zip(VOICES, (v.notes for v in voices), strict=True)),
        (TempoChange(0, _MICROSECONDS),),
        (MeterChange(0, COMMON_TIME),),
    )


def _voice(part: ElementTree.Element) -> _Voice:
    """Reads a part; all times are ticks from the first bar line on."""
    divisions, start, pickup = 1, 0, 0
    is_in_four = False
    notes: list[Note] = []

    def ticks(element: ElementTree.Element) -> int:
        return round(int(element.findtext("duration", "0")) * _TICKS_PER_QUARTER / divisions)

    for number, measure in enumerate(part.iter("measure")):
        now = end = start
        for element in measure:
            if element.tag == "attributes":
                divisions = int(element.findtext("divisions", str(divisions)))
                for time in element.iter("time"):
                    if (time.findtext("beats"), time.findtext("beat-type")) != ("4", "4"):
                        raise ScoreError("not in 4/4 from beginning to end")
                    is_in_four = True
            elif element.tag == "backup":
                now -= ticks(element)
            elif element.tag == "forward":
                now += ticks(element)
            elif element.tag == "note" and element.find("grace") is None:
                length = ticks(element)
                if element.find("chord") is not None:
                    raise ScoreError("with two notes at once in a voice")
                pitch = element.find("pitch")
                if pitch is not None:
                    _add(notes, now, now + length, pitch, element)
                now += length
            end = max(end, now)
        start = end
        if number == 0 and end < _BAR:
            pickup = end
    if not is_in_four:
        raise ScoreError("not in 4/4 from beginning to end")
    if any(before.end > after.start for before, after in itertools.pairwise(notes)):
        raise ScoreError("with two notes at once in a voice")
    kept = tuple(
        note._replace(start=max(note.start - pickup, 0), end=note.end - pickup)
        for note in notes
        if note.end > pickup
    )
    return _Voice(kept, pickup, start - pickup)


def _add(
    notes: list[Note], start: int, end: int, pitch: ElementTree.Element, note: ElementTree.Element
) -> None:
    key = 12 * (int(pitch.findtext("octave", "4")) + 1) + _SEMITONES[pitch.findtext("step", "C")]
    key += round(float(pitch.findtext("alter", "0")))
    is_held = any(tie.get("type") == "stop" for tie in note.iter("tie"))
    if is_held and notes and notes[-1].end == start and notes[-1].pitch == key:
        notes[-1] = notes[-1]._replace(end=end)
    else:
        notes.append(Note(start, end, key))
