"""Arrays that lie about themselves are refused before memory is taken."""

import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import ProjectError
from files.untrusted import LARGEST_JSON, read_json, read_npz

fuzz = settings.get_profile("fuzz")


def member(shape: str, data: bytes, dtype: str = "<f4") -> bytes:
    """A .npy file whose header may lie."""
    head = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head) + 1) + head + b"\n" + data


ARRAYS = {
    "10^12 numbers": (member("(1000000000000,)", bytes(8)), "declares float32 of shape"),
    "a negative shape": (member("(-4,)", bytes(8)), "declares float32"),
    "more numbers than the file has": (member("(3,)", bytes(8)), "declares float32"),
    "fewer numbers than the file has": (member("(1,)", bytes(8)), "declares float32"),
    "pickled objects": (member("(1,)", b"cos\nsystem\n(S'true'\ntR.", "|O"), "not plain numbers"),
    "texts": (member("(2,)", "ab".encode("utf-32-le"), "<U1"), "not plain numbers"),
    "dates": (member("(1,)", bytes(8), "<M8[s]"), "not plain numbers"),
    "an unknown type": (member("(1,)", bytes(8), "<q99"), ""),
    "a shape that is a call": (member("__import__('os').getpid()", bytes(8)), ""),
    "deeply nested brackets": (member("(" * 5000, b""), ""),
    "a header without end": (b"\x93NUMPY\1\0\xff\xff{'descr'", ""),
    "another magic": (b"\x94NUMPY", ""),
    "a future version": (b"\x93NUMPY\x09\0" + bytes(20), ""),
    "nothing": (b"", ""),
}


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_arrays_that_lie_are_refused_by_name_before_memory_is_taken(
    kind, method, tmp_path, bounded
):
    data, message = ARRAYS[kind]
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr("good.npy", member("(2,)", bytes(8)))
        file.writestr("a.npy", data)
    with bounded(2, 10), pytest.raises(ProjectError) as caught:
        read_npz(path, "Do this.")
    said = str(caught.value)
    assert said.startswith(f"{path} cannot be read: ") and said.endswith(" Do this.")
    assert message in said, said


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_arrays_with_nan_or_infinity_are_refused_by_name(value, dtype, tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, good=np.ones(3), bad=np.array([1, value], dtype))
    with pytest.raises(ProjectError) as caught:
        read_npz(path, "Do this.")
    said = f"{path} cannot be read: bad: holds NaN or infinite values. Do this."
    assert str(caught.value) == said
    assert list(read_npz(path, "", ["good"])) == ["good"]


def test_json_that_is_too_long_or_nested_too_deep_is_refused(tmp_path):
    path = tmp_path / "a.json"
    for text in ("[" * 10**5, '{"a": ', "\xff", "1" * 10**5):
        path.write_text(text, "latin-1")
        with pytest.raises(ValueError):
            read_json(path)
    path.write_text(" " * LARGEST_JSON + "1")
    with pytest.raises(OSError, match="larger than 10 MB"):
        read_json(path)
    path.write_text('{"a": [1]}')
    assert read_json(path) == {"a": [1]}


def test_arrays_that_expand_without_bound_are_refused(tmp_path, bounded):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, a=np.zeros(10**8 // 4, np.float32))
    assert path.stat().st_size < 200_000
    with bounded(2, 10), pytest.raises(ProjectError, match="would expand from"):
        read_npz(path, "")


def test_many_members_over_one_another_are_refused(tmp_path, bounded):
    """Each is small, and all are the same bytes of the file."""
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a0.npy", member("(100000,)", bytes(400_000)))
        first = file.infolist()[0]
        for number in range(1, 500):
            twin = zipfile.ZipInfo(f"a{number}.npy")
            for name in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
                setattr(twin, name, getattr(first, name))
            file.filelist.append(twin)
            file.NameToInfo[twin.filename] = twin
        file._didModify = True  # type: ignore[attr-defined]
    with bounded(2, 10), pytest.raises(ProjectError, match="would expand from"):
        read_npz(path, "")


def test_damaged_arrays_are_read_or_refused(tmp_path, damaged):
    file = io.BytesIO()
    np.savez(file, a=np.arange(20, dtype=np.float32), b=np.int64(7))
    compressed = io.BytesIO()
    np.savez_compressed(compressed, a=np.arange(20, dtype=np.float32))

    @fuzz
    @given(damaged(file.getvalue()) | damaged(compressed.getvalue()) | st.binary())
    def check(data):
        path = tmp_path / "a.npz"
        path.write_bytes(data)
        try:
            for array in read_npz(path, "").values():
                assert array.dtype.kind in "biuf" and array.nbytes <= 100 * len(data)
        except ProjectError as error:
            assert str(path) in str(error)

    check()


@pytest.mark.filterwarnings("ignore:Reading")  # of a header that Python 2 wrote
@fuzz
@given(st.text(max_size=300) | st.text(alphabet="(){}[],:'\"0123456789<f4-xL \n", max_size=300))
def test_any_header_of_an_array_is_read_or_refused(tmp_path_factory, head):
    path = tmp_path_factory.getbasetemp() / "header.npz"
    head = head.encode("utf-8", "replace")
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head)
    with pytest.raises(ProjectError, match=r"header\.npz"):
        read_npz(path, "")
