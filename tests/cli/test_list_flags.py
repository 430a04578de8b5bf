"""Flags whose value is a list."""

from absl import flags

from gan_cli.cli.list_flags import define_list


def test_a_repeated_flag_adds_to_the_list():
    values = flags.FlagValues()
    define_list("metrics", "Metrics.", flag_values=values)
    values(["command"])
    assert values.metrics is None
    values.unparse_flags()
    values(["command", "--metrics=a,b", "--metrics", "c"])
    assert values.metrics == ["a", "b", "c"]
