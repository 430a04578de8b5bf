"""Values as text: read, written, refused."""

import pytest

from gan_cli.errors import UserError
from gan_cli.studio.texts import (
    move_text,
    parse_classes,
    parse_move,
    parse_seeds,
    parse_shape,
    quoted_class,
    seeds_text,
    shape_text,
)


@pytest.mark.parametrize(
    ("text", "seeds"), [("0-3", [0, 1, 2, 3]), ("7", [7]), ("1, 5,8-9", [1, 5, 8, 9])]
)
def test_seeds(text, seeds):
    assert list(parse_seeds(text)) == seeds
    assert list(parse_seeds(seeds_text(seeds))) == seeds


def test_seeds_are_written_shortly():
    assert seeds_text([0, 1, 2, 3, 9]) == "0-3,9"
    assert seeds_text(range(11, 17)) == "11-16"
    assert seeds_text([]) == ""
    assert seeds_text(range(7, 8)) == "7"
    assert seeds_text(range(5, 5)) == ""
    assert seeds_text(range(5, 9, 3)) == "5,8"


def test_a_range_is_written_without_counting_it():
    assert seeds_text(range(10**15)) == "0-999999999999999"


@pytest.mark.parametrize("text", ["", "a", "3-", "-1", "5-3", "1,,2"])
def test_malformed_seeds_are_refused(text):
    with pytest.raises(UserError) as caught:
        parse_seeds(text)
    assert caught.value.key == "seeds"


@pytest.mark.parametrize("text", ["5,0-999999999999", "0-1000000"])
def test_seeds_without_bound_are_refused(text):
    with pytest.raises(UserError, match="more than 1,000,000"):
        parse_seeds(text)
    assert len(parse_seeds("0-999999")) == 1_000_000


def test_shapes():
    assert parse_shape("8x10") == parse_shape("8X10") == (8, 10)
    assert shape_text((8, 10)) == "8x10"
    for text in ("8", "0x8", "8x", "ax8", "8x8x8", "-1x8", "²x²"):
        with pytest.raises(UserError, match="must be ROWSxCOLUMNS"):
            parse_shape(text)


def test_classes():
    assert parse_classes("all") == "all"
    assert parse_classes("0, cat") == ("0", "cat")
    # As before: what is not quoted as a whole stands for itself.
    assert parse_classes('a"b, "c') == ('a"b', '"c')


@pytest.mark.parametrize("name", ["all", "a,b", " x ", '"', '"a","b"', "", "a b", "é"])
def test_every_name_of_a_class_can_be_asked_for(name):
    assert parse_classes(f"0,{quoted_class(name)} , cat") == ("0", name, "cat")
    assert parse_classes(quoted_class(name)) == (name,)
    assert (quoted_class(name) == name) == (name in ("a b", "é", ""))


def test_moves_keep_every_digit():
    move = {2: 1.5, 7: -1.0, 1: 0.1 + 0.2}
    assert move_text(move) == "2:1.5,7:-1,1:0.30000000000000004"
    assert parse_move(move_text(move)) == move
    for text in ("", "1", "1:", "a:1", "0:1", "1:nan", "1:1,1:2", "1:2:3"):
        with pytest.raises(UserError, match="must be such as 1:2,3:-0"):
            parse_move(text)
