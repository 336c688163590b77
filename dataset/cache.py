"""Images with captions, decoded once into a folder of memory-mapped files."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import mmap
import os
import re
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from filelock import FileLock
from tqdm import tqdm

from config import ProjectError
from console import EXAMPLES, counted, shorten
from dataset.captions import Reading, read_captions, shared_captions
from dataset.faces import Dataset
from dataset.origin import Origin, digest, find_origin
from dataset.sources import Files
from dataset.summary import CAPTION_ALL, NO_CAPTION, Summary, TagReport, rare_colours
from files.derived import checksums_match, read_record, write_checksums, write_record
from files.images import BadImage, read_image
from files.writing import one_at_a_time

Describe = Callable[[np.ndarray], list[str]]  # (B, S, S, 3) uint8 -> captions, "" if unsure
DESCRIBED = "none found: colours as the classifier sees them"  # the source of the captions
_UNREAD = "unread"  # stands for the caption of an image that cannot be decoded
_FILES = ("pictures.npy", "caption_ids.npy", "names.json", "about.json")  # of a cache
_READING = "reading.json"  # of a cache: that its captions are what is read today
_CHUNK = 256  # images in memory at a time while a cache is built
_UNFINISHED = re.compile(r"(unfinished-[0-9a-f]+)(\.lock)?")  # a cache that is being built


def load_dataset(
    path: Path,
    tags: Path | None,
    size: int,
    cache_dir: Path,
    describe: Describe | None = None,
    alone: bool = True,
) -> Dataset:
    """Open the images of a folder or a zip with their captions.

    The images are decoded once, into a subfolder of `cache_dir` that is used again until the
    images or the captions change. Images and rows of captions that cannot be used are left out
    and named in the summary.

    Args:
        path: A folder, or a `.zip` that is read in place. Images in subfolders count too.
        tags: A caption file in any format that `dataset.tags.parse_tags` reads. None looks for
            captions as `dataset.captions.read_captions` does.
        size: Side of the images in px.
        cache_dir: Where caches are kept. An older one of the same path and size is removed.
        describe: Makes captions if there are none at all.
        alone: Whether training uses nothing else, so that the captions must differ.

    Returns:
        The data set, sorted by the images' paths.

    Raises:
        UsageError: `path` or `tags` does not exist or cannot be read.
        ProjectError: No image can be used, all have the same caption, `path` is a damaged zip, or
            the cache cannot be written.

    Example:
        >>> dataset = load_dataset(Path("faces"), None, 64, Path("model/cache"))
        >>> print(dataset.summary.text())
    """
    origin = find_origin(path, tags, describe is not None)
    family = digest([str(path.resolve()), size])
    # The older digest stays as long as the captions are read as they were.
    old, new = (cache_dir / f"{family}-{name}" for name in origin.digests())
    dataset = _find_cache(origin, old, new)
    if dataset is None:
        with one_at_a_time(cache_dir / f"{family}.lock", f"reads {path}"):
            dataset = _find_cache(origin, old, new)
            if dataset is None:
                dataset = _read_anew(origin, old, new, size, describe, alone)
                for older in cache_dir.glob(f"{family}-*"):
                    if older != dataset.folder:
                        shutil.rmtree(older, ignore_errors=True)
    if alone:  # the cache may be from a time when it was not
        found, left_out = dataset.summary.found, dataset.summary.left_out
        captioned = found - left_out.get(NO_CAPTION, 0)
        _check_captions(origin, set(dataset.captions), dataset.summary.tags, captioned)
    return dataset


def _find_cache(origin: Origin, old: Path, new: Path) -> Dataset | None:
    """Open the cache that holds what the origin's files hold today; None if there is none."""
    for cache in (old, new):
        said = read_record(cache / _READING, [[new.name]])
        if isinstance(said, str) and (dataset := _open_cache(cache)) is not None:
            return _with_notes(dataset, origin.notes + said.splitlines())
    if origin.described and (dataset := _open_cache(old)) is not None:
        return _with_notes(dataset, origin.notes)
    return None


def _read_anew(
    origin: Origin, old: Path, new: Path, size: int, describe: Describe | None, alone: bool
) -> Dataset:
    """Read the captions, and decode the images unless a cache with these captions holds them."""
    reading = _read(origin, size, describe)
    if alone:  # before decoding, which may take long
        texts = set(reading.captions.values()) - {_UNREAD}
        _check_captions(origin, texts, reading.report, len(reading.captions))
    notes = origin.notes + reading.notes
    cache = new if reading.is_new else old
    if (dataset := _open_cache(cache)) is None:
        dataset = _make_cache(cache, origin, reading, notes, size, alone)
    write_record(cache / _READING, [[new.name]], "\n".join(reading.notes))
    return _with_notes(dataset, notes)


