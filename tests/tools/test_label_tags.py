"""Tags with what people saw in the faces."""

import pytest

from config import ROOT
from dataset.tags import parse_tags
from text.attributes import VALUES
from tools import label_tags

FACES = """id,mouth,eyes,length,extras
1,neutral,open,long,bangs|earring
2,smile,wink,tied,male
3,open,open,short,broken
"""
MOUTHS = "id,mouth,reader\n1,smile,A\n1,frown,B\n9,smile,A\n"


@pytest.fixture
def run(tmp_path, capsys):
    """Write the tables and run the command; return its exit code, tags and messages."""

    def run(*more, tags="1,red hair\n2,blue hair\n3,black hair\n4,aqua hair\n"):
        for name, text in (("tags", tags), ("faces", FACES), ("mouths", MOUTHS)):
            (tmp_path / f"{name}.csv").write_text(text)
        labels = ["--labels", tmp_path / "faces.csv", "--mouths", tmp_path / "mouths.csv"]
        paths = [tmp_path / "tags.csv", "--output", tmp_path / "out.csv", *labels, *more]
        code = label_tags.main(list(map(str, paths)))
        out = tmp_path / "out.csv"
        tags = parse_tags("out.csv", out.read_bytes()).texts if out.exists() else {}
        return code, tags, "".join(capsys.readouterr())

    return run


def test_labels_join_the_tags(run):
    code, tags, output = run()
    assert code == 0 and "4 faces, 2 of them with further tags" in output
    assert tags == {
        "1": "red hair, smile, long hair, blunt bangs",
        "2": "blue hair, smile, wink, boy",
        "3": "black hair",
        "4": "aqua hair",
    }


def test_repeats_are_left_out(run, tmp_path):
    (tmp_path / "repeats.csv").write_text("id,repeats\n2,1\n")
    assert run("--repeats", tmp_path / "repeats.csv")[1].keys() == {"1", "3", "4"}


def test_a_file_that_cannot_be_read_is_named(run, tmp_path):
    code, _, output = run("--repeats", tmp_path / "none.csv")
    assert code == 2 and "none.csv" in output


def test_every_tag_is_a_value_and_every_word_of_the_labels_is_known():
    tags = {t for meanings in label_tags._TAGS.values() for ts in meanings.values() for t in ts}
    assert tags <= VALUES.keys()
    lines = (ROOT / "tools" / "labels" / "face_labels.csv").read_text().splitlines()[1:]
    said = {word for line in lines for word in line.split(",")[4].split("|")}
    assert said - label_tags._TAGS["extras"].keys() <= {"", "earring", "broken"}
