"""TensorFlow's options."""

import pytest

from training.runtime import multiplies_bfloat16


@pytest.mark.parametrize(
    ("flags", "found"), [("fpu amx_bf16 avx512f", True), ("fpu avx512_bf16", False), (None, False)]
)
def test_matrix_units_for_bfloat16_are_found_where_the_processor_has_them(tmp_path, flags, found):
    if flags:
        (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    assert multiplies_bfloat16(tmp_path / "cpuinfo") is found
