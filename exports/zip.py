"""`--export FILE.zip`: a model folder in one file, which `--model FILE.zip` draws from.

It holds the generator in half precision, as a checkpoint and for LiteRT, the sentence encoder, a
model card and the licences. Unpacked, it is a model folder like any other.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

from checkpoints import checkpoint
from config import OWN_ENCODER, ROOT, ProjectError
from exports.base import Exported, check, load_generator
from exports.card import model_card
from exports.half import write_half
from files.paths import AnyPath, file_size
from files.untrusted import LARGEST
from sampler import Sampler
from skipthoughts_encoder import FILES, SETTINGS
from text.fact_probe import PROBE

HALF_TOLERANCE = 0.05  # of values in [-1, 1]: six of 255 levels; trained models differ by one
LICENCES = ("LICENSE", "LICENSE-WordNet.txt")
_USE = """\
Keep this file zipped, and draw:

```bash
python3 DCGAN.py --generate --text "blue hair red eyes" --model FILE.zip
```"""


def export(sampler: Sampler) -> Exported:
    """Pack the model, open the result as `--model` does, and compare; see `exports.base`."""
    encoder = _encoder_files(sampler.encoder.directory)
    notes = []
    if sum(map(file_size, encoder)) > LARGEST:
        notes.append(
            f"without its sentence encoder, which is larger than {LARGEST // 10**6} MB: who draws "
            "with the file names a folder that has it, --encoder DIR"
        )
        encoder = []
    with tempfile.TemporaryDirectory() as scratch:
        folder, file = Path(scratch, "model"), Path(scratch, "model.zip")
        path = write_half(sampler.path, folder)
        members: dict[str, AnyPath] = {
            path.name: path,
            checkpoint.generator_path(path).name: checkpoint.generator_path(path),
            **{f"{OWN_ENCODER}/{part.name}": part for part in encoder},
            **{name: ROOT / name for name in LICENCES},
        }
        data = _pack(members, model_card(sampler, _USE))
        if len(data) > LARGEST:
            raise ProjectError(
                f"The model is too large for one file: {len(data) // 10**6:,} MB, at most "
                f"{LARGEST // 10**6} are read. Share its folder instead."
            )
        file.write_bytes(data)
        copy = Sampler.load(file, None if encoder else str(sampler.encoder.directory))
        note = check(sampler, load_generator(sampler), copy.generate, HALF_TOLERANCE)
    return Exported(data, [note, *notes])


def _encoder_files(directory: AnyPath) -> list[AnyPath]:
    """Return the files of an encoder that are ever opened: its pickled options are not."""
    files = [directory / name for name in (*FILES, SETTINGS, PROBE)]
    return [file for file in files if file.is_file()]


def _pack(members: dict[str, AnyPath], card: str) -> bytes:
    """Return a zip of the model card and some files, by their names in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:

        def add(name: str, data: bytes | str) -> None:
            packed = name.endswith(".npz")  # already
            kind = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), data, kind)  # of 1980, not of today

        add("README.md", card)
        for name, path in members.items():
            add(name, path.read_bytes())
    return file.getvalue()
