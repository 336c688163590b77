"""The tables by which NumPy draws normal numbers, for the page to draw the same.

Marsaglia & Tsang 2000, "The Ziggurat Method for Generating Random Variables".
"""

from __future__ import annotations

import math

import numpy as np

LAYERS = 256
TAIL = 3.6541528853610088  # where the last layer ends
_AREA = 0.004928673233974655  # of each layer; the last one includes the tail


def tables() -> dict[str, np.ndarray]:
    """Cut the half of exp(-x²/2) into layers of equal area.

    Returns:
        Of each layer, (256,) float32, in NumPy's order, from the last layer to the top: `inside`,
        the numbers of 23 bits that need no further look; `widths`, its width over 2**23; `heights`,
        the density where it ends.
    """
    ends = [_AREA / _density(TAIL), TAIL]
    while len(ends) < LAYERS:
        ends.append(math.sqrt(-2 * math.log(_AREA / ends[-1] + _density(ends[-1]))))
    right = np.array([ends[0], *ends[:0:-1]])
    inner = np.array([TAIL, 0, *ends[:1:-1]])
    heights = [1, *map(_density, right[1:])]
    tables = {"inside": np.floor(inner / right * 2**23), "widths": right / 2**23}
    tables["heights"] = np.array(heights)
    return {name: table.astype(np.float32) for name, table in tables.items()}


def _density(x: float) -> float:
    return math.exp(-0.5 * x * x)
