"""Images and captions are found, cached and drawn as the documentation says."""

import dataclasses
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from config import ROOT, ProjectError, UsageError
from dataset import cache
from dataset import vectors as vectors_module
from dataset.batches import CANDIDATES, _mismatch, batches, choose
from dataset.cache import load_dataset
from dataset.faces import Dataset, merge_captions
from dataset.sources import SUFFIXES
from dataset.summary import Summary
from dataset.vectors import count_paraphrases, encode_captions
from files.images import read_image

SIZE = 32


def image(value: int = 0, side: int = 40) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), (value, 0, 255 - value)).save(file, "PNG")
    return file.getvalue()


def write(root: Path, files: dict[str, bytes | str]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    return root


def write_zip(path: Path, files: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return path


@pytest.fixture
def load(tmp_path):
    def load(path: Path, tags: Path | None = None, size: int = SIZE) -> Dataset:
        return load_dataset(path, tags, size, tmp_path / "cache")

    return load


def pairs(dataset: Dataset) -> dict[str, str]:
    """Captions by image."""
    ids = dataset.caption_ids
    return {name: dataset.captions[i] for name, i in zip(dataset.names, ids, strict=True)}


TWO = {"1.png": image(1), "2.png": image(2)}


# ------------------------------------------------------------------------------ what is found


def test_images_and_captions_belong_together(tmp_path, load):
    files = {f"{n}.png": image(n) for n in range(50)}
    tags = "".join(f"{n},caption {n % 7}\n" for n in range(50))
    data = load(write(tmp_path / "faces", files | {"tags.csv": tags}))
    assert len(data) == 50 and data.images.shape == (50, SIZE, SIZE, 3)
    assert data.images.dtype == np.uint8 and isinstance(data.images, np.memmap)
    assert data.caption_ids.dtype == np.int32 and isinstance(data.caption_ids, np.memmap)
    assert data.captions == list(dict.fromkeys(pairs(data).values())) and len(data.captions) == 7
    for row, (name, caption) in enumerate(pairs(data).items()):
        number = int(name.removesuffix(".png"))
        assert caption == f"caption {number % 7}"
        assert (data.images[row] == (number, 0, 255 - number)).all()


def test_every_suffix_and_subfolders_but_nothing_hidden(tmp_path, load):
    shown = [f"{n}{suffix}" for n, suffix in enumerate(SUFFIXES)]
    shown += ["UP.PNG", "a/b/deep.Jpg", "ünï 字.png"]
    hidden = [".x.png", ".git/y.png", "__MACOSX/z.png", "notes.md", "a/noise.pngx"]
    tags = "".join(f"{Path(name).stem},caption {n}\n" for n, name in enumerate(shown + hidden))
    files = {name: image() for name in shown + hidden} | {"tags.csv": tags}
    for path in (write(tmp_path / "faces", files), write_zip(tmp_path / "faces.zip", files)):
        assert load(path).names == sorted(shown)


def test_links_to_folders_are_not_followed(tmp_path, load):
    folder = write(tmp_path / "faces", TWO | {"tags.csv": "1,a\n2,b\n"})
    (folder / "again").symlink_to(folder)
    (folder / "3.png").symlink_to(folder / "nowhere.png")
    assert load(folder).names == ["1.png", "2.png"]


def test_a_zip_equals_its_folder(tmp_path, load):
    files = {f"faces/{n}.png": image(n) for n in range(9)}
    files["tags.csv"] = "".join(f"{n},caption {n % 3}\n" for n in range(9))
    one = load(write(tmp_path / "data", files))
    two = load(write_zip(tmp_path / "data.zip", files))
    np.testing.assert_array_equal(one.images, two.images)
    np.testing.assert_array_equal(one.caption_ids, two.caption_ids)
    assert (one.captions, one.names) == (two.captions, two.names)


# -------------------------------------------------------------------------------------- tags

SOURCES = [  # in the order in which they are looked for
    (
        "metadata.jsonl",
        '{"file_name": "1.png", "text": "X 1"}\n{"file_name": "2.png", "text": "2"}',
    ),
    ("metadata.csv", "file_name,text\n1.png,X 1\n2.png,2\n"),
    ("tags.csv", "1,X 1\n2,2\n"),
    ("tags_clean.csv", "1,X 1 hair:3\tsmile:2\n2,2 hair:1\n"),
]


@pytest.mark.parametrize("first", range(len(SOURCES) + 1))
@pytest.mark.parametrize("kind", ["folder", "zip", "parent", "zip parent"])
def test_sources_of_tags_in_order(first, kind, tmp_path, load):
    """Of all sources from `first` on, it is `first` that counts."""
    side_cars = {"faces/1.txt": "side 1\n", "faces/2.txt": "\ufeffside\n2"}
    files = {f"faces/{name}": data for name, data in TWO.items()} | side_cars
    for n, (name, text) in enumerate(SOURCES[first:]):
        place = name if "parent" in kind else f"faces/{name}"
        files[place] = text.replace("X", "first" if n == 0 else "later")
    if "zip" in kind:
        data = load(write_zip(tmp_path / "data.zip", files))
    else:
        data = load(write(tmp_path, files) / "faces")
    first_caption = pairs(data)[data.names[0]]
    if first < len(SOURCES):
        assert first_caption.startswith("first 1")
        assert data.summary.tags.endswith(SOURCES[first][0])
    else:
        assert data.captions == ["side 1", "side 2"]
        assert data.summary.tags == "NAME.txt beside each image"


def test_the_argument_comes_before_all(tmp_path, load):
    folder = write(tmp_path / "faces", TWO | dict(SOURCES))
    write(tmp_path, {"other.csv": "faces/1.png,from the argument\n2,b\n"})
    data = load(folder, tmp_path / "other.csv")
    assert data.captions == ["from the argument", "b"]
    assert data.summary.tags == str(tmp_path / "other.csv")


def test_no_side_cars_from_the_parent(tmp_path, load):
    write(tmp_path, {"faces/1.png": image(), "1.txt": "a"})
    with pytest.raises(ProjectError, match="No captions for the 1 images"):
        load(tmp_path / "faces")


def test_repeated_names_need_their_path(tmp_path, load):
    files = {name: image() for name in ("a/1.png", "b/1.png", "b/2.png", "c/d/3.png", "1.png")}
    tags = "a/1,in a\nb/1.png,in b\n1,at the top\n2,two\nd/3,three\n"
    data = load(write(tmp_path / "faces", files | {"tags.csv": tags}))
    assert pairs(data) == {
        "1.png": "at the top",
        "a/1.png": "in a",
        "b/1.png": "in b",
        "b/2.png": "two",
        "c/d/3.png": "three",
    }

    data = load(write(tmp_path / "faces", {"tags.csv": "1,top\n2,two\n9,none\n"}))
    assert pairs(data) == {"1.png": "top", "b/2.png": "two"}  # "1" is no other image's id
    assert data.summary.unmatched == 1


def test_each_folder_has_its_own_table(tmp_path, load):
    files = {
        "train/metadata.jsonl": '{"file_name": "1.png", "text": "train"}',
        "test/metadata.jsonl": '{"file_name": "./1.png", "text": "test"}',
        "metadata.jsonl": '{"file_name": "new/2.png", "text": "new"}',
    }
    files |= {name: image() for name in ("train/1.png", "test/1.png", "new/2.png")}
    data = load(write(tmp_path / "data", files))
    assert pairs(data) == {"new/2.png": "new", "test/1.png": "test", "train/1.png": "train"}
    assert data.summary.unmatched == 0


# ----------------------------------------------------------------------------------- summary


def test_summary_names_what_was_left_out_and_why(tmp_path, load):
    files: dict[str, bytes | str] = {f"good{n}.png": image(n) for n in range(3)}
    files |= {f"untold{n:02}.png": image() for n in range(25)}
    files |= {"tiny.png": image(side=20), "text.jpg": "no image", "cut.png": image()[:60]}
    files["tags.csv"] = (
        "good0,aqua hair red eyes\ngood1,blue hair\ngood1,red hair red eyes\ngood2,red hair\n"
        "tiny,a\ntext,b\ncut,c\nabsent,d\nnonsense\n"
    )
    summary = load(write(tmp_path / "faces", files)).summary
    assert (summary.found, summary.used) == (31, 3)
    assert summary.left_out == {
        "no caption": 25,
        "cut short": 1,
        "not an image Pillow can open": 1,
        "too small": 1,
    }
    assert len(summary.examples["no caption"]) == 20
    assert summary.examples["too small"] == ["tiny.png (20×20 px)"]
    assert (summary.duplicates, summary.unmatched, summary.bad_rows) == (1, 1, 1)
    assert dict(summary.commonest)["red hair"] == 1
    rare = dict(summary.rare)
    assert rare["blue hair"] == rare["aqua eyes"] == 0
    assert not {"red hair", "red eyes", "aqua hair"} & rare.keys()
    text = summary.text()
    for part in ("31 found, 3 used, 28 left out", "untold19.png", "and 5 more", "line 9"):
        assert part in " ".join(text.split()), text
    assert "untold20.png" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_summary_of_sound_data_is_short():
    summary = Summary(
        9, 9, {}, {}, 0, [], "tags.csv", 0, 0, [], 0, [], 2, [("a" * 999, 5), ("b", 4)], []
    )
    assert len(summary.text().splitlines()) == 5
    assert max(map(len, summary.text().splitlines())) <= 100


# ------------------------------------------------------------------------------------- cache


@pytest.fixture
def decoded(monkeypatch):
    """The number of images decoded so far."""
    calls = []
    decode = read_image

    def counting(*args):
        calls.append(args)
        return decode(*args)

    monkeypatch.setattr(cache, "read_image", counting)
    return lambda: len(calls)


def entries(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "cache").iterdir())


def test_cache_is_used_again_until_something_changes(tmp_path, load, decoded):
    folder = write(tmp_path / "faces", TWO | {"tags.csv": "1,a\n2,b\n"})
    first = load(folder)
    again = load(folder)
    assert decoded() == 2 and again.summary == first.summary
    assert (again.names, again.captions) == (first.names, first.captions)

    write(folder, {"1.png": image(99, side=41)})
    assert load(folder).images[0, 0, 0, 0] == 99 and decoded() == 4
    os.utime(folder / "2.png", ns=(0, 0))
    load(folder)
    assert decoded() == 6
    write(folder, {"tags.csv": "1,a\n2,c\n"})
    assert load(folder).captions == ["a", "c"] and decoded() == 8
    write(folder, {"3.png": image()})
    assert load(folder).summary.left_out == {"no caption": 1} and decoded() == 10
    assert len(entries(tmp_path)) == 1, "older caches of the same data are removed"
    load(folder, size=48)
    assert len(entries(tmp_path)) == 2, "other sizes are kept"


def test_side_cars_and_zips_are_watched_too(tmp_path, load, decoded):
    folder = write(tmp_path / "faces", TWO | {"1.txt": "a", "2.txt": "b"})
    load(folder)
    write(folder, {"2.txt": "other"})
    assert load(folder).captions == ["a", "other"] and decoded() == 4
    path = write_zip(tmp_path / "data.zip", TWO | {"tags.csv": "1,a\n2,b\n"})
    load(path)
    os.utime(path, ns=(0, 0))
    load(path)
    assert decoded() == 6, "a zip is known by its checksums"
    write_zip(path, TWO | {"2.png": image(77), "tags.csv": "1,a\n2,b\n"})
    assert load(path).images[1, 0, 0, 0] == 77


def test_an_interrupted_build_leaves_nothing(tmp_path, load, monkeypatch):
    folder = write(tmp_path / "faces", TWO | {"tags.csv": "1,a\n2,b\n"})

    def interrupt(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cache, "read_image", interrupt)
        with pytest.raises(KeyboardInterrupt):
            load(folder)
    assert entries(tmp_path) == []
    assert len(load(folder)) == 2


def test_leftovers_of_dead_processes_are_removed(tmp_path, load):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    alive = os.getppid()
    cache = write(
        tmp_path / "cache",
        {f"unfinished-{n}/pictures.npy": "" for n in (dead.pid, alive, os.getpid(), "mine")},
    )
    load(write(tmp_path / "faces", TWO | {"tags.csv": "1,a\n2,b\n"}))
    left = {path.name for path in cache.glob("unfinished-*")}
    assert left == {f"unfinished-{alive}", "unfinished-mine"}


@pytest.mark.parametrize("name", ["pictures.npy", "caption_ids.npy", "about.json"])
def test_a_damaged_cache_is_built_again(name, tmp_path, load):
    folder = write(tmp_path / "faces", TWO | {"tags.csv": "1,a\n2,b\n"})
    load(folder)
    file = entries(tmp_path)[0] / name
    file.write_bytes(file.read_bytes()[:-9])
    assert len(load(folder).images) == 2


def test_two_processes_may_build_at_once(tmp_path):
    files = {f"{n}.png": image(n) for n in range(100)}
    tags = "".join(f"{n},caption {n}\n" for n in range(100))
    folder = write(tmp_path / "faces", files | {"tags.csv": tags})
    code = (
        "import sys; from pathlib import Path; from cache import load_dataset\n"
        "data = load_dataset(Path(sys.argv[1]), None, 32, Path(sys.argv[2]))\n"
        "print(len(data), data.images.sum())"
    )
    command = [sys.executable, "-c", code, str(folder), str(tmp_path / "cache")]
    runs = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(2)]
    outputs = {run.communicate()[0] for run in runs}
    assert len(outputs) == 1 and outputs.pop().startswith(b"100 ")
    assert len(entries(tmp_path)) == 1


