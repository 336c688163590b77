"""TensorFlow's options for training, set in one place before the first network is built."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path


def multiplies_bfloat16(processor: Path = Path("/proc/cpuinfo")) -> bool:
    """Return whether the processor multiplies numbers in bfloat16 faster than in float32.

    With matrix units (AMX), they halve a step's time. With vectors alone (AVX512-BF16), they take a
    third of it away on AMD's Zen 4, but add .4 of it on an Intel Xeon whose AMX was hidden.

    Args:
        processor: The file in which Linux describes the processor. On other systems it does not
            exist, and the answer is no.
    """
    with contextlib.suppress(OSError):
        words = set(processor.read_text().split())
        return "amx_bf16" in words or words >= {"avx512_bf16", "AuthenticAMD"}
    return False


@functools.cache
def configure() -> None:
    """Set TensorFlow's options for training and open its devices; later calls do nothing."""
    import tensorflow as tf

    set_options()
    tf.constant(0)  # opens the devices, which prints their start-up notes


@functools.cache
def set_options() -> None:
    """Set TensorFlow's options for training before a device is open; later calls do nothing.

    Where the processor can, products are computed in bfloat16; weights and optimizer state stay in
    float32.
    """
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        # Else TensorFlow takes all of its memory at once, also what others need. Once the GPU is
        # open, it is too late.
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(gpu, True)
    # The graph pass that fuses a convolution with its activation ("remapping") fails on these
    # graphs, with a warning each time.
    tf.config.optimizer.set_experimental_options(
        {"remapping": False, "auto_mixed_precision_onednn_bfloat16": multiplies_bfloat16()}
    )
