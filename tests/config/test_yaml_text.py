import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gan_cli.config.yaml_text import dump, parse
from gan_cli.errors import UserError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 0.0001),
        ("2E3", 2000.0),
        (".5", 0.5),
        ("-1.5e+2", -150.0),
        (".inf", math.inf),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("-3", -3),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("no", "no"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("2024-01-01", "2024-01-01"),
        ("1e", "1e"),
        ("'1e-4'", "1e-4"),
        ("[1, 2.0, a]", [1, 2.0, "a"]),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text, value):
    parsed, _ = parse(text, "here")
    assert parsed == value
    assert type(parsed) is type(value)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    TEXTS,
    st.from_regex(r"[-+0-9eEoxX._:~]{1,6}", fullmatch=True),
    st.sampled_from(["yes", "NO", "null", "True", "off", "=", "<<", "#a", "- a", "a: b", " a"]),
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(TEXTS, st.one_of(VALUES, st.lists(VALUES, max_size=3)), max_size=4))
@example({"name": "1e5"})
@example({"name": "0o17"})
def test_dumped_values_are_read_back_the_same(value):
    parsed, _ = parse(dump(value), "here")
    assert parsed == value
    assert [type(inner) for inner in parsed.values()] == [type(inner) for inner in value.values()]


def test_every_key_and_element_has_its_line():
    _, places = parse("a:\n  b: 1\n  c:\n    - x\n    - {d: 2}\n", "f.yaml")
    assert places == {
        ("a",): "f.yaml:1",
        ("a", "b"): "f.yaml:2",
        ("a", "c"): "f.yaml:3",
        ("a", "c", "0"): "f.yaml:4",
        ("a", "c", "1"): "f.yaml:5",
        ("a", "c", "1", "d"): "f.yaml:5",
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: [1,\n", "f.yaml:3:1: malformed YAML"),
        ("a: 1\na: 2\n", "f.yaml:2:1: malformed YAML: key 'a' is given twice"),
        ("x:\n  a: 1\n  b: {c: 1, c: 2}\n", "f.yaml:3:13: malformed YAML: key 'c' is given twice"),
        ("a:\n\tb: 1\n", "f.yaml:2:1: malformed YAML"),
        ("a: 'x\n", "f.yaml:2:1: malformed YAML: while scanning a quoted scalar"),
        ("a: 1\n--- \nb: 2\n", "f.yaml:2:1: malformed YAML: expected a single document"),
        ("? [a]\n: 1\n", "f.yaml:1:3: malformed YAML: a key must be one word"),
        ("a: !!python/object/apply:os.getcwd []\n", "f.yaml:1:4: malformed YAML: could not"),
        ("a: \0\n", "f.yaml: malformed YAML"),
        ("a: " + "[" * 5000, "f.yaml: malformed YAML: maximum recursion"),
        ("a: " + "9" * 5000, "f.yaml:1:4: malformed YAML: a number of more than 100 digits"),
    ],
)
def test_malformed_text_is_one_line_with_its_place(text, problem):
    with pytest.raises(UserError) as caught:
        parse(text, "f.yaml")
    assert str(caught.value).startswith(problem)
    assert "\n" not in str(caught.value)


def test_a_list_that_holds_itself_is_refused():
    with pytest.raises(UserError, match=r"f\.yaml:1:4: malformed YAML: an alias contains itself"):
        parse("a: &x [*x]\n", "f.yaml")


def test_aliases_of_aliases_are_bounded():
    # Each line refers to the one before ten times: 10^40 leaves if every one were visited.
    lines = ["a0: &a0 [x]"] + [
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 41)
    ]
    with pytest.raises(UserError, match=r"f\.yaml:6:5: .* stand for more than 100,000 values"):
        parse("\n".join(lines), "f.yaml")
    value, places = parse("\n".join(lines[:4]), "f.yaml")
    assert value["a3"][9][9][9] == ["x"]
    assert places[("a3",)] == "f.yaml:4"
    assert len(places) < 100
