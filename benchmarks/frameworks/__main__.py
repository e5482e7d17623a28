"""Networks of snnTorch, SpikingJelly, Norse and Sinabs, each as NIR file and recorded spikes.

    python -m benchmarks.frameworks --make-env ENV                              # once: the frameworks, about 2 GB
    python -m benchmarks.frameworks --python ENV/bin/python --out DIR           # the networks of tests/fixtures/nir
    python -m benchmarks.frameworks --python ENV/bin/python --out DIR --train DATA   # trained on DATA/mnist instead

The frameworks stay in an environment of their own: they ask for other versions than this project. ``NAME.npz`` holds
the input spikes (steps, samples, ...), the spikes of every layer under its name in the graph, the output and the
dialect. A line about each network is printed.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.command import command
from golden.errors import InputError

HERE = Path(__file__).parent


@command
def main(arguments: list[str] | None = None) -> None:
    """Make the environment, or the networks within it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.frameworks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--make-env", type=Path, metavar="ENV", help="make this environment with the frameworks")
    parser.add_argument("--python", type=Path, help="the Python of such an environment")
    parser.add_argument("--out", type=Path, help="folder for the files")
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD", help="networks whose names hold a word")
    parser.add_argument("--train", type=Path, metavar="DATA", help="train three on DATA/mnist, and write these")
    options = parser.parse_args(arguments)
    if options.make_env is not None:
        make_environment(options.make_env)
    python = options.python or (options.make_env / "bin/python" if options.make_env else None)
    if options.out is not None:
        if python is None or not python.exists():
            raise InputError(f"--python: {python} does not exist; make an environment with --make-env ENV first")
        given = ["--out", str(options.out.absolute())]
        given += ["--only", *options.only] if options.only else []
        given += ["--train", str(options.train.absolute())] if options.train else []
        run(python, "-m", "benchmarks.frameworks.record", *given)
    elif options.make_env is None:
        raise InputError("give --out DIR for the networks, or --make-env ENV for the frameworks")


def make_environment(folder: Path) -> None:
    """Install the frameworks into an environment of their own."""
    run(Path(sys.executable), "-m", "venv", str(folder))
    install = ("-m", "pip", "install", "--disable-pip-version-check", "-c", str(HERE / "constraints.txt"))
    python = folder / "bin/python"
    run(python, *install, "-r", str(HERE / "requirements.txt"))
    run(python, *install, "--no-deps", "-r", str(HERE / "unheld.txt"))


def run(python: Path, *arguments: str) -> None:
    """Run a Python from the root of the project."""
    root = HERE.parents[1]
    # Exporters gather edges in sets: without a seed of hashes every run would write another order.
    environment = os.environ | {"PYTHONPATH": str(root), "PYTHONHASHSEED": "0"}
    code = subprocess.run([python.absolute(), *arguments], cwd=root, env=environment, check=False).returncode
    if code:
        raise InputError(f"{python}: ended with code {code}; see its messages above")


if __name__ == "__main__":
    sys.exit(main())
