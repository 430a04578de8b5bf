"""docs/data.md: each row of its tables is what becomes of the data that it names."""

from pathlib import Path

import pytest

from tests.docs.data_cases import rows

PAGE = Path(__file__).parents[2] / "docs" / "data.md"


def test_each_row_is_what_happens(monkeypatch, tmp_path):
    # The messages name the endings that can be read.
    pytest.importorskip("pillow_heif")
    monkeypatch.setenv("GAN_CLI_CACHE", str(tmp_path))
    found = list(rows())
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    table = [line for line in lines if line.startswith("| ") and not line.startswith("| data |")]
    # Where they differ: python -m tests.docs.data_cases prints the tables anew.
    assert [row for _, row in found] == table
    assert list(dict.fromkeys(group for group, _ in found)) == [
        line.removeprefix("### ") for line in lines if line.startswith("### ")
    ]
