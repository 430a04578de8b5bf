"""A command's manual page, in the language of man (troff's macros `man`)."""

from collections.abc import Sequence

from gan_cli.shell.interface import FlagFacts, Part


def manual(command: str, version: str, parts: Sequence[Part]) -> str:
    """Returns the page.

    Args:
      parts: the first one's text begins with a line `COMMAND: what it does.`, and examples follow;
        the texts of the others are headings.
    """
    first, *others = parts
    summary, *examples = first.about.splitlines()
    summary = summary.removeprefix(f"{command}: ").rstrip(".")
    lines = [
        f'.TH {_text(command.upper())} 1 "" "gan-cli {version}" "User Commands"',
        ".SH NAME",
        f"{_text(command)} \\- {_text(summary)}",
        ".SH SYNOPSIS",
        f".B {_text(command)}",
        "[FLAGS] [ARGUMENTS]",
        ".SH EXAMPLES",
        ".nf",
        *(_text(line) for line in examples if line.strip()),
        ".fi",
        ".SH FLAGS",
        *(line for flag in first.flags for line in _flag(flag)),
    ]
    for part in others:
        lines += [".SS " + _text(" ".join(part.about.split()))]
        lines += [line for flag in part.flags for line in _flag(flag)]
    lines += [
        ".SH EXIT STATUS",
        "0: done. 2: wrong flags or input; one line on standard error says what is wrong.",
        "130: interrupted.",
    ]
    return "\n".join(lines) + "\n"


def _flag(flag: FlagFacts) -> list[str]:
    value = "=" + ("|".join(flag.choices) if flag.choices else "...") if flag.takes_value else ""
    names = ", ".join(flag.names)
    return [".TP", f".B {_text(names + value)}", _text(" ".join(flag.about.split()))]


def _text(text: str) -> str:
    """Returns text that troff shows as it is."""
    shown = text.replace("\\", "\\(rs").replace("-", "\\-")
    shown = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in shown)
    # A line that begins with a dot or an apostrophe would be a request.
    return f"\\&{shown}" if shown[:1] in (".", "'") else shown
