"""Music as the content of files: notes (.mid) and sound, marked as generated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gan_cli.media.compressed_sound import ENDINGS, comment_of, compressed
from gan_cli.media.provenance import Provenance, from_json, from_xmp
from gan_cli.music.midi_writer import leading_text, midi_file
from gan_cli.music.piece import joined
from gan_cli.music.synthesiser import SAMPLE_RATE, as_16_bit, rendered
from gan_cli.music.wav import wav_file, xmp_of

if TYPE_CHECKING:
    from gan_cli.media.soundfont import Soundfont
    from gan_cli.music.piece import Piece


def encoded_sound(
    piece: Piece, ending: str, provenance: Provenance | None, soundfont: Soundfont | None = None
) -> bytes:
    """Returns the content of a file of music: the same bytes every time.

    Args:
      ending: one of `formats.SOUNDS`, with the dot.
      provenance: what the file says about its origin; None: nothing. MIDI files hold it as JSON, in
        a text event before all others, WAV files as XMP, others as a comment of JSON.
      soundfont: plays the notes; None: our synthesiser does.

    Raises:
      UserError: the ending needs PyAV, which is not installed, or FluidSynth cannot play the piece.
    """
    if ending == ".mid":
        return midi_file(piece, provenance.to_json() if provenance else None)
    samples = as_16_bit(rendered(piece)) if soundfont is None else soundfont.played(piece)
    if ending in ENDINGS:
        comment = provenance.to_json() if provenance else None
        return compressed(samples, SAMPLE_RATE, ending, comment)
    return wav_file(samples, SAMPLE_RATE, provenance.to_xmp() if provenance else None)


def preview(pieces: Sequence[Piece]) -> bytes:
    """Returns pieces one after another as a small .wav file, for a page to hold.

    It has a quarter of the usual sample rate, so that a minute has 1.3 MB.
    """
    samples = as_16_bit(rendered(joined(list(pieces)), SAMPLE_RATE // 4))
    return wav_file(samples, SAMPLE_RATE // 4)


def sound_provenance(content: bytes, ending: str) -> Provenance | None:
    """Returns what a file of music says about its origin; nothing: None."""
    if ending == ".mid":
        text = leading_text(content)
        return from_json(text) if text is not None else None
    if ending in ENDINGS:
        comment = comment_of(content, ending)
        return from_json(comment) if comment is not None else None
    packet = xmp_of(content)
    return from_xmp(packet) if packet is not None else None
