"""A command's help text, no wider than the terminal."""

import textwrap
from collections.abc import Sequence

from gan_cli.shell.interface import FlagFacts, Part

_CLOSING = (
    "Every command also takes --version; --man prints its manual page, and --completion=bash, zsh"
    " or fish the script that completes its flags in that shell."
)


def help_text(parts: Sequence[Part], width: int) -> str:
    """Returns the parts, one below the other, in lines of at most `width` characters."""
    closing = "\n".join(_wrapped(_CLOSING, width, ""))
    return "\n\n".join([*(_part(part, width) for part in parts), closing])


def _part(part: Part, width: int) -> str:
    lines = [*_wrapped(part.about, width, ""), "", "flags:"]
    for flag in part.flags:
        lines += _flag(flag, width)
    return "\n".join(lines)


def _flag(flag: FlagFacts, width: int) -> list[str]:
    # A switch that is off by default need not be switched off.
    name = f"--{'[no]' if flag.can_be_off else ''}{flag.name}"
    if flag.takes_value:
        name += "=" + ("|".join(flag.choices) if flag.choices else "...")
    default = f" (default: {flag.default})" if flag.default is not None else ""
    return [
        *(line.replace("| ", "|") for line in _wrapped(name.replace("|", "| "), width, "  ")),
        *_wrapped(f"{flag.about}{default}", width, " " * 6),
    ]


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    """Returns lines of at most `width` characters; a single longer word stays whole."""
    lines: list[str] = []
    for line in text.splitlines():
        lines += textwrap.wrap(
            line,
            width,
            initial_indent=indent,
            subsequent_indent=indent + "    " * line.startswith(("gan-", "--")),
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return lines
