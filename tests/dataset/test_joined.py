"""Several folders and zips are read as one."""

import numpy as np
import pytest

from config import ProjectError
from dataset.cache import load_dataset
from dataset.joined import Images, join


@pytest.fixture
def load_all(tmp_path):
    """Return a function that loads folders and zips as one data set."""

    def load(*paths):
        cache = tmp_path / "cache"
        one = len(paths) == 1
        return join({p: load_dataset(p, None, 32, cache, alone=one) for p in paths}, cache)

    return load


def test_images_of_several_arrays_are_found_by_one_number(normal):
    parts = [
        (normal(count, 2, 2, 3, seed=count) * 50 + 128).astype(np.uint8) for count in (3, 1, 4)
    ]
    joined = Images(parts)
    rows = np.array([7, 0, 3, 3, 2, 4])
    assert len(joined) == 8 and joined.shape == (8, 2, 2, 3)
    np.testing.assert_array_equal(joined[rows], np.concatenate(parts)[rows])


def test_a_folder_and_a_zip_are_one_data_set(load_all, write, write_zip, image, tmp_path):
    folder = write(tmp_path / "a", {"1.png": image(1), "2.png": image(2), "tags.csv": "1,x\n2,y\n"})
    archive = write_zip(tmp_path / "b.zip", {"1.png": image(3), "no.png": "?", "tags.csv": "1,x\n"})
    data = load_all(archive, folder)
    assert data.names == [f"{folder}/1.png", f"{folder}/2.png", f"{archive}/1.png"]
    assert [data.captions[n] for n in data.caption_ids] == ["x", "y", "x"]
    assert data.read(np.array([2, 0]))[:, 0, 0, 0].tolist() == [3, 1]
    summary = data.summary
    assert (summary.found, summary.used, summary.captions) == (4, 3, 2)
    assert summary.commonest == [("x", 2), ("y", 1)]
    assert summary.examples == {"no caption": [f"{archive}: no.png"]}
    assert f"{folder}: {folder}/tags.csv" in summary.text()
    assert load_all(folder, archive).folder == data.folder, "the order does not matter"


def test_one_folder_may_have_one_caption_if_another_has_another(load_all, write, two, tmp_path):
    one = write(tmp_path / "a", two | {"tags.csv": "1,x\n2,x\n"})
    other = write(tmp_path / "b", two | {"tags.csv": "1,y\n2,y\n"})
    assert load_all(one, other).captions == ["x", "y"]
    with pytest.raises(ProjectError, match="same caption, 'x'"):
        load_all(one)  # its cache is there
    same = write(tmp_path / "c", two | {"tags.csv": "1,x\n2,x\n"})
    with pytest.raises(ProjectError, match=r"a, .*c have the same caption, 'x'"):
        load_all(one, same)


def test_what_is_derived_from_older_data_is_removed(load_all, write, two, image, tmp_path):
    one = write(tmp_path / "a", two | {"tags.csv": "1,x\n2,y\n"})
    other = write(tmp_path / "b", two | {"tags.csv": "1,x\n2,y\n"})
    before = load_all(one, other).folder
    write(other, {"2.png": image(9)})
    after = load_all(one, other).folder
    assert after != before and after.exists() and not before.exists()


def test_further_captions_count_if_they_are_true_of_all(load_all, write, two, tmp_path):
    one = write(tmp_path / "a", two | {"tags.csv": "1,x\n1,more\n2,y\n"})
    other = write(tmp_path / "b", two | {"tags.csv": "1,y\n1,less\n2,z\n2,last\n"})
    parts = [load_dataset(path, None, 32, tmp_path / "cache") for path in (one, other)]
    assert [part.others for part in parts] != [{}, {}]
    data = load_all(one, other)
    found = {data.captions[row]: texts for row, texts in data.others.items()}
    assert found == {"x": ["more"], "z": ["last"]}
