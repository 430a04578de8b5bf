"""The ladder of resolutions that convolutional networks climb."""


def resolution_ladder(height: int, width: int) -> list[tuple[int, int]]:
    """Returns the sizes from the full one down, halved and rounded up until a side is 4 or less.

    28 x 28 gives 28, 14, 7, 4; 48 x 20 gives 48 x 20, 24 x 10, 12 x 5, 6 x 3.
    """
    ladder = [(height, width)]
    while min(ladder[-1]) > 4:
        height, width = ladder[-1]
        ladder.append(((height + 1) // 2, (width + 1) // 2))
    return ladder
