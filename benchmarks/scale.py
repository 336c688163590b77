"""Compute what several machines gain, from the work of a step and the speed of their links.

    python3 -m benchmarks.scale

prints the tables of docs/scale.md. Nothing is measured; `benchmarks.speed --parts workers` does.
"""

from __future__ import annotations

import argparse
import sys
from typing import NamedTuple

from config import prepare_environment

# Of the default recipe at width 48 and sentence vectors of 384 numbers; docs/scale.md explains.
WEIGHTS = 2_770_639 + 3_410_833  # trainable: of the generator, of the discriminator
ROUNDS = 20  # exchanges a step that wait for each other
FLOP = 1.74e9  # per image
COUNTS = (2, 8, 64)  # machines
IMAGES = 64  # per machine and step, in the tables


class Machine(NamedTuple):
    """A machine and its link to the others."""

    name: str
    flops: float  # a second, sustained
    bandwidth: float  # bytes a second
    latency: float  # seconds per message


MACHINES = (
    Machine("2 cores, 1 Gbit/s", 250e9, 125e6, 100e-6),
    Machine("2 cores, 10 Gbit/s", 250e9, 1.25e9, 50e-6),
    Machine("GPU of 10 TFLOP/s, 10 Gbit/s", 10e12, 1.25e9, 50e-6),
    Machine("GPU of 10 TFLOP/s, 100 Gbit/s", 10e12, 12.5e9, 10e-6),
)


def compute_seconds(machine: Machine, images: int) -> float:
    """Return the time that a machine computes for its share of a step."""
    return images * FLOP / machine.flops


def exchange_seconds(machine: Machine, machines: int) -> float:
    """Return the time of a step's exchanges by ring all-reduce (Patarasuk & Yuan 2009).

    Each machine sends and receives `2 (W - 1) / W` times the bytes that are reduced, in
    `2 (W - 1)` messages one after the other.
    """
    hops = 2 * (machines - 1)
    return hops / machines * 4 * WEIGHTS / machine.bandwidth + ROUNDS * hops * machine.latency


def duration(seconds: float) -> str:
    """Return a time for people, to two digits."""
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{float(f'{seconds / size:.2g}'):g} {unit}"
    return f"{float(f'{seconds:.2g}'):g} s"


def table() -> str:
    """Return the table in Markdown: per epoch, with `IMAGES` images per machine and step."""
    lines = [
        "| machines | computing, exchange per step | share of the time that computes | an epoch "
        "of 1 M images | of 100 M |",
        "|---|---|---|---|---|",
    ]
    for machine in MACHINES:
        for count in (1, *COUNTS):
            computing, exchange = compute_seconds(machine, IMAGES), exchange_seconds(machine, count)
            step = computing + exchange
            epochs = [duration(images / (count * IMAGES) * step) for images in (1e6, 1e8)]
            parts = f"{computing * 1e3:.3g} + {exchange * 1e3:.3g} ms"
            lines.append(
                f"| {count} × {machine.name} | {parts} | {computing / step:.2f} "
                f"| {epochs[0]} | {epochs[1]} |"
            )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m benchmarks.scale",
        description="Compute what several machines gain, as a table in Markdown.",
    )
    parser.parse_args(arguments)
    prepare_environment()
    print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