def _with_notes(dataset: Dataset, notes: list[str]) -> Dataset:
    summary = dataclasses.replace(dataset.summary, notes=notes)
    return dataclasses.replace(dataset, summary=summary)


def _read(origin: Origin, size: int, describe: Describe | None) -> Reading:
    """Read the captions, or make them."""
    if origin.described and describe:
        return Reading(_describe_images(origin, size, describe), report=TagReport(DESCRIBED))
    return read_captions(origin.path, origin.files, origin.images, origin.tables, origin.side_cars)


def _make_cache(
    cache: Path, origin: Origin, reading: Reading, notes: list[str], size: int, alone: bool
) -> Dataset:
    try:
        with _unfinished_folder(cache.parent) as folder:
            summary = _build(folder, origin, reading, size)
            if not summary.used:
                summary = dataclasses.replace(summary, notes=notes)
                raise ProjectError(f"No image in {origin.path} can be used.\n{summary.text()}")
            if alone:  # of the images that could be decoded
                texts = {text for text, _ in summary.commonest}
                _check_captions(origin, texts, reading.report, len(reading.captions))
            return _publish(folder, cache)
    except OSError as error:
        why = error.strerror or error
        raise ProjectError(
            f"Cannot write the cache in {cache.parent}: {why}. The folder may be deleted at any "
            "time to make room."
        ) from error


def _describe_images(origin: Origin, size: int, describe: Describe) -> dict[str, str]:
    """Return captions by image, without the images whose caption is unsure."""
    captions: dict[str, str] = {}
    for chunk in _decode_chunks(origin.files, origin.images, size, "look"):
        decoded = {name: image for name, image in chunk if isinstance(image, np.ndarray)}
        # Those that cannot be decoded are left out later, when the cache is built.
        captions |= {name: _UNREAD for name, _ in chunk if name not in decoded}
        texts = describe(np.stack(list(decoded.values()))) if decoded else []
        captions |= {name: text for name, text in zip(decoded, texts, strict=True) if text}
    return captions


def _check_captions(origin: Origin, texts: set[str], report: TagReport, captioned: int) -> None:
    """Raise ProjectError if all images have the same caption.

    Args:
        origin: Where they come from.
        texts: The different captions.
        report: Where these come from.
        captioned: How many images have one.
    """
    if len(texts) == 1:
        found, only, advice = len(origin.images), "", ""
        if captioned < found:
            only, advice = f", {captioned:,} of {counted(found, 'image')},", f" {CAPTION_ALL}"
        raise ProjectError(
            f"All captioned images of {origin.path}{only} have the same caption, "
            f"{shorten(texts.pop())!r}. Training needs different ones: the discriminator learns "
            "what a caption means by telling an image's own from another image's."
            f"{advice}\n" + "\n".join(report.lines())
        )


def map_images(path: Path) -> np.ndarray:
    """Return the images of a cache, `(N, S, S, 3)` uint8, without reading them into memory."""
    images = np.load(path, mmap_mode="r")
    if hasattr(mmap, "MADV_RANDOM"):
        # Training reads images in random order. With a million of them, the system's read-ahead
        # would be thrown away and cost a hundred times as much as the reading itself.
        images.base.madvise(mmap.MADV_RANDOM)
    return images


def _open_cache(cache: Path) -> Dataset | None:
    """Map a cache into memory, or return None if there is none or it is damaged."""
    if not checksums_match(cache / "checksums.json", [cache / name for name in _FILES]):
        return None
    captions, summary, *more = json.loads((cache / "about.json").read_text("utf-8"))
    images = map_images(cache / "pictures.npy")
    caption_ids = np.load(cache / "caption_ids.npy", mmap_mode="r")
    others = {int(row): texts for row, texts in more[0].items()} if more else {}
    return Dataset(images, captions, caption_ids, Summary.from_dict(summary), cache, others=others)


@contextlib.contextmanager
def _unfinished_folder(cache_dir: Path) -> Iterator[Path]:
    """Create a folder to build a cache in, and remove it afterwards unless it was renamed.

    A lock beside the folder is held meanwhile. The operating system releases it when the process
    ends, however it ends, so the next build can tell what was abandoned from what another process
    is still building.
    """
    cache_dir.mkdir(parents=True, exist_ok=True)
    matches = (_UNFINISHED.fullmatch(path.name) for path in cache_dir.iterdir())
    for name in {match[1] for match in matches if match}:
        # Left alone if it is locked (Timeout is an OSError) or belongs to another user.
        with contextlib.suppress(OSError), _lock(cache_dir / name, timeout=0):
            shutil.rmtree(cache_dir / name, ignore_errors=True)
    folder = cache_dir / f"unfinished-{secrets.token_hex(8)}"
    with _lock(folder):
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _lock(folder: Path, timeout: float = -1) -> Iterator[None]:
    """Hold the lock of an unfinished folder and remove it afterwards: its name is not used again.

    Raises:
        Timeout: Another process holds it; never if the timeout, in seconds, is negative.
    """
    path = folder.with_name(f"{folder.name}.lock")
    with FileLock(path, timeout=timeout):
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # Windows: removed as it is released
                path.unlink(missing_ok=True)


