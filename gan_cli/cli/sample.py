"""gan-sample: pictures from a run's checkpoint, the same ones for the same seeds.

gan-sample --run_dir runs/digits --out grid.png
gan-sample --run_dir runs/digits --seeds 0-9,42 --out folder/
"""

import sys
from collections.abc import Sequence

from absl import flags

from gan_cli.cli import app
from gan_cli.cli.sampling.mode import Mode
from gan_cli.cli.sampling.modes import MODES
from gan_cli.errors import UserError

flags.DEFINE_string("run_dir", None, "Run directory of gan-train.")
flags.DEFINE_string(
    "checkpoint", "best", "Which checkpoint: best, latest, or the number of images shown."
)
flags.DEFINE_integer("seed", 0, "First seed; the others follow it.")
flags.DEFINE_string("seeds", None, "Seeds in place of --seed, such as 0-63 or 1,5,10-12.")
flags.DEFINE_list(
    "latents",
    None,
    "Files of latents in place of seeds, such as --project writes.",
)
flags.DEFINE_string(
    "classes",
    None,
    "Conditional runs: class names or numbers, such as 0,3 or 'all', one after another.",
)
flags.DEFINE_float(
    "truncation", None, "Cut latents off at plus or minus this: less variety, cleaner images."
)
flags.DEFINE_bool(
    "no_provenance",
    False,
    "Write files that do not say that a model made them, and keep note of it in the run directory.",
)
flags.DEFINE_string(
    "c2pa_certificate",
    None,
    "PEM file of your certificate and those up to its root: pictures carry signed content"
    " credentials (C2PA).",
)
flags.DEFINE_string("c2pa_key", None, "PEM file of the certificate's private key.")
flags.DEFINE_string(
    "c2pa_timestamp", None, "URL of a time stamp authority (RFC 3161), asked for every picture."
)
flags.DEFINE_string(
    "out",
    None,
    "A picture as .png, .jpg or .webp; arrays as .npz; .tfrecord; or a folder of single images.",
)


def main(argv: Sequence[str]) -> int:
    del argv
    mode = chosen_mode(flags.FLAGS, MODES)
    return mode.run(flags.FLAGS) or 0


def chosen_mode(values: flags.FlagValues, modes: Sequence[Mode]) -> Mode:
    """The mode whose flag is given, or the one that has none.

    Raises:
      UserError: flags of two modes, or a flag that the mode needs and lacks, or does not take.
    """
    chosen = [mode for mode in modes if mode.flag and values[mode.flag].value]
    if len(chosen) > 1:
        raise UserError(f"{chosen[1].name}: cannot be had together with {chosen[0].name}")
    mode = chosen[0] if chosen else next(mode for mode in modes if not mode.flag)
    for name in mode.needs:
        if values[name].value is None:
            raise UserError(f"--{name} is required; see gan-sample --help")
    own = _flags_of(values, mode)
    others = set().union(*(_flags_of(values, other) for other in modes)) | _shared(values)
    for name in sorted(others - own - set(mode.needs) - set(mode.takes)):
        if values[name].present:
            owner = next((o for o in modes if name in _flags_of(values, o)), None)
            hint = f"; it belongs to {owner.name}" if owner else ""
            raise UserError(f"--{name}: is not for {mode.name}{hint}")
    return mode


def _flags_of(values: flags.FlagValues, mode: Mode) -> set[str]:
    return {flag.name for flag in values.get_flags_for_module(mode.run.__module__)}


def _shared(values: flags.FlagValues) -> set[str]:
    return {flag.name for flag in values.get_flags_for_module(sys.modules[__name__])}


def entry_point() -> None:
    app.run(main, [sys.modules[mode.run.__module__] for mode in MODES])


if __name__ == "__main__":
    entry_point()
