"""Choice by name: one table per family of interchangeable parts.

A table maps the name that a config uses to `module:attribute`, so that listing and checking names
imports nothing heavy, and the implementation is imported only when it is used.
"""

import difflib
import importlib
from collections.abc import Mapping
from typing import Any

from gan_cli.errors import UserError


class Registry:
    """The known implementations of one kind of part, by name.

    A name that holds a colon is taken as the user's own `module:attribute`.
    """

    def __init__(self, kind: str, entries: Mapping[str, str]):
        self.kind = kind
        self._entries = dict(entries)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def problem(self, name: str) -> str | None:
        """Returns what is wrong with `name`, in one line, or None where it is known."""
        if name in self._entries or ":" in name:
            return None
        near = difflib.get_close_matches(name, self._entries, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        return f"unknown {self.kind} '{name}'{hint} (known: {', '.join(self._entries)})"

    def load(self, name: str) -> Any:
        """Imports and returns the implementation.

        Raises:
          UserError: the name is unknown, or the user's own path cannot be imported.
        """
        problem = self.problem(name)
        if problem:
            raise UserError(problem)
        if name in self._entries:
            return _import(self._entries[name])
        try:
            return _import(name)
        except (ImportError, AttributeError, ValueError) as error:
            raise UserError(f"{self.kind} '{name}': cannot be imported: {error}") from error


def _import(path: str) -> Any:
    module, attribute = path.split(":")
    return getattr(importlib.import_module(module), attribute)
