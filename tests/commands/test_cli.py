"""The command line: what is refused and how, and what is said."""

import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from checkpoints import checkpoint
from checkpoints.checkpoint import Header
from commands import generate, train
from commands.options import parser
from config import ROOT, TEXT_ENCODER, ModelConfig, TrainConfig
from DCGAN import main
from files.writing import lock_folder
from skipthoughts_encoder import load_encoder
from text.descriptions import Description


def refused(capsys, *arguments):
    """Exit code and message of a command that does not do its work."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as stop:
        code = stop.code
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--train --generate"),
        (["--train", "--generate"], "not allowed with"),
        (["--train", "-n", "2"], "-n goes with --generate, not with --train"),
        (["--train", "--grid"], "--grid goes with --generate"),
        (["--generate", "--text", "a", "--steps", "3"], "--steps goes with --train"),
        (["--generate"], "-t FILE"),
        (["--generate", "--text", "  "], "--text: no text. Give a description"),
        (["--generate", "--text", "🙂"], "--text: no word in '🙂'"),
        (["--generate", "--text", "a", "-o", ""], "-o/--output: must not be empty"),
        (["--generate", "--text", "a", "--model", " "], "--model: must not be empty"),
        (["--generate", "-t", ""], "-t/--file: must not be empty"),
        (["--train", "--data", ""], "--data: must not be empty"),
        (["--generate", "--text", "a", "-o", "README.md/below"], "Name another: -o DIR"),
        (["--generate", "--text", "a", "-o", "README.md"], "Name another: -o DIR"),
        (["--evaluate", "-o", "README.md"], "Name another: -o DIR"),
        (["--train", "--tags", "."], "--tags . is a folder. Name a file of descriptions"),
        (["--generate", "-t", "none.txt"], "none.txt"),
        (["--generate", "--text", "a", "-n", "0"], "-n/--number: must be a whole number"),
        (["--generate", "--text", "a", "-n", "-3"], "-n/--number: must be a whole number"),
        (["--generate", "--text", "a", "-n", "many"], "Received: many"),
        (["--generate", "--text", "a", "--seed", "-1"], "--seed"),
        (["--generate", "--text", "a", "--format", "gif"], "--format"),
        (["--generate", "--text", "a", "--model", "nowhere"], "--model nowhere"),
        (["--train", "--steps", "1", "--minutes", "1"], "not allowed with"),
        (["--train", "--minutes", "nan"], "--minutes: must be a number above 0"),
        (["--train", "--epochs", "0"], "--epochs"),
        (["--train", "--data", "nowhere"], "--data"),
        (["--train", "--size", "50"], "--size must be a multiple of 16"),
        (["--train", "--width", "1000"], "--width must be"),
        (["--train", "--model", "pretrained"], "--model pretrained ships"),
        (["--train", "--size", "96", "--init", "pretrained"], "--init pretrained needs"),
        *(
            (["--train", "--paraphrase", number], "--paraphrase: must be a whole number from 0")
            for number in ("-1", "1001", "2.5", "many")
        ),
        (["--generate", "--text", "a", "--paraphrase", "0"], "--paraphrase goes with --train"),
        (["--train", "--seed", "4294967296"], "--seed: must be a whole number from 0"),
        (["--train", "--tags", "nowhere.csv"], "--tags nowhere.csv"),
        (["--train", "--encoder", "nowhere"], "--encoder nowhere"),
        (["--generate", "--text", "a", "--encoder", "nowhere"], "--encoder nowhere"),
        (["--train", "--model", "README.md/below"], "--model must be a folder"),
        (["--train", "--model", "README.md"], "--model must be a folder"),
        (["--train", "--model", "x" * 300], "--model: File name too long: xxx"),
        (["--generate", "--text", "a", "-o", "x" * 300], "-o/--output: File name too long: xxx"),
        (["--train", "--data", ".", "--model", "m/mine"], "--model m/mine lies in --data ."),
        (["--evaluate", "--cascade", "."], "--cascade . is no file"),
    ],
)
def test_wrong_use_is_code_2_and_names_the_flag(capsys, monkeypatch, tmp_path, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").touch()
    code, error = refused(capsys, *arguments)
    assert code == 2 and message in error, error


def test_a_run_that_fails_is_code_1(capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    code, error = refused(capsys, "--train", "--data", tmp_path / "empty", "--init", "scratch")
    assert code == 1 and "No images" in error


@pytest.mark.parametrize("folder", ["m", "models/m"])
def test_a_run_that_fails_before_it_begins_leaves_no_model_folder(capsys, tmp_path, folder):
    (tmp_path / "empty").mkdir()
    arguments = ["--train", "--data", tmp_path / "empty", "--model", tmp_path / folder]
    code, error = refused(capsys, *arguments)
    assert code == 1 and "No images" in error
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def model_in(folder, data="", **changes):
    encoder = load_encoder(TEXT_ENCODER)
    fields = {"text_dim": encoder.dim, "encoder": encoder.fingerprint, "size": 32, "width": 4}
    config = ModelConfig(**fields | changes)
    arrays = {"ema/none": np.zeros(1, np.float32)}
    header = Header(config, TrainConfig(), step=5, data=data)
    checkpoint.save(folder, header, arrays, b"")


def test_a_model_that_is_there_is_not_lost_or_changed_by_accident(capsys, faces, tmp_path):
    model_in(tmp_path)
    train = ["--train", "--data", faces, "--model", tmp_path]
    code, error = refused(capsys, *train, "--init", "scratch")
    assert code == 2 and "--overwrite" in error
    code, error = refused(capsys, *train, "--size", "48")
    assert code == 2 and "--size 48" in error and "has 32" in error
    code, error = refused(capsys, *train, "--width", "8")
    assert code == 2 and "--width 8" in error
    assert checkpoint.latest(tmp_path).exists()


def test_a_model_of_another_encoder_says_so(capsys, faces, tmp_path):
    model_in(tmp_path, encoder="f" * 64)
    code, error = refused(capsys, "--generate", "--text", "a", "--model", tmp_path)
    assert code == 1 and "fingerprint ffffffffffff" in error


def test_dry_run_tells_all_and_trains_nothing(capsys, faces, tmp_path):
    options = ["--width", "4", "--size", "32", "--batch-size", "64", "--epochs", "10"]
    arguments = ["--train", "--data", faces, "--model", tmp_path / "m", "--dry-run", *options]
    assert main([str(argument) for argument in arguments]) == 0
    said = capsys.readouterr().out
    for part in (
        "12 found, 12 used",
        "size 32  width 4",
        "new, from random weights",
        "12 images a step, for there are no more",
        "10 epochs, which is 10 steps, 10 to go",
        "batch_size 64",
        f"paraphrases  {TrainConfig.paraphrases} of each caption\n",
        "generator",
        "parameters",
    ):
        assert part in said, said
    assert not (tmp_path / "m").exists()


def test_the_paraphrases_are_kept_with_the_model_until_others_are_asked_for(
    capsys, monkeypatch, faces, tmp_path
):
    given = []

    def train(data, vectors, header, start, folder, *args, **options):
        given.append(vectors)
        arrays = {"ema/none": np.zeros(1, np.float32)}
        checkpoint.save(folder, dataclasses.replace(header, step=header.step + 1), arrays, b"")
        return True

    def run(*options):
        arguments = ["--train", "--data", faces, "--model", tmp_path / "m", *options]
        assert main([str(argument) for argument in arguments]) == 0
        header = checkpoint.read_header(checkpoint.latest(tmp_path / "m"))
        return capsys.readouterr().out, header.train.paraphrases, given[-1]

    monkeypatch.setattr("training.loop.train", train)
    said, recorded, vectors = run("--init", "scratch", "--size", "32", "--paraphrase", "0")
    assert "paraphrases  each caption as it stands\n" in said and "paraphrases 0" in said
    assert (recorded, vectors.shape[:2]) == (0, (6, 1))
    assert run()[1] == 0
    said, recorded, more = run("--paraphrase", "5")
    assert "paraphrases  5 of each caption\n" in said
    assert (recorded, more.shape[:2]) == (5, (6, 5))
    np.testing.assert_allclose(more[:, :1], vectors, atol=1e-6)
    monkeypatch.setattr("dataset.vectors.POOL_BYTES", 3 * vectors.nbytes)
    said, recorded, fewer = run()
    assert "paraphrases  3 of each caption, for 5 would take more than" in said
    assert (recorded, fewer.shape[:2]) == (5, (6, 3))


def test_overwrite_begins_anew_and_touches_nothing_else(capsys, faces, tmp_path):
    model_in(tmp_path)
    (tmp_path / "log.jsonl").write_text('{"step": 5}\n')
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "mine.txt").touch()
    options = ["--init", "scratch", "--overwrite", "--size", "32", "--width", "4", "--steps", "1"]
    arguments = ["--train", "--data", faces, "--model", tmp_path, *options]
    assert main([str(argument) for argument in arguments]) == 0
    assert [path.name for path in checkpoint.list_checkpoints(tmp_path)] == [
        "checkpoint-00000001.npz"
    ]
    assert '"step": 5' not in (tmp_path / "log.jsonl").read_text()
    assert (tmp_path / "logs" / "mine.txt").exists()


def test_a_second_training_in_one_folder_is_refused_at_once(capsys, monkeypatch, faces, tmp_path):
    hold = "from files.writing import lock_folder; from pathlib import Path; import time\n"
    hold += f"with lock_folder(Path({str(tmp_path)!r})): print(flush=True); time.sleep(60)"
    train = ["--train", "--data", faces, "--model", tmp_path]
    begun = []
    monkeypatch.setattr(
        train, "choose_start", lambda *_: begun.append(1)
    )  # the first that takes time
    other = subprocess.Popen([sys.executable, "-c", hold], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        other.stdout.readline()
        code, said = refused(capsys, *train)
        assert code == 1 and f"Another training writes to {tmp_path}" in said and not begun
    finally:
        other.kill()
        other.communicate()

    def settle(*_):  # a dead one holds nothing, and what still prepares holds it already
        with lock_folder(tmp_path):
            begun.append(1)

    monkeypatch.setattr(train, "choose_start", settle)
    code, said = refused(capsys, *train)
    assert code == 1 and f"Another training writes to {tmp_path}" in said and not begun


@pytest.mark.parametrize("name", ["best", "grids", "logs", "log.jsonl", ".lock"])
def test_what_stands_in_the_way_of_training_is_named_at_once(capsys, faces, tmp_path, name):
    (tmp_path / name).symlink_to("/dev/full" if Path("/dev/full").exists() else "nowhere")
    code, said = refused(capsys, "--train", "--data", faces, "--model", tmp_path)
    assert code == 2 and name in said and "--model" in said


def test_a_dry_run_reads_the_weights_that_training_would_go_on_from(capsys, faces, tmp_path):
    model_in(tmp_path)
    code, said = refused(
        capsys, "--train", "--data", faces, "--model", tmp_path, "--steps", "9", "--dry-run"
    )
    assert code == 1 and f"{checkpoint.latest(tmp_path)} does not fit its own header" in said


def test_generate_says_what_it_used_and_what_it_did_not_understand(capsys, tmp_path):
    file = tmp_path / "d.txt"
    file.write_text("# two\n\n7,blue hair xyzzy\n")
    arguments = ["--generate", "-t", file, "--text", "red hair", "-o", tmp_path, "--seed", "5"]
    assert main([*map(str, arguments), "--model", "pretrained"]) == 0
    said = capsys.readouterr().out
    assert "pretrained" in said and "text-encoder" in said and "seed     5" in said
    assert f"{file} line 3: hair: blue, eyes: any; not understood: xyzzy" in said
    assert "--text 'red hair': hair: red, eyes: any\n" in said
    assert {p.name for p in tmp_path.glob("*.jpg")} == {"sample_1_1.jpg", "sample_2_1.jpg"}


def test_the_seed_is_random_and_said(capsys, tmp_path):
    def seed():
        assert main(["--generate", "--text", "red hair", "-o", str(tmp_path)]) == 0
        return next(x for x in capsys.readouterr().out.splitlines() if x.startswith("seed"))

    assert seed() != seed()


def test_help_and_wrong_use_load_no_tensorflow():
    code = (
        "import sys, DCGAN\n"
        "for a in (['--help'], ['--train', '-n', '1'], ['--train', '--data', 'nowhere']):\n"
        "    try: code = DCGAN.main(a)\n"
        "    except SystemExit as stop: code = stop.code\n"
        "    assert code == (0 if a == ['--help'] else 2)\n"
        "assert not {'tensorflow', 'keras', 'nltk', 'scipy'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


def test_every_option_is_in_the_readme():
    text = (ROOT / "README.md").read_text()
    options = [o for a in parser()._actions for o in a.option_strings if o not in "-h--help"]
    assert [option for option in options if f"`{option}" not in text] == []


def test_a_zip_trains_like_a_folder(capsys, faces, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "faces"), "zip", faces)
    options = ["--size", "32", "--width", "4", "--dry-run"]
    assert main(["--train", "--data", archive, "--model", str(tmp_path / "m"), *options]) == 0
    assert "12 found, 12 used" in capsys.readouterr().out


def test_the_way_to_go_on_leaves_out_how_to_begin():
    begun = ["DCGAN.py", "--train", "--init", "scratch", "--overwrite", "--data"]
    assert (
        train.resume_command([*begun, "my faces"]) == "python3 DCGAN.py --train --data 'my faces'"
    )
    assert (
        train.resume_command(["DCGAN.py", "--init=scratch", "--train"])
        == "python3 DCGAN.py --train"
    )


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KeyboardInterrupt(), "stopped"),
        (OSError(28, "No space left", "disk"), "disk: No space left"),
    ],
)
def test_no_traceback_whatever_stops_it(capsys, monkeypatch, error, message):
    def fail(options):
        raise error

    monkeypatch.setattr(generate, "generate", fail)
    code, said = refused(capsys, "--generate", "--text", "a")
    assert code == 1 and message in said


def test_a_finished_model_is_left_alone_and_other_data_are_remarked_on(capsys, faces, tmp_path):
    model_in(tmp_path, "faces of another")
    arguments = ["--train", "--data", str(faces), "--model", str(tmp_path), "--steps", "5"]
    before = checkpoint.latest(tmp_path).stat().st_mtime_ns
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "Nothing to do" in said and "other data: faces of another" in said
    assert "Done" not in said and checkpoint.latest(tmp_path).stat().st_mtime_ns == before


def test_data_that_changed_since_the_last_run_are_remarked_on(capsys, faces, tmp_path):
    mine = shutil.copytree(faces, tmp_path / "faces")
    train = ["--train", "--data", str(mine), "--model", str(tmp_path / "model"), "--size", "32"]
    assert main([*train, "--width", "4", "--steps", "1"]) == 0
    again = ["--train", "--data", str(mine), "--model", str(tmp_path / "model"), "--dry-run"]
    capsys.readouterr()
    assert main(again) == 0
    assert "other data" not in capsys.readouterr().out
    tags = (mine / "tags.csv").read_text()
    (mine / "tags.csv").write_text(tags.replace("red hair", "pink hair"))
    assert main(again) == 0
    assert "trained on other data" in capsys.readouterr().out


def test_how_each_description_is_read(tmp_path):
    texts = ["Blue_hair gren eyes", "silver hair, gray eyes", "xyzzy blue hair"]
    descriptions = [Description(n, n, text) for n, text in enumerate(texts, start=1)]
    assert generate.readings(load_encoder(TEXT_ENCODER), descriptions) == [
        "hair: blue, eyes: green; gren read as green",
        "hair: gray, eyes: black; the faces have no silver hair, the nearest is gray; "
        "the faces have no gray eyes, the nearest is black",
        "hair: blue, eyes: any; not understood: xyzzy",
    ]
    golden = ROOT / "tests" / "golden" / "skipthoughts_tiny"
    published = load_encoder(shutil.copytree(golden, tmp_path / "published"))
    assert generate.readings(published, descriptions) == [
        "not understood: Blue_hair, gren",
        "",
        "not understood: xyzzy",
    ]


def test_generate_says_how_each_line_is_read(capsys, monkeypatch, tmp_path):
    encoder = load_encoder(TEXT_ENCODER)
    model_in(tmp_path)
    path = checkpoint.latest(tmp_path)
    sampler = SimpleNamespace(path=path, header=checkpoint.read_header(path), encoder=encoder)
    monkeypatch.setattr("commands.models.Sampler", lambda *_: sampler)
    monkeypatch.setattr("commands.generate.write_faces", lambda *_: None)
    file = tmp_path / "d.txt"
    file.write_text("# two\n\n7,blue hair red eyes\nblue hiar\n")
    arguments = ["--generate", "-t", file, "--text", "a girl, green eyes", "--model", tmp_path]
    assert main([str(argument) for argument in arguments]) == 0
    assert capsys.readouterr().out.splitlines()[3:-1] == [
        f"{file} line 3: hair: blue, eyes: red",
        f"{file} line 4: hair: blue, eyes: any; hiar read as hair",
        "--text 'a girl, green eyes': hair: any, eyes: green",
    ]


def test_what_was_begun_is_done_when_nobody_listens_any_more(tmp_path):
    reader, unheard = os.pipe()
    os.close(reader)
    command = [sys.executable, "DCGAN.py", "--generate", "--text", "red hair", "-n", "3"]
    process = subprocess.Popen(
        [*command, "-o", str(tmp_path)], cwd=ROOT, stdout=unheard, stderr=subprocess.PIPE
    )
    os.close(unheard)
    assert process.communicate() == (None, b"")
    assert process.returncode == 0
    assert len(list(tmp_path.glob("*.jpg"))) == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_disk_that_is_full_of_what_is_said_is_named(tmp_path):
    command = f"{sys.executable} DCGAN.py --generate --text 'red hair' -o {tmp_path} > /dev/full"
    done = subprocess.run(command, cwd=ROOT, shell=True, capture_output=True)
    assert done.returncode == 1
    assert done.stderr == b"DCGAN.py: error: <stdout>: No space left on device\n"


@pytest.mark.skipif(os.name != "posix", reason="of POSIX shells")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_streams_that_are_closed_from_the_start_are_done_without(tmp_path, closed):
    command = f"{sys.executable} DCGAN.py --generate --text 'red hair' -o {tmp_path} {closed}"
    assert subprocess.run(command, cwd=ROOT, shell=True).returncode == 0
    assert len(list(tmp_path.glob("*.jpg"))) == 1
