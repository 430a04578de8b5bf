"""What is the same for every picture: it is drawn, marked with its origin, and written."""

from pathlib import Path
from typing import TYPE_CHECKING

from gan_cli.cli.sampling.mode import Composer, Options
from gan_cli.cli.sampling.seeds import seeds_text
from gan_cli.errors import UserError

if TYPE_CHECKING:
    from gan_cli.cli.sampling.studio import Studio

STILLS = (".png", ".jpg", ".jpeg", ".webp")
MOVING = (".gif", ".apng", ".webp", ".mp4")


def check_still(options: Options) -> Path:
    """--out, in a mode that draws one picture.

    Raises:
      UserError: its ending is unknown.
    """
    out = Path(options.out)
    if out.suffix.lower() not in STILLS:
        raise UserError(f"--out: must end in {', '.join(STILLS)}, got '{out}'")
    return out


def is_animation(options: Options, otherwise: str = "") -> bool:
    """Whether --out asks for an animation, in a mode that can draw both.

    Raises:
      UserError: its ending is unknown.
    """
    ending = Path(options.out).suffix.lower()
    if ending not in STILLS + MOVING:
        still, moving = ", ".join(STILLS[:-1]), ", ".join(MOVING)
        raise UserError(
            f"--out: must end in {still} for a strip or {moving} for an animation{otherwise},"
            f" got '{options.out}'"
        )
    return ending in MOVING


def deliver(studio: "Studio", options: Options, composer: Composer, animated: bool) -> None:
    """Draws, writes and names the file.

    Raises:
      UserError: what is asked for cannot be drawn, or the file cannot be written.
    """
    from gan_cli.media.encode import encoded, encoded_animation, write_marked

    path = Path(options.out)
    ending = path.suffix.lower()
    work = composer.compose(studio, options, animated)
    recipe = {
        "kind": composer.kind,
        "format": ending,
        "frames_per_second": options.frames_per_second if animated else None,
        **{name: getattr(options, name) for name in composer.recorded},
        "seeds": seeds_text(work.seeds) or None,
        **(work.saved.to_recipe() if work.saved else {}),
    }
    provenance = studio.provenance(recipe, work.digital_source_type)
    mark = studio.mark(provenance, path, options.no_provenance)
    if animated:
        content = encoded_animation(
            work.frames, ending, options.frames_per_second, mark, studio.signer
        )
    else:
        content = encoded(work.frames[0], ending, mark, studio.signer)
    write_marked(path, content, mark)
    if work.what is not None:
        what = work.what
    elif animated:
        what = f"{len(work.frames)} frames"
    else:
        what = f"{composer.kind} of {len(work.saved.latents if work.saved else work.seeds)}"
    loaded = studio.loaded
    print(f"{path}: {what}, {loaded.checkpoint_name} ({loaded.kimg:g} kimg)")