def test_many_images_more_than_a_chunk_with_gaps(tmp_path, load, monkeypatch):
    monkeypatch.setattr(cache, "_CHUNK", 4)
    files = {f"{n:02}.png": image(n, side=20 if n % 3 == 0 else 40) for n in range(31)}
    tags = "".join(f"{n:02},caption {n}\n" for n in range(31))
    data = load(write(tmp_path / "faces", files | {"tags.csv": tags}))
    kept = [n for n in range(31) if n % 3]
    assert data.images[:, 0, 0, 0].tolist() == kept
    assert data.captions == [f"caption {n}" for n in kept]
    assert np.load(entries(tmp_path)[0] / "pictures.npy").shape == (20, SIZE, SIZE, 3)


# ------------------------------------------------------------------------------------ errors


def test_errors_say_what_to_do(tmp_path, load):
    with pytest.raises(UsageError, match=r"--data .*none"):
        load(tmp_path / "none")
    with pytest.raises(ProjectError, match=r"\.jpg .*\.tiff"):
        load(write(tmp_path / "empty", {"a.txt": "a"}))
    with pytest.raises(ProjectError, match=r"metadata\.jsonl, .*tags_clean\.csv.* NAME\.txt"):
        load(write(tmp_path / "faces", TWO))
    with pytest.raises(UsageError, match=r"--tags .*none\.csv"):
        load(tmp_path / "faces", tmp_path / "none.csv")
    with pytest.raises(ProjectError, match=r"text\.zip is not a zip file"):
        load(write(tmp_path, {"text.zip": "text"}) / "text.zip")
    with pytest.raises(ProjectError, match="same caption, 'a'"):
        load(write(tmp_path / "one", TWO | {"tags.csv": "1,a\n2,a\n"}))
    with pytest.raises(ProjectError, match=r"(?s)same caption.*bad rows: 1\n.*line 2: no text"):
        load(write(tmp_path / "bad", TWO | {"tags.csv": "1,a\n2,\n"}))
    for _ in range(2):  # the second time, no cache may hide it
        with pytest.raises(ProjectError, match="same caption, 'a'"):
            load(write(tmp_path / "left", TWO | {"3.png": "", "tags.csv": "1,a\n2,a\n3,b\n"}))
    with pytest.raises(
        ProjectError, match=r"(?s)No image .* no caption: 2.* match no image: 2\s+7, 8"
    ):
        load(write(tmp_path / "unmatched", TWO | {"tags.csv": "7,a\n8,b\n"}))
    (tmp_path / "cache2").write_text("a file")
    write(tmp_path / "faces", {"tags.csv": "1,a\n2,b\n"})
    with pytest.raises(ProjectError, match="Cannot write the cache"):
        load_dataset(tmp_path / "faces", None, SIZE, tmp_path / "cache2")


