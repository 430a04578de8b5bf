"""Choice by name: one table per family of interchangeable parts.

A table maps the name that a config uses to `module:attribute`, so that listing and checking names
imports nothing heavy, and the implementation is imported only when it is used.
"""

import contextlib
import difflib
import importlib
import sys
from collections.abc import Iterator, Mapping
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
    """

    def __init__(
        self,
        kind: str,
        entries: Mapping[str, str],
        of: str | None = None,
        or_function: bool = False,
    ):
        self.kind = kind
        self._entries = dict(entries)
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
            if len(parts) == 2 and all(part.strip() == part != "" for part in parts):
                return None
            return f"{self.kind} '{name}': your own part is named as module:attribute"
        near = difflib.get_close_matches(name, self._entries, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        return f"unknown {self.kind} '{name}'{hint} (known: {', '.join(self._entries)})"

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
            elif not isinstance(error, ImportError | AttributeError | ValueError):
                reason = f"{type(error).__name__}: {reason}"
            raise UserError(f"{self.kind} '{name}': cannot be imported: {reason}") from error
        self._check(name, found)
        return found

    def _check(self, name: str, found: Any) -> None:
        # A class is callable, but not what a config can name.
        if self._or_function and callable(found) and not isinstance(found, type):
            return
        wanted = [] if self._of is None else [self._of.replace(":", ".")]
        if self._of is not None and isinstance(found, _import(self._of)):
            return
        wanted += ["a function"] if self._or_function else []
        got = f"the class {found.__name__}" if isinstance(found, type) else _a(type(found).__name__)
        raise UserError(f"{self.kind} '{name}': must be {' or '.join(wanted)}, got {got}")


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
