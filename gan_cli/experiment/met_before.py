"""Finds out whether a run would meet again the values that ended it, which were not finite."""

from gan_cli.config.load import config_differences
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.run.directory import RunDirectory
from gan_cli.run.guard_log import GuardLog
from gan_cli.training.loop import LARGEST_LOSS


def met_before(
    run: RunDirectory,
    recorded: ResolvedConfig | None,
    config: ResolvedConfig,
    images_so_far: int,
) -> str | None:
    """Returns what ended the run when it was trained last, if nothing has changed since then.

    Training takes the same steps from the same state, so it would end in the same place.

    Args:
      recorded: the config by which the run has trained so far; None: there is no run.
      images_so_far: images that the state from which training would continue has been shown.
    """
    if recorded is None:
        return None
    ended = [
        entry
        for entry in GuardLog(run.guard).read()
        if entry["signal"] == "non_finite"
        and entry["did"] == "noted"
        and entry["images_shown"] > images_so_far
    ]
    is_handled = config.guard.on_non_finite != "stop"
    if not ended or is_handled or config_differences(recorded, config):
        return None
    what = ended[-1]["detail"]
    # Earlier versions noted the names alone.
    if not what.endswith(("not finite", f"beyond {LARGEST_LOSS:g}")):
        what += " not finite"
    return f"{what} at {ended[-1]['images_shown'] / 1000:g} kimg"