def test_damaged_members_of_a_zip_are_left_out(tmp_path, load):
    files = TWO | {"3.png": image(3), "tags.csv": "1,a\n2,b\n3,c\n"}
    path = write_zip(tmp_path / "data.zip", files)
    data = path.read_bytes()
    path.write_bytes(data.replace(image(3), bytes(len(image(3))), 1))
    summary = load(path).summary
    assert summary.used == 2 and summary.left_out == {"cannot be read": 1}
    assert "3.png (Bad CRC-32" in summary.examples["cannot be read"][0]


# ----------------------------------------------------------------------------------- drawing


def made(counts: list[int]) -> Dataset:
    """A data set in memory with so many images of each caption."""
    ids = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    ids = np.random.default_rng(0).permutation(ids)
    images = np.arange(len(ids) * 48, dtype=np.uint32).astype(np.uint8).reshape(-1, 4, 4, 3)
    captions = [f"caption {n}" for n in range(len(counts))]
    return Dataset(images, captions, ids, None, None)


def draw(*args):
    """The fields of a `Choice`."""
    chosen = choose(*args)
    return [getattr(chosen, field.name) for field in dataclasses.fields(chosen)]


some_counts = st.lists(st.integers(1, 9), min_size=2, max_size=9)
some_seed = st.integers(0, 2**63)


