"""What SECURITY.md promises is tested, and no source opens what could run code."""

import ast
import re

from config import ROOT

WINGS = [
    *("benchmarks", "checkpoints", "commands", "dataset", "evaluation", "exports", "files"),
    *("recipes", "text", "tools", "training"),
]
# What makes code of data, or hands it to a shell. `pickle.dumps` only writes.
BUILT_IN = {"eval", "exec", "compile", "__import__"}
RUNS = BUILT_IN | {
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "allow_pickle=True", "read_pickle"),
    *("marshal.load", "marshal.loads", "shelve.open", "dill.load", "dill.loads", "joblib.load"),
    *("torch.load", "yaml.load", "yaml.unsafe_load", "os.system", "os.popen", "shell=True"),
    *("load_model", "model_from_json", "model_from_config", "deserialize_keras_object"),
    *("enable_unsafe_deserialization", "custom_object_scope", "safe_mode=False", "Lambda"),
    *("saved_model.load", "import_meta_graph", "load_op_library", "load_library"),
    *("extract", "extractall", "unpack_archive"),
}
SAFE = {
    ("published_encoder.py", "allow_pickle=True"),  # NumPy's save, in a benchmark
    ("keras.py", "load_model"),  # of what the export has just saved, to compare
    ("upscaling.py", "load_model"),  # ncnn's, of weights in an installed package
    ("upscaling.py", "extract"),  # ncnn's, of a result
}


def unsafe(source: str) -> set[str]:
    """What in `RUNS` a source calls, derives from or asks for."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        names = [ast.unparse(base) for base in getattr(node, "bases", ())]
        if isinstance(node, ast.Call):
            names.append(ast.unparse(node.func))
        elif isinstance(node, ast.keyword):
            names.append(f"{node.arg}={ast.unparse(node.value)}")
        found |= {n for n in RUNS if n in names}
        found |= {n for n in RUNS - BUILT_IN if any(name.endswith(f".{n}") for name in names)}
    return found


def test_no_file_that_is_read_can_run_code():
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} <= set(WINGS)
    sources = list(ROOT.glob("*.py"))
    for wing in WINGS:
        inside = list((ROOT / wing).rglob("*.py"))
        assert len(inside) >= 3, wing
        sources += inside
    assert len(sources) >= 80
    found = {(path.name, name) for path in sources for name in unsafe(path.read_text("utf-8"))}
    assert found <= SAFE
    for source in (
        "np.load(f, allow_pickle=True)",
        "keras.models.load_model(f)",
        "keras.saving.load_model(f, safe_mode=False)",
        "class Loose(pickle.Unpickler): pass",
        "subprocess.run(x, shell=True)",
        "archive.extractall()",
        "eval(x)",
        "keras.layers.Lambda(x)",
    ):
        assert unsafe(source), source


def test_every_promise_has_a_test_that_is_there():
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    promises = re.findall(r"`tests/([\w/]+\.py)::(\w+)`", text)
    assert len(promises) == text.count("::"), "each path is understood"
    assert len(promises) >= 12
    for file, name in promises:
        assert f"\ndef {name}(" in (ROOT / "tests" / file).read_text("utf-8"), name
