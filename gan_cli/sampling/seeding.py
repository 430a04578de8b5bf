"""The random numbers of `np.random.default_rng(seed)`, for many seeds in a third of the time.

`default_rng` spends most of its time on hashing its seed, one number at a time. Here all seeds are
hashed at once, and one generator is set to the state of each in turn. The algorithms are those of
NumPy's SeedSequence (after O'Neill 2015, "Developing a seed_seq alternative") and of PCG64's
seeding (O'Neill 2014, pcg_setseq_128_srandom_r), which NumPy promises not to change (NEP 19).
"""

from collections.abc import Iterator, Sequence

import numpy as np

_POOL = 4
_INIT_A, _MULTIPLY_A = 0x43B0D7E5, 0x931E8875
_INIT_B, _MULTIPLY_B = 0x8B51F9DD, 0x58F38DED
_MIX_LEFT, _MIX_RIGHT = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)
_SHIFT = np.uint32(16)
_PCG_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
_128_BITS = 2**128 - 1


def generators(seeds: Sequence[int]) -> Iterator[np.random.Generator]:
    """Yields a generator in the state of `default_rng(seed)`, for each seed.

    It is one generator that is set to another state each time: use it before asking for the next.
    """
    if max(seeds, default=0) >= 2**64:
        # Such seeds have more words than are hashed here.
        yield from map(np.random.default_rng, seeds)
        return
    bits = np.random.PCG64(0)
    generator = np.random.Generator(bits)
    state = bits.state
    for high, low, sequence_high, sequence_low in _hashed(seeds).tolist():
        increment = ((sequence_high << 64 | sequence_low) << 1 | 1) & _128_BITS
        start = (increment + (high << 64 | low)) * _PCG_MULTIPLIER + increment
        state["state"] = {"state": start & _128_BITS, "inc": increment}
        bits.state = state
        yield generator


def _hashed(seeds: Sequence[int]) -> np.ndarray:
    """Returns `SeedSequence(seed).generate_state(4, np.uint64)` of each seed: uint64 [count, 4]."""
    values: np.ndarray = np.array(seeds, np.uint64)
    words = [values.astype(np.uint32), (values >> np.uint64(32)).astype(np.uint32)]
    zero = np.zeros_like(words[0])
    constant = _INIT_A

    def hashed(value: np.ndarray) -> np.ndarray:
        nonlocal constant
        value = value ^ np.uint32(constant)
        constant = constant * _MULTIPLY_A & 0xFFFFFFFF
        return _folded(value * np.uint32(constant))

    pool = [hashed(word) for word in (*words, zero, zero)]
    for source in range(_POOL):
        for target in range(_POOL):
            if source != target:
                mixed = _MIX_LEFT * pool[target] - _MIX_RIGHT * hashed(pool[source])
                pool[target] = _folded(mixed)
    constant, out = _INIT_B, []
    for index in range(2 * _POOL):
        value = pool[index % _POOL] ^ np.uint32(constant)
        constant = constant * _MULTIPLY_B & 0xFFFFFFFF
        out.append(_folded(value * np.uint32(constant)).astype(np.uint64))
    pairs = [out[at] | out[at + 1] << np.uint64(32) for at in range(0, 2 * _POOL, 2)]
    return np.stack(pairs, axis=1)


def _folded(value: np.ndarray) -> np.ndarray:
    return value ^ value >> _SHIFT
