"""MLflow, where its environment variables say, such as MLFLOW_TRACKING_URI."""

import os
import re
import time
from collections.abc import Mapping
from typing import Any

from PIL import Image

from gan_cli.run.loggers.log import Log, LogEnding, LoggedRun

_EXPERIMENT = "gan-cli"
# Bounds of one call and of one value.
_MOST_PARAMS = 100
_LONGEST_VALUE = 500
_STATUS = {
    LogEnding.FINISHED: "FINISHED",
    LogEnding.STOPPED: "KILLED",
    LogEnding.FAILED: "FAILED",
}


class MlflowLog:
    """A run of MLflow; the step of its metrics is the number of images shown."""

    def __init__(self, client: Any, run_id: str, address: str, is_own: bool):
        self._client, self._is_own = client, is_own
        self.id, self.address = run_id, address

    def scalars(self, images_shown: int, values: Mapping[str, float]) -> None:
        from mlflow.entities import Metric

        now = round(time.time() * 1000)
        metrics = [
            Metric(_allowed(name), value, now, images_shown) for name, value in values.items()
        ]
        self._client.log_batch(self.id, metrics=metrics)

    def grid(self, images_shown: int, grid: Image.Image) -> None:
        self._client.log_image(self.id, grid, key="samples", step=images_shown)

    def close(self, ending: LogEnding) -> None:
        if self._is_own:
            self._client.set_terminated(self.id, _STATUS[ending])


def open_log(run: LoggedRun) -> Log:
    """Starts or continues a run, or joins the one that this process has open."""
    # Not before it is needed: it is an extra, and takes a second.
    import mlflow
    from mlflow import MlflowClient
    from mlflow.entities import Param

    client = MlflowClient()
    active = mlflow.active_run()
    is_own = active is None
    if active is not None:
        run_id = active.info.run_id
    elif run.known_id is not None:
        run_id = run.known_id
        client.update_run(run_id, status="RUNNING")
    else:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or _EXPERIMENT
        experiment = client.get_experiment_by_name(name)
        experiment_id = (
            client.create_experiment(name) if experiment is None else experiment.experiment_id
        )
        run_id = client.create_run(experiment_id, run_name=run.name).info.run_id
    if run_id != run.known_id:
        # The parameters of a run cannot change, so those of its first process stay.
        params = [
            Param(_allowed(key), str(value)[:_LONGEST_VALUE])
            for key, value in run.flat_config().items()
        ]
        for start in range(0, len(params), _MOST_PARAMS):
            client.log_batch(run_id, params=params[start : start + _MOST_PARAMS])
    where = mlflow.get_tracking_uri()
    if where.startswith("http"):
        experiment_id = client.get_run(run_id).info.experiment_id
        where = f"{where.rstrip('/')}/#/experiments/{experiment_id}/runs/{run_id}"
    return MlflowLog(client, run_id, where, is_own)


def _allowed(name: str) -> str:
    """Returns a name without the characters that MLflow refuses."""
    return re.sub(r"[^\w\-. /]", "_", name)
