"""gan-train: trains a GAN from one YAML file.

gan-train builtin:digits
gan-train --init mine.yaml photos/
gan-train mine.yaml --set training.kimg=100 --set seed=1
gan-train mine.yaml --seeds 0-4 --sweep training.batch_size=32,64

Lengths are in kimg: thousands of images, or of other samples, that training has shown.
"""

import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

import gan_cli
from gan_cli.cli import app
from gan_cli.errors import UserError

if TYPE_CHECKING:
    from gan_cli.config.schema import Config
    from gan_cli.experiment.sweep_plan import PlannedRun
    from gan_cli.listener import Listener

_CONFIG = flags.DEFINE_string(
    "config",
    None,
    "YAML file of the experiment, or builtin:NAME for a config that the package brings; may also be"
    " written without --config.",
)
_LIST_CONFIGS = flags.DEFINE_bool("list_configs", False, "List the configs of the package.")
_INIT = flags.DEFINE_string(
    "init", None, "Write a commented config to this file, for the folder of images that follows."
)
_CACHE = flags.DEFINE_enum(
    "cache", None, ["list", "clear"], "List what the cache holds, or remove it, and stop."
)
_RUN_DIR = flags.DEFINE_string("run_dir", None, "Run directory; by default runs/NAME.")
_SET = flags.DEFINE_multi_string("set", [], "Overrides the config: key.path=value; repeatable.")
_SEEDS = flags.DEFINE_string(
    "seeds", None, "Trains several runs, one for each seed, such as 0-4, in RUN_DIR/seed-N."
)
_SWEEP = flags.DEFINE_multi_string(
    "sweep",
    [],
    "Trains one run for each value, key.path=a,b,c, in RUN_DIR/KEY=VALUE; repeatable: every"
    " combination, with each of --seeds. Finished runs are skipped.",
)
_RESUME = flags.DEFINE_enum(
    "resume",
    "auto",
    ["auto", "never", "must"],
    "Continue from the latest checkpoint, if there is one (auto); refuse a directory that holds a"
    " run (never), or one that holds no checkpoint (must).",
)
_ACCEPT_CHANGES = flags.DEFINE_bool(
    "accept_changes", False, "Continue a run although its config or its data have changed."
)
_DRY_RUN = flags.DEFINE_bool(
    "dry_run", False, "Say what would be trained and for how long, draw real images, and stop."
)
_VERBOSE = flags.DEFINE_bool("verbose", False, "With --dry_run: full config and layers, too.")

