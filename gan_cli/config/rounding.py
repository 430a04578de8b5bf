"""Numbers that follow from others, in as many digits as anybody reads."""


def rounded(value: object) -> object:
    """Returns a float in six digits; anything else as it is."""
    return float(f"{value:.6g}") if isinstance(value, float) else value
