"""Measures how well a run of voices completes a given track, beside completions without a network.

python -m benchmarks.accompany RUN [PHRASES] [FIT_STEPS] [TRACK] [CHECKPOINT]

Of PHRASES (20) held-out phrases, TRACK alone (the first one that is not of drums) is written as a
MIDI file and given to `gan-sample --given`, FIT_STEPS (500) long. The other rows of the table have
the same given track: Bach's, or whoever's, own other tracks; those of a Markov chain over beats, by
the two beats before and the given track's beat; those of a random training phrase; and those of a
random phrase of the generator. `dissonant` is the share of beats on which the given track forms a
second, a seventh or a tritone with another one.
"""

import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.listeners import Messages
from gan_cli.data.dataset import open_splits
from gan_cli.domains.voices import Voices
from gan_cli.metrics.phrases.descriptors import descriptors
from gan_cli.metrics.phrases.measures import choral_measures, general_measures, mean
from gan_cli.music.midi_reader import read_midi_file
from gan_cli.music.midi_writer import midi_file
from gan_cli.music.phrases import RollForm, cut
from gan_cli.music.piece import Piece
from gan_cli.studio.dispatch import draw
from gan_cli.studio.edit_requests import Accompany
from gan_cli.studio.studio import Studio

_DISSONANT = (1, 2, 6, 10, 11)
_FIGURES = ("dissonant", "tonal_distance", "parallels", "crossings", "in_scale")


def main() -> None:
    arguments = dict(enumerate(sys.argv[1:]))
    phrases, steps = int(arguments.get(1, 20)), int(arguments.get(2, 500))
    studio = Studio.open(arguments[0], arguments.get(4, "best"))
    domain = studio.loaded.domain
    assert isinstance(domain, Voices), "needs a run of voices"
    form = domain.form
    pitched = [n for n, instrument in enumerate(form.instruments) if not instrument.is_drums]
    track = form.names.index(arguments[3]) if 3 in arguments else pitched[0]
    splits = open_splits(studio.loaded.config.data)
    training = domain.rolls(np.asarray(splits.train.images)) >= 128
    chosen = np.linspace(0, len(splits.holdout.images) - 1, phrases).astype(int)
    real = domain.rolls(np.asarray(splits.holdout.images[chosen])) >= 128

    rng = np.random.default_rng(0)
    chain = ChainGivenTrack(training, form, track)
    completed, kept = [], []
    for number, stored in enumerate(np.asarray(splits.holdout.images[chosen])):
        roll, share = by_search(studio, domain.piece(stored), track, steps)
        completed.append(roll)
        kept.append(share)
        print(f"{number + 1} of {phrases}: {100 * share:.0f} % of the given notes kept", flush=True)
    others = training[rng.integers(len(training), size=phrases)]
    drawn = domain.rolls(studio.images(range(phrases))) >= 128
    rows = {
        "the composer": real,
        "gan-sample --given": np.stack(completed),
        "Markov chain": np.stack([chain.completed(phrase, rng) for phrase in real]),
        "random phrase": with_track(others, real, track),
        "generator, unsearched": with_track(drawn, real, track),
    }
    table = Table(f"given {form.names[track]}", "kept", *_FIGURES)
    for name, rolls in rows.items():
        share = mean(np.array(kept)) if name == "gan-sample --given" else 1.0
        found = figures(rolls, domain, track)
        cells = ["" if np.isnan(found[each]) else f"{found[each]:.3g}" for each in _FIGURES]
        table.add_row(name, f"{100 * share:.1f} %", *cells)
    Console(width=120).print(table)


def by_search(studio: Studio, piece: Piece, track: int, steps: int) -> tuple[np.ndarray, float]:
    """Completes one track of a piece as the command does.

    Returns:
      The completed phrase, bool [steps, pitches, tracks], and the share of the given notes that it
      has as they were.
    """
    form = studio.loaded.domain.form  # type: ignore[attr-defined]
    alone = Piece(piece.ticks_per_quarter, piece.length, (piece.tracks[track],), *changes(piece))
    with tempfile.TemporaryDirectory() as folder:
        given, full = Path(folder, "given.mid"), Path(folder, "full.mid")
        given.write_bytes(midi_file(alone))
        draw(studio, Accompany(given, fit_steps=steps), Messages()).save(full)
        made = read_midi_file(full)
    own = [t for t in made.tracks if t.instrument.name == form.names[track]]
    scale = piece.ticks_per_quarter / made.ticks_per_quarter
    found = {(n.start * scale, n.end * scale, n.pitch) for each in own for n in each.notes}
    wanted = {(n.start, n.end, n.pitch) for n in alone.tracks[0].notes}
    share = len(wanted & found) / max(len(wanted), 1)
    return cut(made, form).rolls[0].cells[: form.grid.steps] >= 128, share


