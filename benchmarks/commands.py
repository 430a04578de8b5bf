"""The commands as a user gives them, for benchmarks that go through them."""

import subprocess
import sys


def call(command: str, *arguments: str, quiet: bool = False) -> None:
    """Runs `gan-COMMAND` to its end; an exit status other than 0 ends the benchmark."""
    subprocess.run(
        [sys.executable, "-m", f"gan_cli.cli.{command}", *arguments],
        check=True,
        stdout=subprocess.DEVNULL if quiet else None,
    )
