"""Read pickled word-vector tables as data: nothing that a pickle names is imported or called."""

from __future__ import annotations

import dataclasses
import enum
import pickletools
from collections import OrderedDict
from collections.abc import Iterator
from typing import IO, Any, BinaryIO, cast

import numpy as np

from config import ProjectError
from console import counted
from files.paths import AnyPath

Shape = tuple[int, ...]

LONGEST_CONSTANT = 32  # bytes of a string that counts as a constant
MEMO_SIZE = 1_000  # constants kept (a table has some 20), and other objects kept
BATCH_OPCODES = 100_000  # before rows are appended; picklers append 1,000 rows of 40 opcodes each

# The opcodes that push the value written behind them. Python 2's strings are read as Latin-1.
_PUSHING = frozenset(
    {
        *("BININT1", "BININT", "BININT2", "LONG1", "NONE"),
        *("SHORT_BINSTRING", "BINSTRING", "SHORT_BINUNICODE", "BINUNICODE"),
        *("SHORT_BINBYTES", "BINBYTES", "BYTEARRAY8"),
    }
)


def damaged(path: AnyPath, why: object) -> ProjectError:
    """Return the error for a model file whose content is not what it should be."""
    return ProjectError(f"{path} is cut short or damaged: copy or download it again. ({why})")


def check_floats(what: str, shape: Shape, dtype: np.dtype, *expected: Shape) -> None:
    """Check that an array holds floats and fits the model's other files.

    Args:
        what: The file, and the array in it, for the message.
        shape: The array's shape.
        dtype: The array's type.
        *expected: The shapes that fit.

    Raises:
        ProjectError: The shape is none of those expected, or the type is not a float.
    """
    if shape not in expected or dtype.kind != "f":
        raise ProjectError(
            f"{what} does not fit the model's other files: it should hold floats of shape "
            f"{' or '.join(map(str, expected))}. Received: {dtype} of shape {shape}"
        )


def read_pickled_rows(
    file: BinaryIO, path: AnyPath, shape: tuple[int, int]
) -> Iterator[np.ndarray]:
    """Read the rows of a pickled array of arrays, one at a time.

    Understands protocols 2 to 5: NumPy never wrote a file in an older one.

    Args:
        file: A file at the start of its pickle.
        path: The file's path, for messages.
        shape: (N, e), the number of rows and the width of each.

    Yields:
        The N rows in order, each a float array of shape (e,).

    Raises:
        ProjectError: The pickle has something that no array needs, or a row that does not fit.
        ValueError, TypeError, LookupError, RecursionError: It is not a pickle of such an array.
    """
    return _TableReader(path, shape).rows(file)


class _Global(enum.Enum):
    """All that the pickle of an array names, as `module name`; never imported, never called."""

    RECONSTRUCT = "numpy.core.multiarray _reconstruct"
    FROMBUFFER = "numpy.core.numeric _frombuffer"  # in protocol 5
    NDARRAY = "numpy ndarray"
    DTYPE = "numpy dtype"
    ENCODE = "_codecs encode"  # of bytes that Python 3 wrote in protocol 2


@dataclasses.dataclass
class _Type:
    """What a pickle says about a type."""

    code: str  # "f4", "O8"
    order: str = "="  # byte order; set after the type has entered the memo


@dataclasses.dataclass
class _Array:
    """What a pickle says about an array; set after the still empty array has entered the memo."""

    type: _Type | None = None
    shape: tuple = ()
    content: object = b""


