"""TensorFlow's options."""

import pytest

from training.runtime import multiplies_bfloat16


@pytest.mark.parametrize(
    ("vendor", "flags", "found"),
    [
        ("GenuineIntel", "fpu amx_bf16 avx512_bf16", True),
        ("GenuineIntel", "fpu avx512_bf16", False),
        ("AuthenticAMD", "fpu avx512_bf16", True),
        ("AuthenticAMD", "fpu avx512f avx512_vnni", False),
        (None, None, False),
    ],
)
def test_products_of_bfloat16_are_used_where_they_are_faster(tmp_path, vendor, flags, found):
    if flags:
        lines = f"processor\t: 0\nvendor_id\t: {vendor}\nflags\t\t: {flags}\n"
        (tmp_path / "cpuinfo").write_text(lines)
    assert multiplies_bfloat16(tmp_path / "cpuinfo") is found