@given(some_counts, some_seed, st.integers(0, 5))
def test_every_epoch_is_a_permutation_of_its_own(counts, seed, epoch):
    data = made(counts)
    rows, *_ = draw(data, 4, seed, epoch * len(data) + np.arange(2 * len(data)))
    assert sorted(rows[: len(data)]) == sorted(rows[len(data) :]) == list(range(len(data)))


@given(some_counts, some_seed, st.integers(0, 2**40), st.data())
def test_what_is_drawn_depends_on_the_position_alone(counts, seed, first, random):
    data = made(counts)
    positions = first + np.arange(64)
    whole = draw(data, 4, seed, positions)
    cut = random.draw(st.integers(1, 63))
    for part, piece in zip(whole, draw(data, 4, seed, positions[cut:]), strict=True):
        np.testing.assert_array_equal(part[cut:], piece)


@given(some_counts, some_seed, st.integers(0, 2**40))
def test_the_other_caption_is_never_the_right_one(counts, seed, first):
    data = made(counts)
    rows, _, others, *_ = draw(data, 4, seed, first + np.arange(200))
    assert others.shape == (200, CANDIDATES)
    assert (data.caption_ids[others] != data.caption_ids[rows, None]).all()


def test_draws_are_as_frequent_as_they_should_be():
    data = made([10, 20, 30, 40])
    rows, flips, others, *paraphrases = draw(data, 4, 3, np.arange(100_000))
    assert abs(flips.mean() - 0.5) < 0.01
    of_one = others[data.caption_ids[rows] == 1]
    assert len(np.unique(of_one, axis=0)) > len(of_one) / 2  # candidates are independent
    share = np.bincount(of_one.ravel(), minlength=100) / of_one.size
    expected = np.where(data.caption_ids == 1, 0, 1 / 80)  # every other image as often
    np.testing.assert_allclose(share, expected, atol=0.004)
    own, other = paraphrases
    for pair in (own.T, (own[:, 0], other), (own[:, 1], other)):
        both = np.bincount(4 * pair[0] + pair[1]) / 100_000
        np.testing.assert_allclose(both, np.full(16, 1 / 16), atol=0.005)
    first, second = (draw(data, 4, 3, start + np.arange(100)) for start in (0, 100))
    other_seed = draw(data, 4, 4, np.arange(100))
    for one, two, three in zip(first, second, other_seed, strict=True):
        assert (one != two).any() and (one != three).any()


