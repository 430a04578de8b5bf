"""What a command says about itself: its help text, its manual page, or a completion script."""

from collections.abc import Sequence

from gan_cli.shell.completion import completion
from gan_cli.shell.help_text import help_text
from gan_cli.shell.interface import Part
from gan_cli.shell.manual import manual


def about(wanted: str, command: str, version: str, parts: Sequence[Part], width: int) -> str:
    """Returns what is asked for.

    Args:
      wanted: `h`, `help`, `man` or `completion=SHELL`.
      width: most characters of a line of the help text.

    Raises:
      UserError: there is no completion for the shell.
    """
    if wanted in ("h", "help"):
        return help_text(parts, width)
    if wanted == "man":
        return manual(command, version, parts)
    known = [flag for part in parts for flag in part.flags]
    return completion(wanted.partition("=")[2], command, known)
