"""gan-sample: pictures from a run's checkpoint, the same ones for the same seeds.

gan-sample --run_dir runs/digits --out grid.png
gan-sample --run_dir runs/digits --seeds 0-9,42 --out folder/
"""

from collections.abc import Sequence

from absl import flags

from gan_cli.cli import app
from gan_cli.cli.sample_flags import SHARED
from gan_cli.cli.sample_modes import MODES, Mode
from gan_cli.errors import UserError


def main(argv: Sequence[str]) -> int:
    del argv
    return chosen_mode(flags.FLAGS, MODES).run(flags.FLAGS)


def chosen_mode(values: flags.FlagValues, modes: Sequence[Mode]) -> Mode:
    """Returns the mode whose flag is given, or the one that has no flag.

    Raises:
      UserError: flags of two modes are given, or one that the mode does not take, or one is
        missing.
    """
    chosen = [mode for mode in modes if mode.flag and _is_given(values[mode.flag].value)]
    if len(chosen) > 1:
        raise UserError(f"cannot be combined with {chosen[0].name}", key=chosen[1].flag)
    mode = chosen[0] if chosen else next(mode for mode in modes if not mode.flag)
    for name in mode.needs:
        if values[name].value is None:
            raise UserError(f"--{name} is required; see gan-sample --help")
    known = {name for each in modes for name in (*each.own, *each.needs, *each.takes)}
    for name in sorted(known - {*mode.own, *mode.needs, *mode.takes}):
        if values[name].present:
            owner = next((each for each in modes if name in each.own), None)
            hint = f"; it belongs to {owner.name}" if owner else ""
            raise UserError(f"is not for {mode.name}{hint}", key=name)
    return mode


def _is_given(value: object) -> bool:
    # Not by its truth: `--dataset=0` is given, and wrong.
    return value is not None and value is not False


def entry_point() -> None:
    first = app.Section((__doc__ or "").strip(), SHARED)
    app.run(main, [first, *(app.Section(mode.about, mode.own) for mode in MODES)])


if __name__ == "__main__":
    entry_point()
