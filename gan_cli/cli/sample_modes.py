"""The modes of gan-sample: from flags to a request, and from the request to files and lines.

What needs no TensorFlow is checked first, so that wrong flags are refused at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from absl import flags

from gan_cli.cli import app
from gan_cli.cli.sample_flags import MARKED, SEEDED, TILED
from gan_cli.errors import UserError
from gan_cli.media.formats import (
    ANIMATIONS,
    LINES,
    PICTURES,
    SOUNDS,
    check_bulk_ending,
    check_ending,
    check_folder,
)
from gan_cli.music.midi_reader import ENDINGS
from gan_cli.studio import texts
from gan_cli.studio.bulk_requests import Dataset, Export, Images
from gan_cli.studio.edit_requests import (
    Accompany,
    EditRequest,
    Inpaint,
    Project,
    ProjectText,
    SuperResolve,
)
from gan_cli.studio.picture_requests import Axes, Grid, Request, Sheet, Walk

if TYPE_CHECKING:
    from gan_cli.media.credentials import Signer
    from gan_cli.studio.studio import Studio

Flags = flags.FlagValues
_NOT_CONFIRMED = 1
# Two seconds from one seed to the next, at 24 frames a second.
_STEPS_OF_STRIP, _STEPS_OF_ANIMATION = 16, 48
# Phrases from one seed to the next.
_STEPS_OF_PIECE = 4


@dataclass(frozen=True)
class Mode:
    """One thing that gan-sample does.

    Attributes:
      flag: the flag that chooses the mode; None: it is chosen where no other is.
      about: its heading in the help text.
      request: makes a request of the flags' values. Raises a `UserError` for wrong ones.
      work: does what the request asks for; returns the exit status, None for 0.
      own: flags that belong to the mode, `flag` among them.
      needs: further flags that must be given.
      takes: further flags that may be given. All others are refused.
      keys: names of flags by the name that errors use for them.
    """

    flag: str | None
    about: str
    request: Callable[[Flags], Any]
    work: Callable[[Flags, Any], int | None]
    own: tuple[str, ...]
    needs: tuple[str, ...] = ("run_dir", "out")
    takes: tuple[str, ...] = SEEDED
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The mode as users write it."""
        return f"--{self.flag}" if self.flag else "gan-sample without a mode"

    def run(self, values: Flags) -> int:
        """Does the mode's work and returns the exit status.

        Raises:
          UserError: a flag is wrong, or the work cannot be done. `key` is the flag's name.
        """
        try:
            return self.work(values, self.request(values)) or 0
        except UserError as error:
            signing = {name: f"c2pa_{name}" for name in ("certificate", "key", "timestamp")}
            names = {"path": "out", **signing, **self.keys}
            key = names.get(error.key, error.key) if error.key else None
            raise UserError(*error.problems, key=key) from error


def _pictures(values: Flags) -> Grid | Images:
    ending = Path(values.out).suffix.lower()
    is_one = ending in (*PICTURES, *SOUNDS)
    if not is_one:
        check_bulk_ending(Path(values.out))
    elif values.until is not None:
        raise UserError(f"many images go to a folder, .npz or .tfrecord, not {ending}", key="until")
    seeds, drawn = _seeds(values), {"classes": _classes(values), "truncation": values.truncation}
    if values.until is not None:
        if values.grid is not None:
            raise UserError("counts from --seed; leave out --seeds and --grid", key="until")
        return Images(count=values.until, **seeds, **drawn)
    shape = None if values.grid is None else texts.parse_shape(values.grid)
    grid = Grid(shape, **seeds, **drawn, **_tiles(values))
    if is_one:
        return grid
    if values.scale is not None:
        raise UserError("is for one picture; arrays and folders keep the size", key="scale")
    if shape is not None:
        seeds = {"seeds": grid.layout(0)[0]}
    return Images(**seeds, **drawn)


def _walk(values: Flags) -> Walk:
    moves = check_ending(Path(values.out), moves=True, sounds=True, lines=True) in ANIMATIONS
    steps = _STEPS_OF_ANIMATION if moves else _STEPS_OF_STRIP
    if Path(values.out).suffix.lower() in SOUNDS:
        steps = _STEPS_OF_PIECE
    return Walk(
        values.walk,
        loop=values.loop,
        steps=steps if values.steps is None else values.steps,
        shape=None if values.grid is None else texts.parse_shape(values.grid),
        **_tiles(values),
        truncation=values.truncation,
        latents=values.latents,
        classes=_classes(values),
        **_seeds(values),
    )