def test_the_number_of_paraphrases_changes_nothing_else():
    data = made([10, 20, 30, 40])
    one, many = (draw(data, paraphrases, 3, np.arange(100)) for paraphrases in (1, 64))
    for same, too in zip(one[:3], many[:3], strict=True):
        np.testing.assert_array_equal(same, too)
    assert not any(np.any(paraphrases) for paraphrases in one[3:])


# ----------------------------------------------------------------------------------- batches


def pool_of(captions: int, paraphrases: int = 3) -> np.ndarray:
    """`(M, P, 2)` vectors that tell whose they are: caption, paraphrase."""
    told = np.meshgrid(np.arange(captions), np.arange(paraphrases), indexing="ij")
    return np.stack(told, axis=-1).astype(np.float32)


def parts(batch):
    """The arrays of a `Batch`."""
    return [part.numpy() for part in batch if part is not None]


def take(data, vectors, batch_size, position, count):
    """The next `count` images of training from a position on."""
    steps = -(-count // batch_size)
    triples = [parts(b) for b in batches(data, vectors, batch_size, 5, position).take(steps)]
    return [np.concatenate(each)[:count] for each in zip(*triples, strict=True)]


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 40), st.integers(0, 60))
def test_training_goes_on_where_it_stopped(batch_size, position):
    data, vectors = made([3, 4, 5]), pool_of(3)
    whole = take(data, vectors, 7, 0, position + 30)
    for all_parts, part in zip(whole, take(data, vectors, batch_size, position, 30), strict=True):
        np.testing.assert_array_equal(all_parts[position:], part)


