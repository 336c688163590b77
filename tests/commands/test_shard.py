"""`--generate --shard` and `-o FILE.tar`: shares that together are the whole, and going on."""

import tarfile

import pytest

from DCGAN import main
from files.tars import SampleTar

DRAW = ["--generate", "--model", "pretrained", "--text", "red hair", "--text", "blue hair"]
DRAW += ["-n", "10", "--seed", "5"]


def draw(output, *options):
    assert main([*DRAW, "-o", str(output), *options]) == 0


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def whole(tmp_path):
    draw(tmp_path / "whole")
    return contents(tmp_path / "whole")


def test_shards_together_are_the_whole_byte_for_byte(tmp_path, whole, capsys):
    for number in (3, 1, 2):
        draw(tmp_path / "shards", "--shard", f"{number}/3")
    assert contents(tmp_path / "shards") == whole and len(whole) == 20
    assert "faces 1 to 6 of 20" in capsys.readouterr().out


def test_a_shard_goes_on_where_it_stopped(tmp_path, whole, capsys):
    folder = tmp_path / "whole"
    (folder / "sample_1_3.jpg").unlink()
    (folder / "sample_2_2.jpg").write_bytes(b"damaged")
    kept = (folder / "sample_1_1.jpg").stat().st_mtime_ns
    draw(folder, "--shard", "1/1")
    assert contents(folder) == whole
    assert (folder / "sample_1_1.jpg").stat().st_mtime_ns == kept
    assert "18 of them were there" in capsys.readouterr().out
    assert main([*DRAW[:-1], "6", "-o", str(folder), "--shard", "1/1"]) == 0
    assert not set(contents(folder).values()) & set(whole.values()), "another seed"


def test_a_tar_holds_the_same_faces_with_their_descriptions(tmp_path, whole):
    draw(tmp_path / "faces.tar")
    found = {}
    with tarfile.open(tmp_path / "faces.tar") as tar:
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            found[member.name] = file.read()
    assert {name: data for name, data in found.items() if name.endswith(".jpg")} == whole
    assert found["sample_2_7.txt"] == b"blue hair" and len(found) == 40


def test_the_tars_of_shards_together_are_the_whole_byte_for_byte(tmp_path):
    draw(tmp_path / "faces.tar")
    parts = b""
    for number in (1, 2):
        path = tmp_path / f"{number}.tar"
        draw(path, "--shard", f"{number}/2")
        parts += path.read_bytes()[:-1024]  # without the blocks that end a tar
    assert parts + bytes(1024) == (tmp_path / "faces.tar").read_bytes()


def test_a_tar_goes_on_where_it_stopped_but_not_with_other_faces(tmp_path, refused):
    path, part = tmp_path / "faces.tar", tmp_path / "faces.tar.part"
    draw(path)
    data = path.read_bytes()
    path.unlink()
    part.write_bytes(data[: len(data) // 2])
    code, message = refused(*DRAW[:-1], "6", "-o", path)
    assert code == 2 and f"{part} was begun with other faces" in message
    code, message = refused(*DRAW, "--text", "red eyes", "--format", "png", "-o", path)
    assert code == 2 and "other faces" in message
    draw(path)
    assert path.read_bytes() == data and not part.exists()


def test_a_tar_of_something_else_is_kept(tmp_path, refused):
    path, part = tmp_path / "faces.tar", tmp_path / "faces.tar.part"
    for file in (part, path):
        with tarfile.open(file, "w") as tar:
            tar.add(__file__, "mine.py")
        before = file.read_bytes()
        code, message = refused(*DRAW, "-o", path)
        assert code == 2 and f"{file} is there already, and this program did not" in message
        assert file.read_bytes() == before
        file.unlink()
    draw(path)
    draw(path)  # replaces what an earlier run wrote


def test_a_run_that_wrote_nothing_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), SampleTar(tmp_path / "faces.tar"):
        raise KeyboardInterrupt
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--shard", "0/2", "--seed", "1"], "must be I/N"),
        (["--shard", "3/2", "--seed", "1"], "must be I/N"),
        (["--shard", "1/2"], "--shard needs --seed"),
        (["--shard", "1/2", "--seed", "1", "--grid"], "--shard does not go with --grid"),
        (["-o", "faces.tar", "--grid"], "--grid writes to a folder, not to faces.tar"),
    ],
)
def test_what_cannot_be_shared_is_refused(refused, options, message):
    code, said = refused("--generate", "--text", "red hair", *options)
    assert code == 2 and message in said
