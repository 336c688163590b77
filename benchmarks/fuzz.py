"""Feed a parser random input that atheris steers by the code it reaches, until the parser fails.

    python3 -m pip install atheris
    TMPDIR=/dev/shm python3 -m benchmarks.fuzz tags -runs=200000 -timeout=10 -rss_limit_mb=2048

The first argument names the parser, the others are options of libFuzzer. A folder among them keeps
the inputs that reached new code, and the next run starts from these. A parser may use its input or
refuse it with a ProjectError that names the file. Anything else stops the run and leaves the input
in `crash-*`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from pathlib import Path

NAMES = ("descriptions", "tags", "header", "arrays", "archive", "image")  # of `fuzz_targets`
# Top-level packages, which atheris instruments as a whole; NumPy for its reader of array headers.
INSTRUMENTED = ("checkpoints", "config", "dataset", "files", "text", "numpy")


def main(arguments: list[str] | None = None) -> None:
    """Run the fuzzer on the parser that the command line names; libFuzzer ends the process."""
    parser = argparse.ArgumentParser(
        prog="python3 -m benchmarks.fuzz",
        usage="%(prog)s [-h] PARSER [option of libFuzzer ...]",
        description="Feed a parser random input until it fails.",
    )
    parser.add_argument("parser", choices=NAMES, help="the parser to feed")
    options, fuzzer_options = parser.parse_known_args(arguments)
    try:
        import atheris
    except ImportError:
        sys.exit("error: This needs atheris: python3 -m pip install atheris")

    # The parsers must not be imported before: only imports inside this block are instrumented.
    with atheris.instrument_imports(include=list(INSTRUMENTED)):
        from benchmarks import fuzz_targets
        from config import ProjectError, prepare_environment
    prepare_environment()
    fuzz_targets.FILE = Path(tempfile.mkdtemp()) / "fuzzed"
    target = fuzz_targets.TARGETS[options.parser]
    warnings.simplefilter("ignore")

    def feed(data: bytes) -> None:
        try:
            target(data)
        except ProjectError as error:
            assert str(fuzz_targets.FILE) in str(error), error

    atheris.Setup([sys.argv[0], *fuzzer_options], feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
