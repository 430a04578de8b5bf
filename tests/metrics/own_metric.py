"""A metric as a user would bring it."""

from gan_cli.metrics.metric import Figure, Measurement, Metric


def measure(sample, comparison, rng, thorough):
    brightness = float(sample.images.mean())
    reference = float(comparison.holdout.images.mean())
    return Measurement(
        {"brightness_error": Figure(abs(brightness - reference), higher_is_better=False)},
        {"thorough": thorough, "brightness": brightness},
    )


METRIC = Metric("our own", measure)
