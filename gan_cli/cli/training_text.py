"""What gan-train prints and returns when it ends, and what a dry run prints."""

from rich.console import Console
from rich.table import Table

from gan_cli.cli.console import PlainConsole
from gan_cli.experiment.dry_run import Description
from gan_cli.experiment.outcome import DIVERGED_STATUS, Outcome
from gan_cli.listener import Listener
from gan_cli.run.directory import RunDirectory

STOPPED_BY_SIGNAL = 128
_MEBIBYTE = 2**20


def exit_status(outcome: Outcome) -> int:
    """Returns gan-train's exit status: 0 finished, 1 diverged, 128 + N stopped by signal N."""
    if outcome.trouble is not None:
        return DIVERGED_STATUS
    return 0 if outcome.signal is None else STOPPED_BY_SIGNAL + outcome.signal


def print_ending(outcome: Outcome, listener: Listener) -> None:
    """Says where the run's files are, and how to continue."""
    if outcome.trouble is not None:
        listener.message(
            f"training diverged: {outcome.trouble}. The last checkpoint was saved before that; a"
            " lower learning rate or a larger gamma may help."
        )
        return
    run = RunDirectory(outcome.run_dir)
    listener.message(f"done: {run.samples}, {run.report}")
    listener.message("what the words and figures of training mean: docs/stability.md")
    if outcome.signal is not None:
        listener.message(
            f"stopped by {outcome.signal.name} after saving; run the same command to continue from"
            f" {outcome.images_shown / 1000:g} kimg"
        )


def print_description(description: Description, verbose: bool) -> None:
    """Prints what a dry run found: data, device, time; if `verbose`, config and layers too."""
    console = PlainConsole()
    for line in description.overview:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if verbose:
        _print_details(description, console)
    first = f"the first batch of real {description.samples}: {description.picture}"
    console.print(first, soft_wrap=True, markup=False)
    if not verbose:
        console.print("the full config, layers and memory: --verbose", markup=False)


def _print_details(description: Description, console: Console) -> None:
    console.print(description.config, highlight=False, markup=False, soft_wrap=True)
    networks = description.generator, description.discriminator
    table = Table("network", "parameters", "FLOPs per sample, forward", "activations per sample")
    for network in networks:
        console.print(network.summary, highlight=False, markup=False, soft_wrap=True)
        table.add_row(
            network.name,
            f"{network.parameters:,}",
            f"{network.flops:,}",
            f"{network.activation_bytes / _MEBIBYTE:.2f} MiB",
        )
    console.print(table)
    console.print(
        f"memory, estimated: {description.state_bytes / _MEBIBYTE:.0f} MiB of weights, averages and"
        f" optimiser slots, {description.activation_bytes / _MEBIBYTE:.0f} MiB of activations at"
        f" batch {description.batch_size}, {description.image_bytes / _MEBIBYTE:.0f} MiB of data",
        soft_wrap=True,
    )