def test_batches_are_images_with_right_and_wrong_vectors():
    data, random = made([3, 4, 5]), np.random.default_rng(0)
    vectors = random.normal(size=(3, 1, 6)) + 0.01 * random.normal(size=(3, 2, 6))
    feed = batches(data, vectors, 8, 0)
    assert [tuple(s.shape) for s in feed.element_spec if s is not None and hasattr(s, "shape")] == [
        (8, 4, 4, 3),
        (8, 2, 6),
        (8, 6),
    ]
    rows, flips, others, own, other = draw(data, 2, 0, np.arange(8))
    images, right, wrong = parts(next(iter(feed)))
    assert flips.any() and not flips.all()
    for row, flip, got in zip(rows, flips, images, strict=True):
        np.testing.assert_array_equal(got, data.images[row][:, :: -1 if flip else 1])
    ids = data.caption_ids[rows, None]
    np.testing.assert_array_equal(right, vectors.astype(np.float32)[ids, own])
    theirs = data.caption_ids[others]
    apart = np.linalg.norm(vectors[theirs, 0] - vectors[ids, 0], axis=2)
    nearest = theirs[np.arange(8), apart.argmin(axis=1)]
    np.testing.assert_array_equal(wrong, vectors.astype(np.float32)[nearest, other])


def test_the_mismatch_is_near_but_does_not_mean_the_same():
    own = np.zeros((3, 2))
    others = np.array([[[3, 0], [2, 0], [4, 0]], [[3, 0], [0.1, 0], [2, 0]], [[0, 0]] * 3])
    np.testing.assert_array_equal(_mismatch(own, others, others), others[[0, 1, 2], [1, 2, 0]])


def test_the_mismatch_does_not_leave_out_what_sets_it_apart():
    own, others = np.zeros((1, 2)), np.array([[[2, 0], [3, 0]]])
    for told, expected in (((2, 5), (2, 5)), ((1.6, 0), (1.6, 0)), ((1, 1), (3, 1))):
        found = _mismatch(own, others, np.array([[told, (3, 1)]]))
        np.testing.assert_array_equal(found, [expected])
    silent = _mismatch(own, others, np.array([[(1, 1), (1, 2)]]))
    np.testing.assert_array_equal(silent, others[:, 0])  # of which the nearest caption tells


def test_batches_of_the_original_are_unmirrored_images_right_and_wrong():
    data, vectors = made([3, 4, 5]), np.random.default_rng(0).normal(size=(3, 1, 6))
    feed = batches(data, vectors, 8, 0, mirror=False, mismatched_images=True)
    assert [tuple(s.shape) for s in feed.element_spec if s is not None and hasattr(s, "shape")] == [
        (8, 4, 4, 3),
        (8, 2, 6),
        (8, 4, 4, 3),
    ]
    rows, _, others, *_ = draw(data, 1, 0, np.arange(8))
    images, right, wrong = parts(next(iter(feed)))
    np.testing.assert_array_equal(images, data.images[rows])
    expected = vectors.astype(np.float32)[data.caption_ids[rows, None], [0, 0]]
    np.testing.assert_array_equal(right, expected)
    np.testing.assert_array_equal(wrong, data.images[others[:, 0]])


