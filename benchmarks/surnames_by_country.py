"""Writes surnames of several countries from the package Faker, one file of text for each country.

python -m benchmarks.surnames_by_country FOLDER

Needs `pip install faker` (MIT). The files are what `configs/surnames_by_country.yaml` trains on:
each is a class. Names of several words are left out.
"""

import importlib
import sys
from pathlib import Path

from gan_cli.io.files import atomic_write

# Faker's locales with the most surnames, of languages that have capital and small letters.
COUNTRIES = {
    "austria": "de_AT",
    "croatia": "hr_HR",
    "greece": "el_GR",
    "iceland": "is_IS",
    "ireland": "en_IE",
    "italy": "it_IT",
    "netherlands": "nl_NL",
    "slovakia": "sk_SK",
    "spain": "es_ES",
}


def surnames_of(locale: str) -> list[str]:
    """Returns the surnames of one of Faker's locales, sorted."""
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    lists = [getattr(provider, name) for name in dir(provider) if name.startswith("last_name")]
    names = {name for each in lists if isinstance(each, tuple | list | dict) for name in each}
    return sorted(name for name in names if isinstance(name, str) and name.isalpha())


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for country, locale in COUNTRIES.items():
        names = surnames_of(locale)
        atomic_write(folder / f"{country}.txt", "".join(f"{name}\n" for name in names))
        print(f"{country}: {len(names):,}")


if __name__ == "__main__":
    main()
