"""Scripts that complete a command's flags, their values and file names, for three shells."""

import re
from collections.abc import Sequence

from gan_cli.errors import UserError
from gan_cli.shell.interface import FlagFacts

SHELLS = ("bash", "zsh", "fish")


def completion(shell: str, command: str, flags: Sequence[FlagFacts]) -> str:
    """Returns the script, which the shell reads as it starts.

    Raises:
      UserError: there is no script for such a shell.
    """
    if shell not in SHELLS:
        raise UserError(f"must be one of {', '.join(SHELLS)}, got '{shell}'", key="completion")
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](command, flags)


def _bash(command: str, flags: Sequence[FlagFacts]) -> str:
    function = "_" + command.replace("-", "_")
    cases = [
        f"    --{flag.name}) "
        f'COMPREPLY=($(compgen -W "{" ".join(flag.choices)}" -- "$word")); return;;'
        for flag in flags
        if flag.choices
    ]
    valued = "|".join(f"--{flag.name}" for flag in flags if flag.takes_value and not flag.choices)
    names = " ".join(name for flag in flags for name in flag.names)
    lines = [
        f"{function}() {{",
        '  local word="${COMP_WORDS[COMP_CWORD]}" flag="${COMP_WORDS[COMP_CWORD-1]}"',
        "  # Bash takes the = of --flag=value for a word of its own.",
        '  if [[ $word == "=" ]]; then',
        '    word=""',
        '  elif [[ $flag == "=" ]]; then',
        '    flag="${COMP_WORDS[COMP_CWORD-2]}"',
        "  fi",
        '  case "$flag" in',
        *cases,
        f'    {valued}) COMPREPLY=($(compgen -f -- "$word")); compopt -o filenames; return;;',
        "  esac",
        "  if [[ $word == -* ]]; then",
        f'    COMPREPLY=($(compgen -W "{names}" -- "$word"))',
        "  else",
        '    COMPREPLY=($(compgen -f -- "$word")); compopt -o filenames',
        "  fi",
        "}",
        f"complete -F {function} {command}",
    ]
    return "\n".join(lines) + "\n"


def _zsh(command: str, flags: Sequence[FlagFacts]) -> str:
    function = "_" + command.replace("-", "_")
    lines = [f"#compdef {command}", f"{function}() {{", "  _arguments -s \\"]
    for flag in flags:
        # Brackets and colons divide the parts of a specification.
        about = re.sub(r"([\[\]:\\])", r"\\\1", _first_sentence(flag.about))
        values = f"({' '.join(flag.choices)})" if flag.choices else "_files"
        for name in flag.names:
            value = f"=[{about}]:value:{values}" if flag.takes_value else f"[{about}]"
            lines.append(f"    {_quoted(f'*{name}{value}')} \\")
    lines += ["    '*:file:_files'", "}", f"compdef {function} {command}"]
    return "\n".join(lines) + "\n"


def _fish(command: str, flags: Sequence[FlagFacts]) -> str:
    lines = []
    for flag in flags:
        for name in flag.names:
            line = f"complete -c {command} -l {name.removeprefix('--')}"
            if flag.choices:
                line += f" -x -a {_quoted_for_fish(' '.join(flag.choices))}"
            elif flag.takes_value:
                line += " -r"
            lines.append(f"{line} -d {_quoted_for_fish(_first_sentence(flag.about))}")
    return "\n".join(lines) + "\n"


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\w)[.:;] ", " ".join(text.split()))[0].rstrip(".")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _quoted_for_fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
