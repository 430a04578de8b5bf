"""Labels as a generator sees them."""

import keras


def known_labels(labels: keras.KerasTensor, num_classes: int) -> keras.KerasTensor:
    """Returns labels, int32 [batch], of which those of no class are taken for the nearest one.

    A generator may be called by programs that know nothing of its classes. What a lookup beyond its
    table gives differs by runtime: an error, zeros, or the row of some class.
    """
    return keras.ops.clip(labels, 0, num_classes - 1)