def _axes(values: Flags) -> Axes:
    check_ending(Path(values.out))
    return Axes(
        values.directions,
        axes=values.axes,
        extent=values.extent,
        move=None if values.move is None else texts.parse_move(values.move),
        **_tiles(values),
        latents=values.latents,
        classes=_classes(values),
        **_seeds(values),
    )


def _sheet(values: Flags) -> Sheet:
    check_ending(Path(values.out))
    return Sheet(
        values.sheet,
        **_tiles(values),
        truncation=values.truncation,
        latents=values.latents,
        classes=_classes(values),
        **_seeds(values),
    )


def _dataset(values: Flags) -> Dataset:
    check_folder(Path(values.out))
    return Dataset(
        values.dataset,
        seed=values.seed,
        classes=_classes(values),
        proportions=values.proportions,
        truncation=values.truncation,
    )


def _edit(request: type[EditRequest], flag: str, **more: str) -> Callable:
    def from_flags(values: Flags) -> EditRequest:
        of_music = request is Project and Path(getattr(values, flag)).suffix.lower() in ENDINGS
        check_ending(Path(values.out), sounds=of_music or request is Accompany)
        return request(
            getattr(values, flag),
            seed=values.seed,
            classes=_classes(values),
            fit_steps=values.fit_steps,
            **{field: values[name].value for field, name in more.items()},
        )

    return from_flags


def _project(values: Flags) -> Project | ProjectText:
    if Path(values.out).suffix.lower() not in LINES:
        return _edit(Project, "project", into="into", space="project_space")(values)
    if values.project_space == "w":
        raise UserError("w is for generators of images; text is searched in z", key="project_space")
    asked = {"seed": values.seed, "classes": _classes(values), "fit_steps": values.fit_steps}
    return ProjectText(values.project, **asked)


def _export(values: Flags) -> Export:
    from gan_cli.io.files import check_new_folder

    request = Export(values.export, values.licence)
    check_new_folder(Path(values.out), "out")
    return request


def _draw(values: Flags, request: Request) -> None:
    signer = _signer(values)
    studio = _open_studio(values)

    from gan_cli.studio.dispatch import draw

    drawing = draw(studio, request, _listener())
    written = drawing.save(
        values.out,
        frames_per_second=values.frames_per_second,
        unmarked=values.no_provenance,
        signer=signer,
        soundfont=values.soundfont,
    )
    for each in written:
        app.say(f"{each.path}: {each.description}")


def _draw_or_write(values: Flags, request: Grid | Images) -> None:
    if isinstance(request, Grid):
        _draw(values, request)
    else:
        _write(values, request)


def _write(values: Flags, request: Images | Dataset) -> None:
    signer = _signer(values)
    studio = _open_studio(values)

    from gan_cli.studio.bulk import write_dataset, write_images

    write: Callable = write_images if isinstance(request, Images) else write_dataset
    written = write(
        studio,
        request,
        values.out,
        unmarked=values.no_provenance,
        signer=signer,
        listener=_listener(),
    )
    app.say(f"{written.path}: {written.description}")


def _write_export(values: Flags, request: Export) -> None:
    studio = _open_studio(values)

    from gan_cli.export.card import psnr_text
    from gan_cli.studio.export import write_export

    for part in write_export(studio, request, values.out):
        app.say(
            f"{part.name:15s} {part.size_bytes / 1e3:9,.0f} kB   off by at most"
            f" {part.largest_error:.1e}, PSNR {psnr_text(part.psnr_db)}"
        )
    app.say(f"written: {values.out}, with a model card")


def _explore(values: Flags, request: None) -> None:
    from gan_cli.explore import check_installed

    check_installed()
    studio = _open_studio(values)

    from gan_cli.explore.serve import serve

    serve(studio, values.port, _listener())


def _inspect(values: Flags, request: None) -> int:
    from gan_cli.studio.record import read_record
    from gan_cli.studio.verification_text import verification_lines

    found = read_record(values.inspect)
    if values.run_dir is not None:
        app.import_tensorflow()
        from gan_cli.studio.verify import verify

        found = verify(values.inspect, values.run_dir, values.soundfont)
    app.say("\n".join(verification_lines(found, values.inspect, values.run_dir)))
    return 0 if found.is_confirmed else _NOT_CONFIRMED


def _open_studio(values: Flags) -> "Studio":
    app.import_tensorflow()

    from gan_cli.studio.studio import Studio

    return Studio.open(values.run_dir, values.checkpoint)


