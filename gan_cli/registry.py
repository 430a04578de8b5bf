"""Choice by name: one table per family of interchangeable parts.

A table maps the name that a config uses to `module:attribute`, so that listing and checking names
imports nothing heavy, and the implementation is imported only when it is used.
"""

import contextlib
import difflib
import importlib
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gan_cli.errors import UserError, first_line

# Folders of the config files that were read. The user's own modules may be there.
_config_folders: list[Path] = []


def look_in(folder: Path) -> None:
    """Lets `module:attribute` name modules in a folder, from now on.

    A module is looked for among the installed ones first, then in these folders, then in the
    working folder. Nothing there is imported unless a config names it.
    """
    absolute = folder.absolute()
    if absolute not in _config_folders:
        _config_folders.append(absolute)


class Registry:
    """The known implementations of one kind of part, by name.

    A name that holds a colon is taken as the user's own `module:attribute`.

    Args:
      kind: what the parts are, for messages.
      entries: `module:attribute` of gan-cli's own parts, by name.
      of: `module:Class` that every part is an instance of; None: whatever is callable.
      or_function: whether a part may be a function in place of an instance.
      calls: the functions that a part holds, by attribute, and the arguments that each is called
        with, such as `real_logits, fake_logits`; '' stands for a part that is a function itself.
    """

    def __init__(
        self,
        kind: str,
        entries: Mapping[str, str],
        of: str | None = None,
        or_function: bool = False,
        calls: Mapping[str, str] | None = None,
    ):
        self.kind = kind
        self._entries, self._calls = dict(entries), dict(calls or {})
        self._of, self._or_function = of, or_function or of is None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def problem(self, name: str) -> str | None:
        """Returns what is wrong with `name`, in one line, or None where it is known."""
        if name in self._entries:
            return None
        if ":" in name:
            parts = name.split(":")
            if len(parts) != 2 or not all(part.strip() == part != "" for part in parts):
                return f"{self.kind} '{name}': your own part is named as module:attribute"
            if not parts[0].endswith(".py"):
                return None
            module = Path(parts[0]).stem
            where = f", and put {module}.py beside the config" if "/" in parts[0] else ""
            return (
                f"{self.kind} '{name}': name the module in place of its file: {module}:{parts[1]}"
                f"{where}"
            )
        hint = did_you_mean(name, self._entries)
        known = ", ".join(self._shown_names())
        return f"unknown {self.kind} '{name}'{hint} (known: {known}; your own: module:attribute)"

    def _shown_names(self) -> list[str]:
        return [*self._entries]

    def load(self, name: str) -> Any:
        """Imports and returns the implementation.

        Raises:
          UserError: the name is unknown, or the user's own path cannot be imported or is no such
            part.
        """
        problem = self.problem(name)
        if problem:
            raise UserError(problem)
        if name in self._entries:
            return _import(self._entries[name])
        try:
            with _own_modules():
                found = _import(name)
        # A user's module may fail in any way while it is imported, and may try to end the process.
        except (Exception, SystemExit) as error:
            reason = first_line(error)
            if isinstance(error, ModuleNotFoundError) and error.name == name.split(":")[0]:
                module = name.split(":")[0]
                reason = (
                    f"there is no {module}.py in the working folder or beside the config, and no"
                    " such module is installed"
                )
            elif isinstance(error, AttributeError) and error.name == name.split(":")[1]:
                module, attribute = name.split(":")
                reason = f"{module} holds no {attribute}"
                reason += did_you_mean(attribute, [n for n in vars(error.obj) if n[0] != "_"])
            elif not isinstance(error, ImportError | AttributeError | ValueError):
                reason = f"{type(error).__name__}: {reason}"
            raise UserError(f"{self.kind} '{name}': cannot be imported: {reason}") from error
        self._check(name, found)
        return found

    def _check(self, name: str, found: Any) -> None:
        """Refuses what is no part of this kind, or cannot be called as one."""
        where = f"{self.kind} '{name}'"
        if self._of is not None and isinstance(found, _import(self._of)):
            for attribute in filter(None, self._calls):
                function = getattr(found, attribute)
                # A function that a part may do without is None, or stands there by default.
                if function is not None or _must_be_given(type(found), attribute):
                    _check_call(f"{where}: {attribute}", function, self._calls[attribute])
            return
        # A class is callable, but not what a config can name.
        if self._or_function and callable(found) and not isinstance(found, type):
            _check_call(f"{where}:", found, self._calls.get("", "..."))
            return
        wanted = [] if self._of is None else [f"{self._of.replace(':', '.')}{self._form()}"]
        wanted += ["a function"] if self._or_function else []
        got = f"the class {found.__name__}" if isinstance(found, type) else _a(type(found).__name__)
        raise UserError(f"{where}: must be {' or '.join(wanted)}, got {got}")

    def _form(self) -> str:
        """Returns what a part is made of, such as `(discriminator, generator)`."""
        assert self._of is not None
        needed = [call for call in self._calls if call and _must_be_given(_import(self._of), call)]
        return f"({', '.join(needed)})" if needed else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns a hint at the known name that is nearest, if one is near."""
    same = [each for each in known if each.lower() == name.lower()]
    near = same or difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def is_own(name: str) -> bool:
    """Returns whether a name, which a registry has loaded, may be a part of the user's own."""
    return ":" in name