def changes(piece: Piece) -> tuple[Any, Any]:
    """Returns the tempos and meters of a piece."""
    return piece.tempos, piece.meters


def with_track(rolls: np.ndarray, given: np.ndarray, track: int) -> np.ndarray:
    """Returns rolls with one track of others."""
    changed = rolls.copy()
    changed[..., track] = given[..., track]
    return changed


def figures(rolls: np.ndarray, domain: Voices, track: int) -> dict[str, float]:
    """Returns the means over phrases, bool [count, steps, pitches, tracks]."""
    cells = rolls * np.uint8(255)
    found = general_measures(cells, domain.form)
    if domain.ranges:
        found |= choral_measures(cells, domain.form, domain.ranges)
    found["dissonant"] = dissonant(rolls, domain.form, track)
    found["in_scale"] = descriptors(cells, domain.form)[:, -3]
    return {name: mean(found[name]) if name in found else float("nan") for name in _FIGURES}


def dissonant(rolls: np.ndarray, form: RollForm, track: int) -> np.ndarray:
    """Returns the share of beats on which the given track forms a dissonance with another one.

    Of beats on which it sounds together with another one, drums apart; float64 [count].
    """
    beats = rolls[:, :: form.grid.steps_per_beat]
    others = [n for n, each in enumerate(form.instruments) if n != track and not each.is_drums]
    shares = []
    for phrase in beats:
        found, together = 0, 0
        for beat in phrase:
            own = np.flatnonzero(beat[:, track])
            theirs = np.flatnonzero(beat[:, others].any(axis=1))
            if len(own) and len(theirs):
                together += 1
                found += bool(np.isin((own[:, None] - theirs) % 12, _DISSONANT).any())
        shares.append(found / together if together else np.nan)
    return np.array(shares)


class ChainGivenTrack:
    """Draws beats of all tracks by the two beats before, among those that have the given track's.

    Where no training beat that followed has it, one beat before decides, then none; where no beat
    at all has it, a beat of the same first pitch, else any beat. The given track is put right.

    Args:
      training: bool [count, steps, pitches, tracks].
    """

    def __init__(self, training: np.ndarray, form: RollForm, track: int):
        self._every, self._track = form.grid.steps_per_beat, track
        self._beats: dict[bytes, np.ndarray] = {}
        self._followers: dict[tuple, list[bytes]] = defaultdict(list)
        for phrase in training:
            before: tuple[bytes, ...] = ()
            for beat in self._split(phrase):
                name = np.packbits(beat).tobytes()
                self._beats.setdefault(name, beat)
                for length in range(len(before) + 1):
                    context = before[len(before) - length :]
                    for given in self._names(beat):
                        self._followers[context, given].append(name)
                before = (*before, name)[-2:]
        self._all = list(self._beats)

    def completed(self, phrase: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Returns a phrase, bool [steps, pitches, tracks], with its other tracks drawn anew."""
        drawn: list[np.ndarray] = []
        before: tuple[bytes, ...] = ()
        for beat in self._split(phrase):
            contexts = [before[len(before) - length :] for length in range(len(before), -1, -1)]
            names = self._names(beat)
            keys = [(context, given) for given in names for context in contexts]
            fitting = next((self._followers[key] for key in keys if key in self._followers), None)
            name = (fitting or self._all)[rng.integers(len(fitting or self._all))]
            drawn.append(self._beats[name])
            before = (*before, name)[-2:]
        return with_track(np.concatenate(drawn)[None], phrase[None], self._track)[0]

    def _split(self, phrase: np.ndarray) -> list[np.ndarray]:
        return np.split(phrase, len(phrase) // self._every)

    def _names(self, beat: np.ndarray) -> tuple[bytes, bytes]:
        """The given track's beat, and its first step alone."""
        own = beat[..., self._track]
        return b"beat" + np.packbits(own).tobytes(), b"step" + np.packbits(own[0]).tobytes()


if __name__ == "__main__":
    main()
