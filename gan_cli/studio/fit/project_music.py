"""The phrases that come nearest to a MIDI file, and what another class makes of them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf

from gan_cli.domains.phrases import Phrases
from gan_cli.domains.voices import Voices
from gan_cli.errors import UserError
from gan_cli.listener import Listener, Quiet
from gan_cli.media.credentials import Signer
from gan_cli.music.likeness import kept_melody, overlap
from gan_cli.music.voices import FIRST_PITCH
from gan_cli.sampling.saved_latents import SavedLatents
from gan_cli.studio.draw.music import piece_as_given
from gan_cli.studio.drawing import DEFAULT_FRAMES_PER_SECOND, Drawing, Written
from gan_cli.studio.edit_requests import Project
from gan_cli.studio.fit.given_music import Given, given_tracks
from gan_cli.studio.fit.reference import held_out_of, word_for
from gan_cli.studio.fit.run_search import (
    given_sha256,
    latents_for_phrase,
    logits_of,
    saved_latents,
    search_phrases,
    write_latents_beside,
)
from gan_cli.studio.fit.search import Misfit
from gan_cli.studio.image_requests import FoundMusic
from gan_cli.studio.recipes import recorded_fields
from gan_cli.studio.studio import Studio

_STARTS = 16
# Overlap below the reference down to which a projection is good, and down to which it is fair.
_GOOD, _FAIR = 0.05, 0.2
# Phrases of other latents, which keep of a melody what chance does.
_OTHERS = 64
_COLUMNS = 4


@dataclass(frozen=True, kw_only=True)
class MusicFitDrawing(Drawing):
    """The phrases that a search gave.

    Attributes:
      given: the user's file.
      seed: the first seed of the search.
      found: what draws them again.
      compared: rows of phrases, each uint8 [count, *stored_shape], one below the other.
    """

    given: Path
    seed: int
    found: FoundMusic
    compared: tuple[np.ndarray, ...]

    def save(
        self,
        path: str | Path,
        *,
        frames_per_second: int = DEFAULT_FRAMES_PER_SECOND,
        unmarked: bool = False,
        signer: Signer | None = None,
        soundfont: str | Path | None = None,
    ) -> tuple[Written, ...]:
        """Writes the phrases, a picture that compares them with the file, and the latents.

        The picture of `a.mid` is `a-strip.png`, its latents are `a.npz`. Arguments as of
        `Drawing.save`.
        """
        path = Path(path)
        written = super().save(path, unmarked=unmarked, signer=signer, soundfont=soundfont)
        strip = _Strip(
            self.studio,
            self.request,
            lambda: _strip(cast(Phrases, self.studio.loaded.domain), self.compared),
            of=self,
        )
        strip.save(path.with_name(f"{path.stem}-strip.png"), unmarked=unmarked, signer=signer)
        assert self.saved is not None
        write_latents_beside(self.studio, path, self.saved, self.seed, unmarked)
        return written

    def recipe(self, ending: str, frames_per_second: int | None) -> dict[str, Any]:
        assert self.saved is not None
        return {
            "kind": self.found.record_kind,
            "format": ending,
            "seed": self.seed,
            "given_sha256": given_sha256(self.given),
            **recorded_fields(self.found, self.studio.class_text),
            **self.saved.to_recipe(),
        }


@dataclass(frozen=True, kw_only=True)
class _Strip(Drawing):
    """The picture beside phrases that were found."""

    of: MusicFitDrawing

    def recipe(self, ending: str, frames_per_second: int | None) -> dict[str, Any]:
        recipe = self.of.recipe(ending, frames_per_second)
        return {**recipe, "kind": f"{recipe['kind']} strip"}


def project_music(studio: Studio, request: Project, listener: Listener) -> MusicFitDrawing:
    """Searches, for each phrase of a MIDI file, for the latents of the nearest phrase.

    Tracks that the file has no notes for do not count. With `request.into`, the latents make the
    phrases under that class, and the description says how much of the file's melody is kept: the
    highest notes, step by step.

    Raises:
      UserError: the file cannot be read as phrases of this run, or there is no such class.
    """
    domain = cast(Phrases, studio.loaded.domain)
    into = None if request.into is None else _class_into(studio, request.into)
    given = given_tracks(request.image, domain)
    found = nearest(studio, request, given.symbols, given.is_known, listener)
    made = studio.sampler.images(found.latents, found.labels)
    reached = likeness(domain, given.symbols, made, given.is_known)
    parts = [verdict(reached, _reachable(studio, request))]
    labels, compared = found.labels, [given.symbols, made]
    if labels is not None:
        names = [studio.loaded.class_names[label] for label in dict.fromkeys(labels.tolist())]
        parts.append(f"class {', '.join(names)}")
    if into is not None:
        labels = np.full(len(found.latents), into, np.int32)
        compared.append(studio.sampler.images(found.latents, labels))
        parts.append(_conversion(studio, given, compared, into, request.seed))
    if given.without_track or given.without_place:
        parts.append(
            f"left out, of no track of the run: {given.without_track:,} notes, without a place in"
            f" its phrases: {given.without_place:,}"
        )
    saved = SavedLatents(found.latents, labels)
    again = FoundMusic(saved, -given.semitones, given.piece.tempos[0].microseconds)
    samples = compared[-1]
    return MusicFitDrawing(
        studio,
        request,
        lambda: domain.picture(samples, len(samples), None),
        draw_piece=lambda: piece_as_given(domain, samples, again.semitones, again.microseconds),
        saved=saved,
        description="; ".join(parts),
        given=request.image,
        seed=request.seed,
        found=again,
        compared=tuple(compared),
    )


def nearest(
    studio: Studio, request: Project, symbols: np.ndarray, is_known: np.ndarray, listener: Listener
) -> SavedLatents:
    """Returns the latents, and classes, of the nearest phrases.

    Args:
      symbols: stored phrases, [count, *stored_shape].
      is_known: bool, of the same shape: which symbols count.
    """
    misfits = (_misfit(studio, *part) for part in zip(symbols, is_known, strict=True))
    fits = search_phrases(studio, request, misfits, listener, count=len(symbols), starts=_STARTS)
    return saved_latents(fits)


def likeness(domain: Phrases, given: np.ndarray, made: np.ndarray, is_known: np.ndarray) -> float:
    """Returns the overlap of what sounds where symbols are known: 0 to 1.

    Args:
      given, made: stored phrases, [count, *stored_shape].
      is_known: bool, of the same shape.
    """
    ours, theirs = (domain.rolls(each) >= 128 for each in (given, made))
    is_heard = np.zeros([*ours.shape[:2], ours.shape[-1]], bool)
    counted: np.ndarray = is_known.max(axis=2)
    for channel, track in enumerate(domain.track_of_channels):
        is_heard[..., track] |= counted[..., channel]
    return overlap(ours & is_heard[:, :, None], theirs & is_heard[:, :, None])


def verdict(reached: float, reference: float | None) -> str:
    """Returns how good a projection is, in words.

    Args:
      reached: its `likeness`.
      reference: that of held-out phrases of the run; None: it is not known.
    """
    said = f"{100 * reached:.0f} % of what sounds agrees"
    if reference is None:
        return f"{said} (without the run's data, nothing says how near its phrases come)"
    word = word_for(reached, reference, _GOOD, _FAIR)
    return f"{word}: {said}; held-out phrases of this run reach {100 * reference:.0f} %"


def _reachable(studio: Studio, request: Project) -> float | None:
    """Returns the median likeness of searches for held-out phrases, or None."""
    chosen = held_out_of(studio, request.seed)
    if chosen is None:
        return None
    shorter = dataclasses.replace(request, fit_steps=max(request.fit_steps // len(chosen), 1))
    known = np.ones(chosen.shape, bool)
    found = nearest(studio, shorter, chosen, known, Quiet())
    made = studio.sampler.images(found.latents, found.labels)
    domain = cast(Phrases, studio.loaded.domain)
    pairs = zip(chosen[:, None], made[:, None], known[:, None], strict=True)
    return float(np.median([likeness(domain, *each) for each in pairs]))


def _conversion(
    studio: Studio, given: Given, compared: list[np.ndarray], into: int, seed: int
) -> str:
    """Returns how much of the given melody stays under another class, and by chance, in words."""
    domain = cast(Phrases, studio.loaded.domain)
    instruments = domain.form.instruments
    wanted, before, after = (
        np.concatenate(domain.rolls(each) >= 128)[: given.bars * domain.form.grid.steps_per_bar]
        for each in compared
    )
    kept = kept_melody(wanted, after, instruments)
    name = studio.loaded.class_names[into]
    if kept is None:
        return f"as {name}; the file has no melody to keep"
    as_found = kept_melody(wanted, before, instruments) or 0.0
    count = len(given.symbols)
    latents = latents_for_phrase(studio, seed, count, _OTHERS)
    strangers = domain.rolls(studio.sampler.images(latents, np.full(_OTHERS, into, np.int32)))
    chance = np.mean(
        [
            kept_melody(wanted, np.concatenate([stranger >= 128] * count), instruments) or 0.0
            for stranger in strangers
        ]
    )
    return (
        f"as {name} it keeps {100 * kept:.0f} % of the file's melody, {100 * as_found:.0f} % before"
        f" the change of class; other phrases of {name} have {100 * float(chance):.0f} % of it"
    )


def _class_into(studio: Studio, into: str | int) -> int:
    try:
        numbers = studio.class_numbers((into,))
    except UserError as error:
        raise UserError(*error.problems, key="into") from error
    assert numbers is not None
    return numbers[0]


def _misfit(studio: Studio, wanted: np.ndarray, known: np.ndarray) -> tuple[keras.Model, Misfit]:
    """Returns the network to descend in, and the misfit of its outputs from one phrase.

    Args:
      wanted, known: [*stored_shape].
    """
    domain, generator = studio.loaded.domain, studio.loaded.generator
    if isinstance(domain, Voices):
        return symbol_misfit(generator, wanted[:, 0], known[:, 0])
    cells = tf.constant((wanted >= 128)[None], tf.float32)
    counts = tf.constant(known[None], tf.float32)

    def misfit(images: tf.Tensor) -> tf.Tensor:
        """The coefficient of Dice, as a distance: most cells are silent in any two rolls."""
        sounding = counts * (images + 1.0) / 2.0
        common = tf.reduce_sum(cells * sounding, axis=[1, 2, 3])
        total = tf.reduce_sum(counts * cells + sounding, axis=[1, 2, 3])
        return 1.0 - (2.0 * common + 1.0) / (total + 1.0)

    return generator, misfit


def symbol_misfit(
    generator: keras.Model, wanted: np.ndarray, known: np.ndarray
) -> tuple[keras.Model, Misfit]:
    """Returns the network of a generator's logits, and their cross-entropy from given symbols.

    Starts of notes count as much as all rests and held notes, of which there are more. Generators
    that show no logits are asked for the logarithms of what they make.

    Args:
      wanted: uint8 [steps, lanes], the symbols.
      known: bool, of the same shape: which of them count.
    """
    network, has_logits = logits_of(generator)
    starts = known & (wanted >= FIRST_PITCH)
    weights = np.zeros(wanted.shape, np.float32)
    for part in (starts, known & ~starts):
        weights[part] = 1.0 / max(int(part.sum()), 1)
    weight = tf.constant(weights[None])
    target = tf.constant(wanted[None], tf.int32)

    def misfit(outputs: tf.Tensor) -> tf.Tensor:
        # [n, steps, symbols, lanes] to symbols last.
        outputs = tf.transpose(outputs, [0, 1, 3, 2])
        if not has_logits:
            outputs = tf.math.log(outputs + 1e-6)
        targets = tf.broadcast_to(target, tf.shape(outputs)[:3])
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, outputs)
        return tf.reduce_sum(weight * each, axis=[1, 2])

    return network, misfit


def _strip(domain: Phrases, compared: tuple[np.ndarray, ...]) -> Any:
    """Draws rows of phrases below each other, a few phrases at a time."""
    count = len(compared[0])
    columns = min(count, _COLUMNS)
    silent = np.zeros_like(compared[0][:1])
    rows = []
    for start in range(0, count, columns):
        for phrases in compared:
            part = phrases[start : start + columns]
            rows += [part, *[silent] * (columns - len(part))]
    return domain.picture(np.concatenate(rows), columns, None)
