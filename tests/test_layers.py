"""The modules at the top import what is below them only; import-linter holds the wings."""

import ast

import pytest

from config import ROOT

# From the bottom up; a module imports from lower rows. The wings' order is in pyproject.toml.
LAYERS = (
    {"config", "console", "losses", "replicas"},
    {"files", "ops"},
    {"model"},
    {"text", "recipes"},
    {"skipthoughts_encoder", "dataset"},
    {"checkpoints", "inspector"},
    {"sampler"},
    {"evaluation"},
    {"training", "exports"},
    {"commands"},
    {"DCGAN", "tools"},
    {"benchmarks"},
)
LAYER = {name: number for number, names in enumerate(LAYERS) for name in names}
SOURCES = sorted(path for name in LAYER for path in ROOT.glob(f"{name}/*.py"))
SOURCES += sorted(ROOT.glob("*.py"))


def imported(source: str) -> set[str]:
    """Return the first parts of all modules that a source imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_every_source_has_a_layer():
    assert len(SOURCES) > 70
    assert {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in SOURCES} == {*LAYER}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_only(path):
    own = path.relative_to(ROOT).parts[0].removesuffix(".py")
    others = imported(path.read_text(encoding="utf-8")) & LAYER.keys() - {own}
    above = {name for name in others if LAYER[name] >= LAYER[own]}
    assert not above - ({"console"} if own == "config" else set())