def test_every_epoch_words_the_captions_anew():
    data, epochs = made([3, 4, 5]), 40
    images, right, wrong = take(data, pool_of(3), 12, 0, 12 * epochs)
    assert (right[:, 0, 0] != wrong[:, 0]).all() and (right[:, 1, 0] != wrong[:, 0]).all()
    captions = {}  # by image, mirrored or not
    for row, image in enumerate(data.images):
        for mirrored in (image, image[:, ::-1]):
            captions[mirrored.tobytes()] = row, data.caption_ids[row]
    seen: dict[int, set[float]] = {}
    for image, ((caption, paraphrase), (again, _)) in zip(images, right, strict=True):
        row, own = captions[image.tobytes()]
        assert caption == again == own
        seen.setdefault(row, set()).add(paraphrase)
    assert all(paraphrases == {0, 1, 2} for paraphrases in seen.values()) and len(seen) == 12


@pytest.mark.parametrize("shape", [(2, 1, 6), (3, 6)])
def test_batches_want_vectors_for_each_caption(shape):
    with pytest.raises(ValueError, match=rf"\(3, P, D\). Received: \({shape[0]}, "):
        batches(made([3, 4, 5]), np.zeros(shape), 8, 0)


def test_import_brings_no_tensorflow():
    code = "import sys, dataset.batches; print('tensorflow' in sys.modules)"
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, cwd=ROOT, capture_output=True, text=True).stdout == "False\n"


def test_about_file_is_plain_json(tmp_path, load):
    load(write(tmp_path / "faces", TWO | {"tags.csv": "1,a\n2,b\n"}))
    captions, summary = json.loads((entries(tmp_path)[0] / "about.json").read_text())
    assert (captions, summary["used"]) == (["a", "b"], 2)


def test_paraphrases_are_encoded_once_and_older_ones_make_room(tmp_path, monkeypatch):
    data = dataclasses.replace(made([2, 1, 1]), folder=tmp_path)
    monkeypatch.setattr(
        vectors_module,
        "paraphrase",
        lambda caption, count, seed: [caption] + [f"{caption} {n}" for n in range(1, count)],
    )
    monkeypatch.setattr(vectors_module, "_CHUNK", 2)
    calls = []

    def encode(texts):
        """A vector of the numbers in the text: of the caption, of the paraphrase."""
        calls.append(texts)
        numbers = [[*text.split()[1:], 0][:2] for text in texts]
        return np.array(numbers, np.float32)

    (tmp_path / "vectors-a.npy").touch()  # of an older version
    (tmp_path / "names.json").touch()
    for name, paraphrases, version, made_anew in (
        ("a", 1, 5, 2),
        ("a", 3, 5, 3),
        ("a", 3, 5, 0),
        ("b", 3, 5, 3),
        ("b", 3, 6, 3),
    ):
        monkeypatch.setattr(vectors_module, "VERSION", version)
        calls.clear()
        vectors = encode_captions(data, encode, name, paraphrases)
        np.testing.assert_array_equal(vectors, pool_of(3, paraphrases))
        assert isinstance(vectors, np.memmap) and vectors.dtype == np.float32
        assert len(calls) == made_anew and max(map(len, calls), default=0) <= 3
        assert len(list(tmp_path.iterdir())) == 3, "vectors do not pile up, and nothing else goes"


def test_paraphrases_are_bounded_by_their_room():
    assert [count_paraphrases(120, 192, wanted) for wanted in (0, 1, 64)] == [1, 1, 64]
    assert count_paraphrases(10_000, 192, 64) == 33  # 253 MB
    assert count_paraphrases(10**6, 4800, 64) == 1


def test_captions_that_encode_alike_are_never_each_others_mismatch():
    data = made([1, 2, 1, 2])
    vectors = np.array([[1, 0], [0, 1], [1, 1e-7], [1, 1]], np.float32)
    vectors = np.stack([vectors, np.eye(4, 2, dtype=np.float32)], axis=1)  # others count not
    merged = merge_captions(data, vectors)
    np.testing.assert_array_equal(
        merged.caption_ids, np.where(data.caption_ids == 2, 0, data.caption_ids)
    )
    rows, _, others, *_ = draw(merged, 2, 0, np.arange(200))
    others = merged.caption_ids[others]
    assert (merged.caption_ids[rows, None] != others).all()
    assert set(others.ravel()) == {0, 1, 3}
    assert merge_captions(data, np.eye(4, dtype=np.float32)[:, None]) is data
    with pytest.raises(ProjectError, match="reads all captions alike"):
        merge_captions(data, np.ones((4, 1, 2), np.float32))
