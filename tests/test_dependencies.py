"""The list that `make audit` compares with advisories names all that gets installed."""

import importlib.metadata
import re
from pathlib import Path

from packaging.requirements import Requirement

CONSTRAINTS = Path(__file__).parent.parent / ".ci" / "constraints.txt"


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(name, extras, found):
    """Adds to `found` what a distribution needs, and what that needs in its turn."""
    for line in importlib.metadata.requires(name) or ():
        requirement = Requirement(line)
        marker = requirement.marker
        if marker and not any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            continue
        key = normal(requirement.name), frozenset(requirement.extras)
        if key not in found:
            found.add(key)
            needed(requirement.name, requirement.extras, found)
    return {name for name, _ in found}


def test_every_dependency_of_a_dependency_is_pinned_to_one_version():
    lines = [line.strip() for line in CONSTRAINTS.read_text().splitlines()]
    pins = [line.partition(";")[0] for line in lines if line and line[0] != "#"]
    assert all(re.fullmatch(r"[\w.-]+==[\w.+]+", pin.strip()) for pin in pins)
    pinned = {normal(pin.partition("==")[0]) for pin in pins}
    everything = needed("gan-cli", ("dev", "docs"), set())
    assert {"tensorflow", "numpy", "hypothesis"} <= everything
    # It is part of every Python, and the environment's own.
    assert everything - {"setuptools", "wheel", "pip"} <= pinned
