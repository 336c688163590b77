"""Evaluation figures as text and as JSON."""

from __future__ import annotations

import math
from typing import Any

from text.colours import COLOURS


def rounded(value: Any) -> Any:
    """Numbers of a nested structure to 5 digits, as more are noise; None for what is none."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else None
    return value


def table(figures: dict[str, Any]) -> str:
    """The figures for people."""

    def row(name: str, found: dict[str, list[float]]) -> str:
        cells = "  ".join(f"{f:.3f} ({low:.3f}-{high:.3f})" for f, low, high in found.values())
        return f"{name:36}{cells}"

    lines = [f"{'right (95 % interval)':36}hair                 eyes                 both"]
    lines += [row(name, found) for name, found in figures["fit"].items()]
    lines += [row(f"never seen: {name}", found) for name, found in figures["unseen"].items()]
    lines += ["", f"{'':36}{'drawn':>10}{'real':>10}{'ratio':>10}"]
    for name, found in {**figures["quality"], **figures["variety"]}.items():
        if "drawn" in found:
            drawn, real = found["drawn"], found["real"]
            ratio = f"{drawn / real:>10.2f}" if real > 0 else f"{'':>10}"
            lines.append(f"{name:36}{drawn:>10.4g}{real:>10.4g}{ratio}")
    for name, value in figures["variety"]["least distance"].items():
        lines.append(f"{'least distance: ' + name:44}{value:.4g}")
    for slot in COLOURS:
        for kind in ("precision", "recall"):
            cells = (f"{c} {f[kind]:.2f}" for c, f in figures["colours"][slot].items())
            lines.append(f"{slot} {kind:10} " + ", ".join(cells))
    for name, value in figures.get("memory", {}).items():
        lines.append(f"{name:44}{value:.4g}")
    for name in ("detected", "detected in the data"):
        if name in figures:
            lines.append(f"{name:44}{figures[name]:.4g}")
    return "\n".join(lines)