def _signer(values: Flags) -> "Signer | None":
    """Returns what signs the files of this command, or None, and checks the soundfont."""
    from gan_cli.media.credentials import signer_for
    from gan_cli.media.soundfont import soundfont_for

    soundfont_for(values.soundfont, Path(values.out))
    of_flags = (values[name].value for name in ("c2pa_certificate", "c2pa_key", "c2pa_timestamp"))
    return signer_for(Path(values.out), *of_flags, unmarked=values.no_provenance)


def _listener() -> Any:
    from gan_cli.cli.progress import ConsoleListener

    return ConsoleListener()


def _seeds(values: Flags) -> dict[str, Any]:
    seeds = None if values.seeds is None else texts.parse_seeds(values.seeds)
    return {"seed": values.seed, "seeds": seeds}


def _classes(values: Flags) -> str | tuple[str, ...] | None:
    return None if values.classes is None else texts.parse_classes(values.classes)


def _tiles(values: Flags) -> dict[str, Any]:
    return {"scale": values.scale, "resample": values.resample}


def _nothing(values: Flags) -> None:
    """Makes the request of a mode that has none."""


_EDITS = ("checkpoint", "seed", "classes", "fit_steps", *MARKED)
# The order is that of the help text.
MODES: tuple[Mode, ...] = (
    Mode(
        None,
        "Without a mode: images by seed, as a grid, arrays, TFRecord files or a folder.",
        _pictures,
        _draw_or_write,
        own=("grid", "until"),
        takes=(*TILED, "soundfont"),
        keys={"shape": "grid", "count": "until"},
    ),
    Mode(
        "walk",
        "--walk: from seed to seed or from class to class, as a strip or an animation.",
        _walk,
        _draw,
        own=("walk", "loop", "steps", "frames_per_second"),
        takes=(*TILED, "latents", "grid", "soundfont"),
        keys={"kind": "walk", "shape": "grid"},
    ),
    Mode(
        "directions",
        "--directions: what the strongest directions of the latent space change.",
        _axes,
        _draw,
        own=("directions", "axes", "extent", "move"),
        takes=("checkpoint", "seed", "seeds", "latents", "classes", "scale", "resample", *MARKED),
        keys={"method": "directions"},
    ),
    Mode(
        "sheet",
        "--sheet: pictures that answer one question about a generator each.",
        _sheet,
        _draw,
        own=("sheet",),
        takes=(*TILED, "latents"),
        keys={"kind": "sheet"},
    ),
    Mode(
        "dataset",
        "--dataset: a labelled set of generated images, for Keras and TensorFlow Datasets.",
        _dataset,
        _write,
        own=("dataset", "proportions"),
        takes=("checkpoint", "seed", "classes", "truncation", *MARKED),
        keys={"count": "dataset"},
    ),
    Mode(
        "project",
        "--project: the generator's image that comes nearest to a given one, and its latents.",
        _project,
        _draw,
        own=("project", "project_space", "into", "fit_steps"),
        takes=(*_EDITS, "soundfont"),
        keys={"image": "project", "text": "project", "space": "project_space"},
    ),
    Mode(
        "inpaint",
        "--inpaint: a masked part of an image, filled by the generator.",
        _edit(Inpaint, "inpaint", mask="mask"),
        _draw,
        own=("inpaint", "mask"),
        takes=_EDITS,
        keys={"image": "inpaint"},
    ),
    Mode(
        "super_resolve",
        "--super_resolve: a small image at the generator's resolution.",
        _edit(SuperResolve, "super_resolve"),
        _draw,
        own=("super_resolve",),
        takes=_EDITS,
        keys={"image": "super_resolve"},
    ),
    Mode(
        "given",
        "--given: tracks, or first bars, of your own, and the rest made to fit them.",
        _edit(Accompany, "given"),
        _draw,
        own=("given",),
        takes=(*_EDITS, "soundfont"),
        keys={"image": "given"},
    ),
    Mode(
        "explore",
        "--explore: a page on this machine with sliders for latents, truncation and directions.",
        _nothing,
        _explore,
        own=("explore", "port"),
        needs=("run_dir",),
        takes=("checkpoint",),
    ),
    Mode(
        "export",
        "--export: the generator itself, in the formats of other runtimes, with a model card.",
        _export,
        _write_export,
        own=("export", "licence"),
        takes=("checkpoint",),
        keys={"formats": "export"},
    ),
    Mode(
        "inspect",
        "--inspect: what a file says about its origin and, with --run_dir, whether that is so.",
        _nothing,
        _inspect,
        own=("inspect",),
        needs=(),
        takes=("run_dir", "soundfont"),
        keys={"path": "inspect"},
    ),
)
