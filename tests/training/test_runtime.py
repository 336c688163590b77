"""TensorFlow's options."""

import pytest

from training.runtime import multiplies_bfloat16


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        ("fpu amx_bf16 avx512f", True),
        ("fpu avx512_bf16", True),
        ("fpu avx512f avx512_vnni", False),
        (None, False),
    ],
)
def test_products_of_bfloat16_are_used_where_the_processor_has_them(tmp_path, flags, found):
    if flags:
        (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    assert multiplies_bfloat16(tmp_path / "cpuinfo") is found
