"""What the three commands share: flags, one line for each error, and a quiet TensorFlow."""

import errno
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from absl import app, flags, logging

from gan_cli import __version__
from gan_cli.errors import UserError
from gan_cli.io.streams import ReportLine, lasting_output, lost_output, printable
from gan_cli.shell.interface import FlagFacts, Part
from gan_cli.tensorflow_setup import shows_lines

USAGE_ERROR = 2
INTERRUPTED = 130
_WIDEST_HELP = 100
# Keras imports these where they are installed, for wrappers and plots that nothing here uses.
_OPTIONAL_TO_KERAS = ("sklearn", "pandas", "matplotlib.pyplot")


@dataclass(frozen=True)
class Section:
    """A part of the help text: what some flags are for, and their names."""

    text: str
    flags: Sequence[str]


def run(
    main: Callable[[Sequence[str]], int | None],
    sections: Sequence[Section] = (),
    takes_arguments: bool = False,
    needs_output: bool = True,
) -> None:
    """Parses the flags, calls `main`, and exits with the status that it returns.

    A `UserError`, or a file or a disk that cannot be used, becomes lines on standard error and exit
    status 2; Ctrl-C becomes exit status 130. Any other exception is a fault of the program and
    keeps its traceback. Work goes on where its output cannot be written.

    Args:
      main: a function of the module that defines the command's flags; the module's docstring
        describes the command.
      sections: parts of the help text; by default one, for the flags of `main`'s module.
      takes_arguments: whether `main` uses arguments that are not flags.
      needs_output: whether a lost line of output makes the exit status 2.
    """

    def status_of(argv: Sequence[str]) -> int:
        try:
            if len(argv) > 1 and not takes_arguments:
                raise UserError(f"unexpected argument '{argv[1]}'; flags start with --")
            return main(argv) or 0
        except UserError as error:
            flag = f"--{error.key}: " if error.key else ""
            for problem in error.problems:
                _say_error(flag + problem)
            return USAGE_ERROR
        except OSError as error:
            if not error.strerror or error.errno == errno.EBADF:
                raise
            _say_error(f"{error.filename or 'a file'}: {error.strerror}")
            return USAGE_ERROR
        except KeyboardInterrupt:
            print(f"{_command()}: interrupted", file=sys.stderr)
            return INTERRUPTED

    with lasting_output() as output:
        try:
            own = sections or [_section_of(sys.modules[main.__module__])]
            said = _about_itself(sys.argv[1:], own)
            if said is None:
                app.run(status_of, flags_parser=_parse_flags)
            print(said)
            needs_output = True
            status: int | str | None = 0
        except UserError as error:
            _say_error(f"--{error.key}: {error.problems[0]}")
            status = USAGE_ERROR
        except SystemExit as end:
            status = end.code
        lost = lost_output(output)
        if lost is not None:
            _say_error(lost)
    sys.exit(USAGE_ERROR if lost is not None and needs_output and not status else status)


def _command() -> str:
    """Returns the command's name, also where it was started as `python -m gan_cli.cli.train`."""
    return "gan-" + Path(sys.argv[0]).stem.removeprefix("gan-")


def _parse_flags(argv: Sequence[str]) -> list[str]:
    try:
        return flags.FLAGS(argv)
    except (flags.Error, ValueError) as error:  # Abseil raises both: `--nodry_run=1`.
        message = " ".join(line.strip() for line in str(error).splitlines())
        missing = re.match(r"flag --(\w+)=None: .*must have a value", message)
        if missing:
            message = f"--{missing[1]} is required"
        _say_error(f"{message}; see {_command()} --help")
        sys.exit(USAGE_ERROR)


def _say_error(problem: str) -> None:
    """Prints one line, with control characters escaped: they could steer the terminal."""
    print(f"{_command()}: error: {printable(problem)}", file=sys.stderr)


def say(text: str) -> None:
    """Prints lines to standard output, with control characters escaped."""
    print(printable(text))


def _section_of(module: ModuleType) -> Section:
    names = [flag.name for flag in flags.FLAGS.get_key_flags_for_module(module)]
    return Section((module.__doc__ or "").strip(), names)


def _part_of(section: Section) -> Part:
    return Part(section.text, [_facts_of(flags.FLAGS[name]) for name in section.flags])


def _facts_of(flag: flags.Flag) -> FlagFacts:
    choices = tuple(getattr(flag.parser, "enum_values", None) or ())
    # Abseil adds the choices, and that a flag may be repeated, to the text itself.
    text = str(flag.help).partition(";\n")[0].removeprefix(f"<{'|'.join(choices) or '...'}>: ")
    default = None if flag.default in (None, [], False) else str(flag.default)
    can_be_off = flag.boolean and bool(flag.default)
    return FlagFacts(flag.name, text, choices, not flag.boolean, can_be_off, default)


def _about_itself(arguments: Sequence[str], sections: Sequence[Section]) -> str | None:
    """Returns what a command says about itself, if that is what it is asked for.

    Raises:
      UserError: there is no completion for the shell.
    """
    if "--version" in arguments:
        return f"gan-cli {__version__}"
    # Abseil's own help shows the flags of every imported module, and exits with 1.
    asked = re.compile(r"-h|--?help|--man|--completion.*").fullmatch
    wanted = next(filter(asked, arguments), None)
    if wanted is None:
        return None
    # Imported here, so that no other call waits for it.
    from gan_cli.shell.about import about

    width = min(shutil.get_terminal_size().columns, _WIDEST_HELP)
    return about(wanted.lstrip("-"), _command(), __version__, [*map(_part_of, sections)], width)


def import_tensorflow(first: Callable[[], object] = lambda: None) -> None:
    """Imports TensorFlow quietly; see `quiet_tensorflow`."""
    from gan_cli.io.quiet_imports import draw_into_files, quiet_tensorflow

    draw_into_files()
    logging.set_verbosity(logging.WARNING)
    logging.get_absl_handler().setFormatter(ReportLine(_command()))
    quiet_tensorflow(shows_lines(), first, _OPTIONAL_TO_KERAS)
