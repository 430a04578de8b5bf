"""Files of text of any content."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits

FUZZ = settings.get_profile("gan-cli-fuzz")
WORDS = "\r\n".join(f"name{number}" for number in range(40))
CONTENTS = {
    "mark and CRLF": f"\ufeff{WORDS}\r\n".encode(),
    "marks within": f"{WORDS}\n\ufeffa\n\u2028b\x0bc\x85d\n".encode(),
    "surrogate": WORDS.encode() + b"\n\xed\xa0\x80\n",
    "NUL": WORDS.encode() + b"\n\0\n",
    "UTF-16": WORDS.encode("utf-16"),
    "one long line": b"a" * 3_000_000,
    "long lines": b"\n".join(b"%d" % number * 20_000 for number in range(20)),
    "combining": "\n".join("e" + "\u0301" * number for number in range(60)).encode(),
    "beyond the first plane": "\n".join(chr(0x1F600 + number) for number in range(80)).encode(),
    "blank": b" \t\r\n" * 1000,
    "nothing": b"",
}


def opened(path):
    return open_splits(DataConfig.model_validate({"source": "text", "path": str(path)}))


def read_back(path):
    """Opens a file; what is sound holds the strings that it shows, each once."""
    splits = opened(path)
    strings = [
        text
        for part in (splits.train, splits.holdout)
        for text in splits.domain.decoded(part.images)
    ]
    assert len(set(strings)) == len(strings)
    lines = {line.strip() for line in path.read_bytes().decode("utf-8-sig").split("\n")}
    assert set(strings) <= lines


@pytest.mark.parametrize("kind", CONTENTS)
def test_texts_as_they_occur(tmp_path, only_user_errors, kind):
    path = tmp_path / "names.txt"
    path.write_bytes(CONTENTS[kind])
    with only_user_errors(path):
        read_back(path)


CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0\n", max_codepoint=0x17F)
LINES = st.lists(st.text(CHARACTERS, max_size=8), min_size=20, max_size=60, unique=True)
ANY = st.one_of(
    st.binary(max_size=400),
    st.text(max_size=400).map(lambda text: text.encode("utf-8", "surrogatepass")),
    LINES.map(lambda lines: "\n".join(lines).encode()),
)


@FUZZ
@given(content=ANY)
def test_any_content(tmp_path_factory, only_user_errors, content):
    path = tmp_path_factory.mktemp("any") / "names.txt"
    path.write_bytes(content)
    with only_user_errors(path):
        read_back(path)


def test_a_file_too_large_is_not_read(tmp_path):
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        # A hole: it takes no room on the disk.
        file.truncate(1_000_000_001)
    with pytest.raises(Exception, match=r"has 1,000,000,001 bytes; at most 1,000,000,000 are read"):
        opened(path)


def test_fifty_thousand_lines(tmp_path):
    path = tmp_path / "many.txt"
    rng = np.random.default_rng(0)
    words = {"".join(row) for row in rng.choice(list("abcdefgh"), (50_000, 12))}
    path.write_text("\n".join(words), encoding="utf-8")
    splits = opened(path)
    assert len(splits.train.images) + len(splits.holdout.images) == len(words)