# Starts gan-train of this very package, wherever it was imported from, and searches the working
# folder for nothing.
_START = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("gan_cli", {package!r})
sys.modules["gan_cli"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
sys.argv[0] = "gan-train"
from gan_cli.cli.train import entry_point
entry_point()
"""


def main(argv: Sequence[str]) -> int:
    # Imported here, so that --help does not wait for them.
    from gan_cli.io.quiet_imports import held_back

    # Its threads take no SIGTERM, so that it can wait where TensorFlow would swallow it.
    with held_back(signal.SIGTERM):
        import numpy  # noqa: F401
    from gan_cli.catalog import CHOICES
    from gan_cli.cli.progress import ConsoleListener
    from gan_cli.config.load import load_config
    from gan_cli.data.cache_contents import list_or_clear
    from gan_cli.data.sources.missing import refuse_missing_path
    from gan_cli.run.directory import default_run_dir

    began = time.monotonic()
    if _CACHE.value is not None:
        app.say(list_or_clear(_CACHE.value))
        return 0
    if _LIST_CONFIGS.value or _INIT.value is not None:
        _help_to_start(argv[1:])
        return 0
    config = load_config(_take_config(argv[1:]), _SET.value, CHOICES, "--set")
    refuse_missing_path(config.data)
    run_dir = Path(_RUN_DIR.value or default_run_dir(config))
    listener = ConsoleListener()
    if _SEEDS.value is not None or _SWEEP.value:
        return _train_sweep(run_dir, listener)
    return _train(config, run_dir, listener, began)


def _help_to_start(arguments: Sequence[str]) -> None:
    """Lists the package's configs, or writes one for the user's images."""
    from gan_cli.config import builtin

    if _INIT.value is None:
        for name, text in builtin.described().items():
            app.say(f"{name:26} {text}")
        return
    if len(arguments) > 1:
        raise UserError(f"takes one folder of images, got '{arguments[1]}' too", key="init")
    builtin.write_starter(_INIT.value, arguments[0] if arguments else None)
    app.say(f"written: {_INIT.value}; look at it, then: gan-train {_INIT.value} --dry_run")


def _take_config(arguments: Sequence[str]) -> str:
    """Returns the config that is named with or without --config."""
    configs = [*arguments] if _CONFIG.value is None else [_CONFIG.value, *arguments]
    if not configs:
        raise UserError("--config is required: a YAML file, or a name of --list_configs")
    if len(configs) > 1:
        raise UserError(f"unexpected argument '{configs[1]}'; the config is '{configs[0]}'")
    flags.FLAGS["config"].value = configs[0]
    return configs[0]


def _train(config: "Config", run_dir: Path, listener: "Listener", began: float) -> int:
    distribution = None

    def open_devices() -> None:
        from gan_cli.training.cluster import open_distribution

        nonlocal distribution
        distribution = open_distribution(config.training.strategy, say=listener.message)

    if _DRY_RUN.value:
        listener.message("dry run: starting TensorFlow, reading the data, building the networks")
    app.import_tensorflow(open_devices)

    from gan_cli.cli.training_text import exit_status, print_description, print_ending
    from gan_cli.experiment.experiment import Experiment
    from gan_cli.experiment.run import run_experiment

    assert distribution is not None  # `open_devices` has run.
    if _DRY_RUN.value:
        with distribution.alive():
            experiment = Experiment.open(config, run_dir, distribution, listener)
            print_description(experiment.describe(), _VERBOSE.value)
        return 0
    try:
        outcome = run_experiment(
            config,
            run_dir,
            _RESUME.value,
            _ACCEPT_CHANGES.value,
            listener,
            distribution=distribution,
            began=began,
        )
    except UserError as error:
        if error.key != _ACCEPT_CHANGES.name:
            raise
        # The lines of differences need no flag in front of them; the advice names the flag.
        advice, *differences = error.problems
        advice = advice.replace(f"pass {error.key}", f"pass --{error.key}")
        raise UserError(advice, *differences) from error
    if distribution.is_chief:
        print_ending(outcome, listener)
    return exit_status(outcome)


def _train_sweep(run_dir: Path, listener: "Listener") -> int:
    from gan_cli.catalog import CHOICES
    from gan_cli.config.load import load_config
    from gan_cli.experiment.outcome import DIVERGED_STATUS
    from gan_cli.experiment.sweep import train_runs
    from gan_cli.experiment.sweep_plan import plan_runs
    from gan_cli.studio.texts import parse_seeds

    several = "--seeds" if _SEEDS.value is not None else "--sweep"
    seeds: Sequence[int] = [] if _SEEDS.value is None else parse_seeds(_SEEDS.value)
    if _DRY_RUN.value:
        raise UserError(f"is for one run; leave {several} out", key="dry_run")
    runs = plan_runs(run_dir, _SWEEP.value, seeds)
    tried = [key for key, _ in runs[0].settings] + ["seed"] * bool(seeds)
    for override in _SET.value:
        if override.partition("=")[0].strip() in tried:
            raise UserError(f"--set {override}: cannot be combined with {several}")
    configs = [
        load_config(_CONFIG.value or "", [*_SET.value, *run.overrides], CHOICES, several)
        for run in runs
    ]
    status = train_runs(runs, configs, _command_for, listener, _RESUME.value == "auto")
    if status in (0, DIVERGED_STATUS) and _SWEEP.value:
        app.import_tensorflow()
        from gan_cli.experiment.sweep_table import sweep_table

        listener.message("\n".join(sweep_table(runs)))
    if not status:
        folders = " ".join(str(run.folder) for run in runs)
        listener.message(f"all runs are trained; gan-eval --compare {folders}")
    return status


def _command_for(run: "PlannedRun") -> list[str]:
    """Returns the command line that trains one run with this command's flags."""
    return [
        *(sys.executable, "-P", "-c", _START.format(package=gan_cli.__file__)),
        f"--config={_CONFIG.value}",
        f"--resume={_RESUME.value}",
        f"--accept_changes={_ACCEPT_CHANGES.value}",
        *(f"--set={override}" for override in [*_SET.value, *run.overrides]),
        f"--run_dir={run.folder}",
    ]


def entry_point() -> None:
    # What training writes is in the run directory.
    app.run(main, takes_arguments=True, needs_output=False)


if __name__ == "__main__":
    entry_point()