def _publish(folder: Path, cache: Path) -> Dataset:
    """Rename a finished folder to its cache, unless another process was faster."""
    if (dataset := _open_cache(cache)) is None:
        shutil.rmtree(cache, ignore_errors=True)  # damaged
        with contextlib.suppress(OSError):  # another process may be faster right now
            folder.rename(cache)
        dataset = _open_cache(cache)
    if dataset is None:
        raise OSError(f"{folder} cannot be renamed to {cache}")
    return dataset


def _build(folder: Path, origin: Origin, reading: Reading, size: int) -> Summary:
    """Write a cache. Memory holds the names and one chunk of images, whatever their number."""
    captions = reading.captions
    names = [name for name in origin.images if name in captions]
    left_out: dict[str, list[str]] = {}  # names by reason
    if without := [name for name in origin.images if name not in captions]:
        left_out["colours unsure" if origin.described else NO_CAPTION] = without
    used = _write_images(folder / "pictures.npy", origin.files, names, size, left_out)
    texts: dict[str, int] = {}  # ids by caption, in order of appearance
    ids = [texts.setdefault(captions[name], len(texts)) for name in used]
    np.save(folder / "caption_ids.npy", np.array(ids, np.int32))

    counts, unique = Counter(ids), list(texts)
    summary = Summary(
        found=len(origin.images),
        used=len(used),
        left_out={reason: len(names) for reason, names in left_out.items()},
        examples={reason: names[:EXAMPLES] for reason, names in left_out.items()},
        unread=len(origin.files.unread),
        unread_examples=origin.unread_examples(),
        tags=reading.report,
        captions=len(unique),
        commonest=[(unique[i], count) for i, count in counts.most_common(10)],
        rare=rare_colours({text: counts[i] for text, i in texts.items()}),
    )
    (folder / "names.json").write_text(json.dumps(used), "utf-8")
    about: list[Any] = [unique, summary.to_dict()]
    if others := shared_captions(used, ids, reading.others):
        about.append(others)
    (folder / "about.json").write_text(json.dumps(about), "utf-8")
    write_checksums(folder / "checksums.json", [folder / name for name in _FILES])
    return summary


def _write_images(
    path: Path, files: Files, names: list[str], size: int, left_out: dict[str, list[str]]
) -> list[str]:
    """Write the images that can be decoded as a .npy file and return their names.

    The others are added to `left_out`, by reason.
    """
    used = []
    with path.open("wb") as file:
        _write_header(file, len(names), size)
        for chunk in _decode_chunks(files, names, size, "decode"):
            for name, image in chunk:
                if isinstance(image, str):
                    reason, _, detail = image.partition(": ")
                    example = f"{name} ({detail})" if detail else name
                    left_out.setdefault(reason, []).append(example)
                else:
                    file.write(image.data)
                    used.append(name)
        _write_header(file, len(used), size)
    return used


def _write_header(file: BinaryIO, count: int, size: int) -> None:
    """Write the header of a .npy file; NumPy pads it, so that the count can change later."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (count, size, size, 3)}
    file.seek(0)
    np.lib.format.write_array_header_1_0(file, header)


def _decode_chunks(
    files: Files, names: list[str], size: int, task: str
) -> Iterator[list[tuple[str, np.ndarray | str]]]:
    """Yield chunks of names with their decoded images, or the reason why there is none."""
    decode = functools.partial(_decode, files, size)
    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,  # Pillow decodes outside Python's lock
        tqdm(total=len(names), desc=task, unit=" images", disable=None) as bar,  # terminals only
    ):
        for start in range(0, len(names), _CHUNK):
            chunk = names[start : start + _CHUNK]
            yield list(zip(chunk, pool.map(decode, chunk), strict=True))
            bar.update(len(chunk))


def _decode(files: Files, size: int, name: str) -> np.ndarray | str:
    """Return an image, or the reason why it cannot be used."""
    try:
        with files.open(name) as file:
            return read_image(file, size)
    except BadImage as error:
        return str(error)
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
