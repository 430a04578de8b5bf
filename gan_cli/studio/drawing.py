"""A picture that has been drawn, and how it is written to a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gan_cli.errors import UserError
from gan_cli.io.files import atomic_write
from gan_cli.io.paths import given_path
from gan_cli.io.request_values import whole_number
from gan_cli.listener import WRITING_FRAMES, Listener, Quiet
from gan_cli.media.encode import encoded, encoded_animation, write_marked
from gan_cli.media.formats import ANIMATIONS, LINES, SOUNDS, check_ending
from gan_cli.media.sound import encoded_sound
from gan_cli.media.soundfont import soundfont_for
from gan_cli.media.text_lines import Line, encoded_lines
from gan_cli.studio.picture_requests import Request
from gan_cli.studio.recipes import recorded_fields
from gan_cli.studio.studio import Studio
from gan_cli.studio.texts import seeds_text

if TYPE_CHECKING:
    from PIL import Image

    from gan_cli.media.credentials import Signer
    from gan_cli.media.provenance import Provenance
    from gan_cli.media.soundfont import Soundfont
    from gan_cli.music.piece import Piece
    from gan_cli.sampling.saved_latents import SavedLatents

DEFAULT_FRAMES_PER_SECOND = 24


@dataclass(frozen=True)
class Written:
    """One file that was written, and what is in it, in words."""

    path: Path
    description: str


@dataclass(frozen=True)
class Drawing:
    """What a request has become.

    Attributes:
      studio: what drew it.
      request: what was asked for.
      draw_image: lays it out as one picture.
      draw_frames: lays it out as the frames of an animation, all of one size; None: it has none.
      draw_piece: writes it as one piece of music; None: it is none.
      draw_lines: writes it as lines of text; None: it is no text.
      seeds: the seeds whose samples it shows; none where it shows saved latents.
      saved: the latents that it shows, in place of seeds.
      digital_source_type: IPTC's; None: wholly generated.
      description: what it shows, in words; None: its kind and the number of seeds say that.
      listener: hears how far the writing of an animation is.
    """

    studio: Studio
    request: Request
    draw_image: "Callable[[], Image.Image]"
    draw_frames: "Callable[[], Sequence[Image.Image]] | None" = None
    draw_piece: "Callable[[], Piece] | None" = None
    draw_lines: "Callable[[], Sequence[Line]] | None" = None
    seeds: Sequence[int] = ()
    saved: "SavedLatents | None" = None
    digital_source_type: str | None = None
    description: str | None = None
    listener: Listener = field(default_factory=Quiet)

    @cached_property
    def image(self) -> "Image.Image":
        """The drawing as one picture.

        Raises:
          UserError: one picture has no room for it.
        """
        return self.draw_image()

    @cached_property
    def frames(self) -> "Sequence[Image.Image]":
        """The drawing as an animation, of one frame where nothing moves.

        Raises:
          UserError: one file has no room for it.
        """
        return (self.image,) if self.draw_frames is None else self.draw_frames()

    def save(
        self,
        path: str | Path,
        *,
        frames_per_second: int = DEFAULT_FRAMES_PER_SECOND,
        unmarked: bool = False,
        signer: "Signer | None" = None,
        soundfont: str | Path | None = None,
    ) -> tuple[Written, ...]:
        """Writes the drawing in the format of the path's ending, marked with its origin.

        An ending of `media.formats.ANIMATIONS` makes an animation of what can move.

        Args:
          frames_per_second: speed of an animation, 1 to 100.
          unmarked: whether the file says nothing about its origin; the run directory keeps a note.
          signer: signs the file's origin.
          soundfont: a file of type .sf2 or .sf3, with which FluidSynth plays what is written as
            sound; None: a small synthesiser plays it.

        Returns:
          What was written, beginning with `path`.

        Raises:
          UserError: the ending is unknown, or the file cannot be written.
        """
        path = given_path(path, "path")
        ending = check_ending(
            path,
            moves=self.draw_frames is not None,
            sounds=self.draw_piece is not None,
            lines=self.draw_lines is not None,
        )
        font = soundfont_for(soundfont, path)
        if self.draw_piece is not None and ending in SOUNDS:
            return self._save_sound(path, ending, self.draw_piece(), unmarked, signer, font)
        if self.draw_lines is not None and ending in LINES:
            return self._save_lines(path, ending, self.draw_lines(), unmarked, signer)
        animated = self.draw_frames is not None and ending in ANIMATIONS
        speed = whole_number(frames_per_second, "frames_per_second", 1, 100)
        frames = self.frames if animated else (self.image,)
        provenance = self.studio.provenance(
            self.recipe(ending, speed if animated else None), self.digital_source_type
        )
        mark = self.studio.mark(provenance, path, unmarked)
        if animated:
            with self.listener.during(WRITING_FRAMES) as progress:
                content = encoded_animation(frames, ending, speed, mark, signer, progress)
        else:
            content = encoded(frames[0], ending, mark, signer)
        write_marked(path, content, mark)
        width, height = frames[0].size
        what = self._describe(len(frames) if animated else None)
        return (Written(path, f"{what}, {width}x{height} pixels"),)

    def _save_sound(
        self,
        path: Path,
        ending: str,
        piece: "Piece",
        unmarked: bool,
        signer: "Signer | None",
        soundfont: "Soundfont | None",
    ) -> tuple[Written, ...]:
        played_by = {} if soundfont is None else soundfont.facts
        mark = self._mark_unsigned(path, ending, unmarked, signer, played_by)
        atomic_write(path, encoded_sound(piece, ending, mark, soundfont))
        seconds = piece.seconds_at(piece.length)
        what = f"{piece.num_notes} notes, {seconds:.0f} s, of {self.studio.checkpoint_text}"
        if self.description is not None:
            what = f"{self.description}; {what}"
        return (Written(path, what),)

    def _save_lines(
        self,
        path: Path,
        ending: str,
        lines: Sequence[Line],
        unmarked: bool,
        signer: "Signer | None",
    ) -> tuple[Written, ...]:
        mark = self._mark_unsigned(path, ending, unmarked, signer)
        write_marked(path, encoded_lines(lines, ending, mark), mark)
        return (Written(path, f"{len(lines)} lines, {self.studio.checkpoint_text}"),)

    def _mark_unsigned(
        self,
        path: Path,
        ending: str,
        unmarked: bool,
        signer: "Signer | None",
        more: Mapping[str, Any] = MappingProxyType({}),
    ) -> "Provenance | None":
        """Returns what a file that cannot be signed says about its origin."""
        if signer is not None:
            raise UserError(f"signs pictures, not {ending} files", key="certificate")
        recipe = {**self.recipe(ending, None), **more}
        provenance = self.studio.provenance(recipe, self.digital_source_type)
        return self.studio.mark(provenance, path, unmarked)

    def recipe(self, ending: str, frames_per_second: int | None) -> dict[str, Any]:
        """Returns what the file's record says about how its pixels come about.

        Args:
          frames_per_second: None: it is no animation.
        """
        return {
            "kind": self.request.record_kind,
            "format": ending,
            "frames_per_second": frames_per_second,
            **recorded_fields(self.request, self.studio.class_text),
            "seeds": seeds_text(self.seeds) or None,
            **(self.saved.to_recipe() if self.saved else {}),
        }

    def _describe(self, num_frames: int | None) -> str:
        if self.description is not None:
            what = self.description
        elif num_frames is not None:
            what = f"{num_frames} frames"
        else:
            count = len(self.saved.latents if self.saved else self.seeds)
            what = f"{self.request.record_kind} of {count}" if count > 1 else "one image"
        return f"{what}, {self.studio.checkpoint_text}"