@contextlib.contextmanager
def own_code(what: str, *names: str) -> Iterator[None]:
    """Within this context, an exception that the user's own code raises becomes one line.

    Args:
      what: what fails, for the message.
      names: the parts that run here; where none is the user's own, an exception stays as it is. The
        line names the place in the files of those that are.

    Raises:
      UserError: the code has raised an exception.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # A user's function may fail in any way.
        own = [name for name in names if is_own(name)]
        if not own:
            raise
        reason = f"{type(error).__name__}: {first_line(error)}{_place(error, own)}"
        raise UserError(f"{what} fails: {reason}") from error


def _place(error: BaseException, names: Sequence[str]) -> str:
    """Returns the innermost line in the folders of the user's modules: ` (my.py, line 3)`."""
    files = [getattr(sys.modules.get(name.split(":")[0]), "__file__", None) for name in names]
    folders = {os.path.dirname(file) for file in files if file}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if os.path.dirname(frame.filename) in folders:
            return f" ({os.path.basename(frame.filename)}, line {frame.lineno})"
    return ""


def _must_be_given(part: type, attribute: str) -> bool:
    return inspect.signature(part).parameters[attribute].default is inspect.Parameter.empty


def _check_call(where: str, function: Callable[..., Any], arguments: str) -> None:
    """Refuses what is no function, or cannot take these positional arguments."""
    wanted = f"must be a function of ({arguments})"
    if not callable(function):
        raise UserError(f"{where} {wanted}, got {_a(type(function).__name__)}")
    if arguments == "...":
        return
    try:
        signature = inspect.signature(function)
    except ValueError:
        # Functions written in C may not tell their arguments.
        return
    # Keyword-only parameters are options, which the part's own room checks.
    options = [p for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY]
    try:
        signature.bind(*arguments.split(", "), **dict.fromkeys(p.name for p in options))
    except TypeError as error:
        raise UserError(f"{where} {wanted}, got {_shown(function, signature)}") from error
    if _is_swapped([*signature.parameters], arguments.split(", ")):
        raise UserError(
            f"{where} {wanted}, in this order: it is called by position, and"
            f" {_shown(function, signature)} has them in another one"
        )


def _shown(function: Callable[..., Any], signature: inspect.Signature) -> str:
    name = getattr(function, "__name__", type(function).__name__)
    return f"{'a lambda of ' if name == '<lambda>' else name}{signature}"


def _is_swapped(names: Sequence[str], wanted: Sequence[str]) -> bool:
    """Returns whether an argument has the name, or its first word, of one in another place."""

    def first_words(words: Sequence[str]) -> list[str]:
        return [word.strip("_").split("_")[0] for word in words]

    ours, theirs = first_words(names), first_words(wanted)
    return any(
        name != expected and name in theirs for name, expected in zip(ours, theirs, strict=False)
    )


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _import(path: str) -> Any:
    module, attribute = path.split(":")
    return getattr(importlib.import_module(module), attribute)


@contextlib.contextmanager
def _own_modules() -> Iterator[None]:
    """Lets imports find the user's modules, after all others."""
    added = [str(folder) for folder in (*_config_folders, Path.cwd())]
    sys.path += added
    # A module that was written a moment ago may not be in the caches yet.
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for folder in added:
            # The last of its name: an import may have changed the path itself.
            del sys.path[len(sys.path) - 1 - sys.path[::-1].index(folder)]