class _BoundedFile:
    """A file that is never asked for more than `limit` bytes, whatever lengths it announces."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file, self._limit = file, limit

    def read(self, size: int) -> bytes:
        if size > self._limit:
            raise ValueError(f"{size:,} bytes are announced, the limit is {self._limit:,}")
        return self._file.read(size)

    def readline(self) -> bytes:
        line = self._file.readline(self._limit)
        if b"\\" in line:  # the names that protocols 2 to 5 write as lines have none
            raise ValueError("a name with a backslash")
        return line


class _Memo:
    """The objects that a pickle can refer to again: all constants, the latest of the others.

    A table's constants are few and serve all its rows; rows and their parts are used once.
    """

    def __init__(self) -> None:
        self._constants: OrderedDict[int, Any] = OrderedDict()
        self._others: OrderedDict[int, Any] = OrderedDict()
        self._puts = 0

    def put(self, key: int | None, value: object) -> None:
        """Keep an object; without a key, by the number of objects kept before."""
        memo = self._constants if _is_constant(value) else self._others
        memo[self._puts if key is None else key] = value
        if len(memo) > MEMO_SIZE:
            memo.popitem(last=False)  # the one that has gone longest without a reference
        self._puts += 1

    def get(self, key: int) -> Any:
        """Return an object; raise a `KeyError` if it was never kept or has been dropped."""
        memo = self._constants if key in self._constants else self._others
        memo.move_to_end(key)
        return memo[key]


def _is_constant(value: object) -> bool:
    return isinstance(value, (_Global, _Type)) or (
        isinstance(value, (str, bytes)) and len(value) <= LONGEST_CONSTANT
    )


class _TableReader:
    """A pickle machine that knows only the opcodes of a table, and calls nothing.

    Args:
        path: The table's path, for messages.
        shape: (N, e), the table's shape.
    """

    def __init__(self, path: AnyPath, shape: tuple[int, int]) -> None:
        self._path = path
        self._count, self._width = shape
        self._row = 0  # number of the next row
        self._stack: list[Any] = []  # the objects since the last mark
        self._outer: list[list[Any]] = []  # the stacks before each mark
        self._memo = _Memo()

    def rows(self, file: BinaryIO) -> Iterator[np.ndarray]:
        """Read the rows, as `read_pickled_rows` says."""
        # A float has at most 8 bytes, which take 16 where they are written as text.
        bounded = cast(IO[bytes], _BoundedFile(file, 16 * self._width + 1000))
        opcodes = 0  # since rows were last appended
        for opcode, value, _ in pickletools.genops(bounded):
            opcodes += 1
            if opcodes > BATCH_OPCODES:
                raise ValueError(f"row {self._row} does not end")
            if opcode.name in ("APPEND", "APPENDS"):
                for item in self._appended(opcode.name):
                    yield _vector(item, self._path, self._row, self._width)
                    self._row += 1
                opcodes = 0
            else:
                self._run(opcode.name, value)
        match self._stack:
            case [_Array(_Type("O4" | "O8"), (size,), [])] if size == self._row == self._count:
                return
        raise ValueError(f"it is not a table of {counted(self._count, 'word')}")

    def _appended(self, opcode: str) -> list[Any]:
        """Take the rows to append off the stack. The list itself stays empty: rows are not kept."""
        if opcode == "APPEND":
            items = [self._stack.pop()]
        else:
            items, self._stack = self._stack, self._outer.pop()
        is_table = self._stack[-1] == [] and len(self._stack) + len(self._outer) <= 10
        if not is_table or self._row + len(items) > self._count:
            raise ValueError("it has rows that are not the table's")
        return items

    def _run(self, opcode: str, value: Any) -> None:
        """Do to the stack and the memo what any other opcode says."""
        if opcode in _PUSHING:
            self._stack.append(value)
            return
        match opcode:
            case "BINGET" | "LONG_BINGET":
                self._stack.append(self._memo.get(value))
            case "BINPUT" | "LONG_BINPUT" | "MEMOIZE":
                self._memo.put(value, self._stack[-1])
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                size = int(opcode[-1])
                self._stack[-size:] = [tuple(self._stack[-size:])]
            case "REDUCE":
                arguments = self._stack.pop()
                self._stack.append(_called(self._stack.pop(), arguments))
            case "BUILD":
                state = self._stack.pop()
                self._stack.append(_built(self._stack.pop(), state))
            case "MARK":
                self._outer.append(self._stack)
                self._stack = []
            case "TUPLE":
                items, self._stack = tuple(self._stack), self._outer.pop()
                self._stack.append(items)
            case "NEWFALSE" | "NEWTRUE":
                self._stack.append(opcode == "NEWTRUE")
            case "EMPTY_LIST":
                self._stack.append([])
            case "GLOBAL":
                self._stack.append(_named(value, self._path))
            case "STACK_GLOBAL":
                self._stack[-2:] = [_named(" ".join(self._stack[-2:]), self._path)]
            case "PROTO" | "FRAME" | "STOP":
                pass
            case other:
                if other == "INST":
                    _named(value, self._path)
                raise _unsafe(self._path, f"the opcode {other}")


def _unsafe(path: AnyPath, what: str) -> ProjectError:
    return ProjectError(
        f"{path} is unsafe and was not loaded: a table of word vectors never needs {what}. "
        "Delete it and download it again."
    )


def _named(name: str, path: AnyPath) -> _Global:
    """Return what stands for `module name`; refuse every name that an array does not need."""
    try:
        return _Global(name.replace("numpy._core.", "numpy.core.", 1))  # NumPy 2 writes the former
    except ValueError:
        what = name.replace(" ", ".")[:100]
        raise _unsafe(path, what if what.isprintable() else ascii(what)) from None


def _called(function: object, arguments: object) -> _Array | _Type | bytes:
    """Return what a call stands for, without making it."""
    match function, arguments:
        case _Global.RECONSTRUCT, (_Global.NDARRAY, (0,), "b" | b"b"):
            return _Array()
        case _Global.DTYPE, (str(code), _, _):
            return _Type(code)
        case _Global.ENCODE, (str(text), "latin1"):
            return text.encode("latin-1")
        case _Global.FROMBUFFER, (content, _Type() as type, tuple(shape), "C" | "F"):
            return _Array(type, shape, content)
    raise ValueError("it has a call that no array needs")


def _built(value: object, state: object) -> _Array | _Type:
    """Return what a type or an array becomes with its state."""
    match value, state:
        case _Type(), (3 | 4, "<" | ">" | "|" | "=" as order, None, None, None, *_):
            value.order = order
            return value
        case _Array(None), (1, tuple(shape), _Type() as type, bool(), content):
            value.type, value.shape, value.content = type, shape, content
            return value
    raise ValueError("it has a state that no array has")


def _vector(item: object, path: AnyPath, row: int, width: int) -> np.ndarray:
    """Return a row as an array of shape (width,)."""
    match item:
        case _Array(
            _Type("f2" | "f4" | "f8" as code, order),
            shape,
            (str() | bytes() | bytearray()) as content,
        ):
            dtype = np.dtype(order + code)
        case _:
            raise ValueError(f"row {row} is not an array of floats")
    check_floats(f"{path}: row {row}", shape, dtype, (width,), (1, width))
    if isinstance(content, str):
        content = content.encode("latin-1")
    if len(content) != width * dtype.itemsize:
        raise ValueError(f"row {row} has {len(content)} bytes")
    return np.frombuffer(content, dtype)
