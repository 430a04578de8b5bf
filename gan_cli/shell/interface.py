"""What the shell's completion and the manual know about a command."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FlagFacts:
    """A flag, as its users see it.

    Attributes:
      about: its help text.
      choices: the values that it takes; empty: any.
      takes_value: whether a value follows; a switch has none.
      can_be_off: whether `--noNAME` switches it off.
      default: the value where none is given; None: none.
    """

    name: str
    about: str
    choices: Sequence[str] = ()
    takes_value: bool = True
    can_be_off: bool = False
    default: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Its names with dashes: of a switch that is on by default, the one that is off, too."""
        names = [self.name, *([f"no{self.name}"] if self.can_be_off else [])]
        return tuple(f"--{name}" for name in names)


@dataclass(frozen=True)
class Part:
    """A part of a command's help: what some flags are for, and the flags."""

    about: str
    flags: Sequence[FlagFacts]
