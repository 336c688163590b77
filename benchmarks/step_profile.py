"""Say what a training step of the default recipe spends its time on.

    python3 -m benchmarks.step_profile [--single]

prints what each kind of operation takes, convolutions by layer and pass with their speed, beside
that of products of matrices in single precision. Times are those of TensorFlow's own trace. The
operations of two threads may run at the same time, so their times add up to more than the step's:
two that share the cores each seem half as fast as they are. The images are made up.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from benchmarks.speed_child import BATCH, gemm, made_up_step, multiply_adds
from config import DEFAULT, prepare_environment

STEPS = 16  # that are traced; one of them has the gradient penalty
WIDTH = 48
# A traced operation is named SCOPE/.../OPERATION:TYPE. The first pattern that is found counts.
KINDS = {
    "gradient penalty": r"^cond/",
    "optimizers": r"^adam",
    "conditional norms": r"/norm\w+/",
    "activations": r"re_lu|Tanh",
    "dense layers": r"(discriminator|generator)\w*/.*MatMul",
    "augmentation": r"insum|SelectV2",
}
CONVOLUTION = re.compile(
    r"(?:gradient_tape/)?(generator|discriminator)_(\d)/([a-z]+\d?)_\d+/.*:_Mkl\w*Conv2D(Backprop\w+)?"
)


def kind(name: str) -> str:
    """Return what a traced operation belongs to.

    Example:
        >>> kind("gradient_tape/generator_1/up1_1/X:_MklNativeConv2DBackpropFilter")
        'generator up1, gradient of weights'
        >>> kind("adam/Square_11:Square")
        'optimizers'
    """
    found = CONVOLUTION.match(name)
    if not found:
        return next((k for k, pattern in KINDS.items() if re.search(pattern, name)), "all else")
    network, call, layer, backprop = found.groups()
    if not name.startswith("gradient_tape"):
        computes = "output"
    else:
        computes = f"gradient of {'weights' if 'Filter' in (backprop or '') else 'inputs'}"
    borrowed = network == "discriminator" and call != "1"
    return f"{network} {layer}, {computes}" + (", for the generator" if borrowed else "")


def traced(folder: str) -> Iterator[tuple[str, float]]:
    """Yield the name and the seconds of each operation of a trace in a folder."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    for path in Path(folder).rglob("*.xplane.pb"):
        space = xplane_pb2.XSpace.FromString(path.read_bytes())
        for plane in space.planes:
            names = {key: metadata.name for key, metadata in plane.event_metadata.items()}
            for event in (event for line in plane.lines for event in line.events):
                # Other events, such as the step as a whole, have no type.
                if re.search(r"\w:_?[A-Z]\w+$", names[event.metadata_id]):
                    yield names[event.metadata_id], event.duration_ps / 1e12


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m benchmarks.step_profile", description=__doc__)
    parser.add_argument("--single", action="store_true", help="products in single precision")
    options = parser.parse_args(arguments)
    prepare_environment()
    import tensorflow as tf

    from training import runtime

    if options.single:
        with mock.patch.object(runtime, "multiplies_bfloat16", return_value=False):
            runtime.configure()
    trainer, work = made_up_step(DEFAULT, WIDTH, STEPS)
    work()
    seconds: defaultdict[str, float] = defaultdict(float)
    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            work()
        for name, duration in traced(folder):
            seconds[kind(name)] += duration / STEPS
    whole = sum(seconds.values())
    matrices = gemm()
    print(f"{1000 * whole:.0f} ms a step of {BATCH} images; SGEMM {matrices / 1e9:.0f} GFLOP/s\n")
    print("| operation | ms | share | / SGEMM |\n|---|---|---|---|")
    nets = trainer.nets
    layers = {
        f"{network.name} {layer.name}": multiply_adds([layer])
        for network in (nets.generator, nets.discriminator)
        for layer in network.layers
    }
    for name, duration in sorted(seconds.items(), key=lambda item: -item[1]):
        layer, _, update = name.partition(",")
        # The discriminator's own update sees real and drawn images.
        both = layer.startswith("discriminator") and "for the generator" not in update
        speed = 2 * layers.get(layer, 0) * BATCH * (1 + both) / duration
        ratio = f"{speed / matrices:.2f}" if speed else ""
        print(f"| {name} | {1000 * duration:.1f} | {duration / whole:.3f} | {ratio} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
