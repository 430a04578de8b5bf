"""Weights & Biases. Its environment variables hold, such as WANDB_PROJECT and WANDB_MODE."""

import os
import secrets
from collections.abc import Mapping
from typing import Any

from PIL import Image

from gan_cli.run.loggers.log import Log, LogEnding, LoggedRun

_PROJECT = "gan-cli"


class WandbLog:
    """A run of Weights & Biases, whose figures stand over the kimg that were shown.

    W&B counts calls by a step of its own, which cannot go back; a run that resumes from a
    checkpoint or rolls back does.
    """

    def __init__(self, run: Any, is_own: bool):
        self._run, self._is_own = run, is_own
        self.id = run.id
        self.address = f"{run.dir} (wandb sync sends it)" if run.offline else run.url
        run.define_metric("kimg")
        run.define_metric("*", step_metric="kimg")

    def scalars(self, images_shown: int, values: Mapping[str, float]) -> None:
        self._run.log({"kimg": images_shown / 1000, **values})

    def grid(self, images_shown: int, grid: Image.Image) -> None:
        import wandb

        self._run.log({"kimg": images_shown / 1000, "samples": wandb.Image(grid)})

    def close(self, ending: LogEnding) -> None:
        if self._is_own:
            self._run.finish(exit_code=int(ending == LogEnding.FAILED))


def open_log(run: LoggedRun) -> Log:
    """Starts or continues a run, or joins the one that this process has open."""
    # Not before it is needed: it is an extra, and takes a second.
    import wandb

    if wandb.run is not None:
        # As in a sweep, where W&B's agent begins the run.
        wandb.run.config.update(run.config, allow_val_change=True)
        return WandbLog(wandb.run, is_own=False)
    opened = wandb.init(
        project=os.environ.get("WANDB_PROJECT") or _PROJECT,
        name=os.environ.get("WANDB_NAME") or run.name,
        id=run.known_id or os.environ.get("WANDB_RUN_ID") or secrets.token_hex(4),
        resume="allow",
        dir=os.environ.get("WANDB_DIR") or run.folder,
        config=run.config,
        allow_val_change=True,
        # It would take over standard output, where the progress is drawn.
        settings=wandb.Settings(console="off", silent=True),
    )
    return WandbLog(opened, is_own=True)
