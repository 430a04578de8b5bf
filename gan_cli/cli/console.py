"""Consoles that show what comes from outside as text, whatever it holds."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.segment import Segment

from gan_cli.io.streams import printable


class PlainConsole(Console):
    """Escapes control characters in names, values and messages; its own styles stay."""

    def render(self, renderable: Any, options: Any = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            is_own = segment.control is not None
            yield segment if is_own else Segment(printable(segment.text), segment.style)
