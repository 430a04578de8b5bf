"""Collections of short strings."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gan_cli.data.collection import Collection
from gan_cli.domains.tokens import MOST_CHARACTERS, encode
from gan_cli.errors import UserError
from gan_cli.io.memory import machine_memory

# Part of the identity. Raise it with every change to how strings are prepared.
_VERSION = 1
_SHOWN = 8


@dataclass(frozen=True)
class Labelled:
    """A string, and the class that it belongs to."""

    text: str
    label: int | None = None


@dataclass(frozen=True)
class TextForm:
    """How strings are brought to one form; see the config's section `data.text`."""

    length: int | None
    case: str
    on_long: str
    alphabet: str | None


@dataclass(frozen=True)
class Prepared:
    """Strings of one form, each once in its class.

    Attributes:
      notes: a sentence for each thing that preparation does to the strings.
    """

    strings: tuple[Labelled, ...]
    alphabet: str
    length: int
    notes: tuple[str, ...]

    def collection(self, class_names: tuple[str, ...], identity: str) -> Collection:
        """Returns the strings as tokens; equal ones are all trained on or all held out."""
        texts = [each.text for each in self.strings]
        if len(texts) * self.length > machine_memory() // 4:
            raise UserError(
                f"data.length: {len(texts):,} lines of {self.length:,} characters take more than a"
                " quarter of this machine's memory; take fewer lines or a smaller length"
            )
        tokens = encode(texts, self.alphabet, self.length)
        labels = None
        if class_names:
            labels = np.array([each.label for each in self.strings], np.int32)
        facts = repr((_VERSION, identity, self.alphabet, self.length)).encode()
        return Collection(
            count=len(tokens),
            read=lambda index: tokens[index],
            describe=lambda index: repr(texts[index]),
            labels=labels,
            class_names=class_names,
            identity=hashlib.sha256(facts + tokens.tobytes()).hexdigest(),
            images=tokens,
            content=lambda index: texts[index].encode(),
            notes=self.notes,
        )


def prepare_strings(found: Sequence[Labelled], form: TextForm, longest: int) -> Prepared:
    """Brings strings to one form.

    Args:
      longest: the most characters where the form's length is open; shorter if no string has as
        many.

    Raises:
      UserError: no string is left, or they have more than 255 characters.
    """
    notes: list[str] = []

    def note(count: int, sentence: str) -> None:
        if count:
            notes.append(f"{sentence}: {count:,} of {len(found):,} lines")

    strings = [
        Labelled(each.text.lower() if form.case == "lower" else each.text, each.label)
        for each in found
        if each.text
    ]
    note(len(found) - len(strings), "left out, empty")
    length = form.length or min(max((len(each.text) for each in strings), default=1), longest)
    long = sum(len(each.text) > length for each in strings)
    if form.on_long == "cut":
        strings = [Labelled(each.text[:length], each.label) for each in strings]
        note(long, f"cut off after {length} characters (data.length)")
    else:
        strings = [each for each in strings if len(each.text) <= length]
        note(long, f"left out, longer than {length} characters (data.length, data.on_long)")
    before = len(strings)
    strings = list(dict.fromkeys(strings))
    note(before - len(strings), "left out, repeats of a line before")
    if form.alphabet is not None:
        before, known = len(strings), set(form.alphabet)
        strings = [each for each in strings if set(each.text) <= known]
        note(before - len(strings), "left out, with characters outside data.alphabet")
    if not strings:
        raise UserError(f"data: no line is left of {len(found):,}; {'; '.join(notes) or 'empty'}")
    alphabet = form.alphabet or _alphabet_of(strings)
    return Prepared(tuple(strings), alphabet, max(length, 2), tuple(notes))


def _alphabet_of(strings: Sequence[Labelled]) -> str:
    lines_with = Counter(character for each in strings for character in set(each.text))
    if len(lines_with) > MOST_CHARACTERS:
        rarest = sorted(lines_with, key=lambda character: (lines_with[character], character))
        few = rarest[: len(lines_with) - MOST_CHARACTERS]
        shown = ", ".join(repr(each) for each in few[:_SHOWN])
        raise UserError(
            f"data.alphabet: the lines have {len(lines_with):,} different characters, of which at"
            f" most {MOST_CHARACTERS} can be learnt; the rarest {len(few):,} are {shown}"
            f"{' ...' if len(few) > _SHOWN else ''}; leave such lines out by naming the characters"
            " to keep, or set data.case to 'lower'"
        )
    return "".join(sorted(lines_with))
