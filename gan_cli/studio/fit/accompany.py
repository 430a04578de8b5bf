"""Tracks of the user's, note for note, with the others made to fit them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_cli.assembly.loading import load_discriminator
from gan_cli.domains.voices import Voices
from gan_cli.errors import UserError
from gan_cli.listener import Listener
from gan_cli.media.provenance import COMPOSITE
from gan_cli.music.instruments import track_of
from gan_cli.music.keys import transposed_piece, way_to_c
from gan_cli.music.midi_reader import MidiError, read_midi_file, require_mido
from gan_cli.music.phrases import cut
from gan_cli.music.piece import Note, Piece, TempoChange, Track, joined
from gan_cli.sampling.saved_latents import SavedLatents
from gan_cli.studio.drawing import Drawing
from gan_cli.studio.edit_requests import Accompany
from gan_cli.studio.fit.run_search import ACTIVITY, sample_of, search
from gan_cli.studio.fit.search import Misfit
from gan_cli.studio.studio import Studio

_STARTS = 16
_MOST_PHRASES = 16
# Weight of the discriminator's logit beside the share of given symbols that the generator misses.
_REALISM = 0.2


@dataclass(frozen=True)
class Given:
    """What a file gives to a generator of voices.

    Attributes:
      piece: the file's notes, in tracks of the run's instruments.
      semitones: by how many the phrases are higher than the piece.
      symbols: uint8 [phrases, steps, 1, lanes].
      is_known: bool, of the same shape: which symbols are given; the others are to be made.
      bars: length of the file in bars; the phrases may be longer.
    """

    piece: Piece
    semitones: int
    symbols: np.ndarray
    is_known: np.ndarray
    bars: int

    @property
    def tracks(self) -> list[int]:
        """Indices of the tracks that the file has notes for."""
        return [number for number, track in enumerate(self.piece.tracks) if track.notes]


@dataclass(frozen=True, kw_only=True)
class AccompanimentDrawing(Drawing):
    """A piece that a user's file was completed to.

    Attributes:
      given: the user's file.
      seed: the first seed of the search.
    """

    given: Path
    seed: int

    def recipe(self, ending: str, frames_per_second: int | None) -> dict[str, Any]:
        return {
            **super().recipe(ending, frames_per_second),
            "seed": self.seed,
            "given_sha256": hashlib.sha256(self.given.read_bytes()).hexdigest(),
        }


def accompany(studio: Studio, request: Accompany, listener: Listener) -> AccompanimentDrawing:
    """Searches, for each phrase, for latents whose phrase fits what is given, and completes it.

    The search minimises the share of given symbols that the generated phrase has differently, less
    a multiple of the discriminator's logit of the phrase in which the given symbols are put right
    (as Yeh et al. 2017 inpaint images). Conditional and packed discriminators are not asked.

    Raises:
      UserError: the run does not hold voices, or the file cannot be read or completed.
    """
    domain = studio.loaded.domain
    if not isinstance(domain, Voices):
        raise UserError(
            f"needs a run of voices (data.form: voices); {studio.run.path} holds piano rolls",
            key="image",
        )
    given = given_tracks(request.image, domain)
    judge = _judge(studio)
    latents, labels, phrases, agreements = [], [], [], []
    count = len(given.symbols)
    for number, (symbols, is_known) in enumerate(zip(given.symbols, given.is_known, strict=True)):
        fit = search(
            studio,
            request,
            _misfit(domain, symbols, is_known, judge),
            listener,
            starts=_STARTS,
            draw=partial(_drawn, studio, request.seed, number),
            activity=ACTIVITY if count == 1 else f"{ACTIVITY}, phrase {number + 1} of {count}",
        )
        made = sample_of(studio, fit)
        if is_known.any():
            agreements.append((made == symbols)[is_known].mean())
        phrases.append(np.where(is_known, symbols, made))
        latents.append(fit.latents)
        labels.append(fit.label)
    known_labels = None if labels[0] is None else np.array(labels, np.int32)
    piece = completed(domain, given, np.stack(phrases))
    names = [domain.form.names[track] for track in given.tracks]
    description = (
        f"made for the given {', '.join(names)}, of which the latents alone would have"
        f" {100 * float(np.mean(agreements)):.0f} % of the steps right"
    )
    return AccompanimentDrawing(
        studio,
        request,
        lambda: domain.picture(np.stack(phrases), len(phrases), None),
        draw_piece=lambda: piece,
        saved=SavedLatents(np.stack(latents), known_labels),
        digital_source_type=COMPOSITE,
        description=description,
        given=request.image,
        seed=request.seed,
    )


def _drawn(studio: Studio, seed: int, phrase: int, count: int) -> np.ndarray:
    """Draws so many latents for one phrase, by seeds of its own."""
    return studio.latents(range(seed + phrase * count, seed + (phrase + 1) * count))


def given_tracks(path: Path, domain: Voices) -> Given:
    """Reads a MIDI file as tracks of a run.

    A track belongs to the instrument of its name, else to that of its General MIDI family. In runs
    of choral voices, tracks without either take the voices that are left, from the highest one on.

    Raises:
      UserError: the file cannot be read, has no such track, another meter, or too many phrases, or
        nothing is left to make.
    """
    require_mido("image", "music that is given")
    if not path.is_file():
        raise UserError(f"{path} is no file", key="image")
    try:
        piece = _with_instruments(read_midi_file(path), domain)
    except MidiError as error:
        raise UserError(f"{path}: {error}", key="image") from error
    form, grid = domain.form, domain.form.grid
    if not piece.num_notes:
        raise UserError(f"{path} has no notes for {', '.join(form.names)}", key="image")
    ranges = domain.ranges or [(form.lowest, form.highest)] * len(piece.tracks)
    semitones = way_to_c(piece, ranges) if domain.is_in_c else 0
    found = cut(transposed_piece(piece, semitones), form)
    if len(piece.meters) > 1 or not found.rolls:
        raise UserError(
            f"{path} is not in {grid.meter} from beginning to end, as the run's phrases are",
            key="image",
        )
    cells = found.rolls[0].cells
    count = -(-len(cells) // grid.steps)
    if count > _MOST_PHRASES:
        raise UserError(
            f"{path} has {len(cells) // grid.steps_per_bar:,} bars; at most"
            f" {_MOST_PHRASES * grid.bars} are completed",
            key="image",
        )
    padded = np.zeros([count * grid.steps, *cells.shape[1:]], np.uint8)
    padded[: len(cells)] = cells
    symbols = np.stack([domain.of_roll(part) for part in np.split(padded, count)])
    has_notes = [bool(piece.tracks[lane.track].notes) for lane in domain.lanes]
    is_known = np.zeros([count * grid.steps, 1, len(domain.lanes)], bool)
    is_known[: len(cells)] = has_notes
    if is_known.all():
        raise UserError(
            f"{path} has notes for every track and fills {count * grid.bars} bars: nothing is left"
            " to make; leave tracks or bars out",
            key="image",
        )
    bars = len(cells) // grid.steps_per_bar
    return Given(piece, semitones, symbols, is_known.reshape(symbols.shape), bars)


def _with_instruments(piece: Piece, domain: Voices) -> Piece:
    """Returns a piece with a track for each instrument of a run, in their order."""
    instruments, names = domain.form.instruments, domain.form.names
    notes: list[list[Note]] = [[] for _ in names]
    unnamed = []
    for track in piece.tracks:
        name = track.instrument.name.strip().lower()
        index = names.index(name) if name in names else track_of(track.instrument, names)
        if index is not None and instruments[index].is_drums == track.instrument.is_drums:
            notes[index] += track.notes
        elif track.notes and not track.instrument.is_drums:
            unnamed.append(track)
    if domain.ranges:
        free = (own for own in notes if not own)
        for track, own in zip(unnamed, free, strict=False):
            own += track.notes
    tracks = (
        Track(instrument, tuple(sorted(own)))
        for instrument, own in zip(instruments, notes, strict=True)
    )
    return replace(piece, tracks=tuple(tracks))


def _misfit(
    domain: Voices, symbols: np.ndarray, is_known: np.ndarray, judge: keras.Model | None
) -> Misfit:
    """Returns what is minimised: a function of one-hot phrases, [n, steps, symbols, lanes]."""
    wanted = domain.to_model(tf.constant(symbols[None]))
    known = tf.constant(is_known[None, :, 0, :].astype(np.float32))[:, :, None, :]
    total = max(float(is_known.sum()), 1.0)

    def misfit(phrases: tf.Tensor) -> tf.Tensor:
        agreement = tf.reduce_sum(known * wanted * phrases, axis=[1, 2, 3])
        missed = (float(is_known.sum()) - agreement) / total
        if judge is None:
            return missed
        completed = known * wanted + (1.0 - known) * phrases
        return missed - _REALISM * tf.reshape(judge(completed, training=False), [-1])

    return misfit


def _judge(studio: Studio) -> keras.Model | None:
    """Returns the discriminator, to the logits alone; None where it needs more than one phrase."""
    if studio.loaded.num_classes:
        return None
    discriminator = load_discriminator(studio.run, studio.loaded)
    shape = tuple(studio.loaded.domain.model_shape)
    is_plain = len(discriminator.inputs) == 1 and discriminator.inputs[0].shape[1:] == shape
    return discriminator if is_plain and not isinstance(discriminator.output, dict) else None


def completed(domain: Voices, given: Given, phrases: np.ndarray) -> Piece:
    """Returns phrases in a row, with the user's own notes in place of theirs, in their key.

    Args:
      phrases: uint8 [phrases, steps, 1, lanes], of which the known symbols are those given.
    """
    made = transposed_piece(joined([domain.piece(phrase) for phrase in phrases]), -given.semitones)
    grid, piece = domain.form.grid, given.piece
    end = given.bars * grid.ticks_of_bars(1, made.ticks_per_quarter)

    def scaled(tick: int) -> int:
        return round(tick * made.ticks_per_quarter / piece.ticks_per_quarter)

    tracks = []
    for own, theirs in zip(made.tracks, piece.tracks, strict=True):
        if theirs.notes:
            kept = [
                note._replace(start=scaled(note.start), end=scaled(note.end))
                for note in theirs.notes
            ]
            last = max(note.end for note in kept)
            later = [note for note in own.notes if note.start >= max(end, last)]
            own = replace(own, notes=tuple(sorted([*kept, *later])))
        tracks.append(own)
    tempos = tuple(TempoChange(scaled(tick), speed) for tick, speed in piece.tempos)
    length = max(made.length, *(note.end for track in tracks for note in track.notes))
    return replace(made, tracks=tuple(tracks), tempos=tempos, length=length)
