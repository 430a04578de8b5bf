"""Options as keyword-only parameters, and the lines that wrong ones get."""

import pytest

from gan_cli.errors import UserError
from gan_cli.options import fill_options, options_of, with_options


def scaled(x, *, factor=2.0, negated=False):
    return (-x if negated else x) * factor


def shifted(x, *, by=1.0):
    return x + by


def test_options_are_the_keyword_only_parameters_of_all_functions():
    assert options_of(scaled, shifted) == {"factor": 2.0, "negated": False, "by": 1.0}
    assert options_of(lambda x, y=3: x) == {}


@pytest.mark.parametrize("function", [lambda x, *, a: x, lambda x, *, a=[1]: x])
def test_an_option_without_a_default_of_a_known_type_is_one_line(function):
    with pytest.raises(UserError, match="option 'a' needs a default: true or false, a number or"):
        options_of(scaled, function)


def test_each_function_gets_its_own():
    given = {"factor": 3.0, "by": 10.0}
    assert with_options(scaled, given)(1.0) == 3.0
    assert with_options(shifted, given)(1.0) == 11.0
    assert options_of(with_options(scaled, given)) == {"factor": 3.0, "negated": False}


def test_what_is_not_given_keeps_its_default_and_a_whole_number_may_stand_for_a_float():
    defaults = options_of(scaled, shifted)
    filled = fill_options("x.options", {"factor": 3}, defaults)
    assert filled == {"factor": 3.0, "negated": False, "by": 1.0}
    assert type(filled["factor"]) is float
    assert defaults["factor"] == 2.0


def test_every_wrong_option_gets_a_line():
    given = {"factr": 3.0, "negated": 1, "by": True}
    with pytest.raises(UserError) as caught:
        fill_options("x.options", given, options_of(scaled, shifted))
    assert caught.value.problems == (
        "x.options: unknown option 'factr'; did you mean 'factor'? (known: factor, negated, by)",
        "x.options.negated: must be true or false, got 1",
        "x.options.by: must be a number, got true",
    )
