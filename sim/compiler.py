"""A C++ compiler, found where there is one, and a cache of what it made."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from golden.errors import ToolError
from golden.files import cache_folder

__all__ = ["cache_folder", "compile_shared", "find_compiler"]


def find_compiler() -> list[str]:
    """The command of a C++ compiler: ``$CXX``, g++, clang++, c++, or the one in the ``ziglang`` wheel.

    Raises
    ------
    ToolError
        When there is none, or ``$CXX`` names a program that does not exist.
    """
    if wanted := shlex.split(os.environ.get("CXX", "")):
        if shutil.which(wanted[0]) is None:
            raise ToolError(f"CXX names {wanted[0]!r}, which does not exist: correct or unset CXX")
        return wanted
    for name in ("g++", "clang++", "c++"):
        if shutil.which(name):
            return [name]
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "c++"]
    raise ToolError(
        "no C++ compiler found: install g++ (apt install g++), or pip install 'intsnn-hw[compiler]', or set CXX"
    )


def compile_shared(
    key: Sequence[str],
    sources: Callable[[], Mapping[str, str]],
    main: str,
    *,
    include: Sequence[str],
    flags: Sequence[str],
    cache_dir: str | os.PathLike | None = None,
) -> Path:
    """Compiles C++ to a shared object, or takes it from the cache.

    Parameters
    ----------
    key     : everything the result depends on besides compiler and flags
    sources : called on a miss only; text of each file by name
    main    : name of the file to compile
    include : include folders
    flags   : compiler flags

    Parallel callers at worst compile the same thing twice: each entry appears by an atomic rename.

    Raises
    ------
    ToolError
        When no compiler is found, it fails, or the cache cannot be written.
    """
    compiler = find_compiler()
    folder = cache_folder(cache_dir)
    parts = [*key, *compiler, _version(tuple(compiler)), *flags]
    target = folder / (hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32] + ".so")
    if target.exists():
        return target
    with _in_cache(folder), tempfile.TemporaryDirectory(dir=folder, prefix="build-") as build:
        for name, text in sources().items():
            Path(build, name).write_text(text, encoding="utf-8")
        output = Path(build, target.name)
        command = [*compiler, *flags, "-shared", "-fPIC", *(f"-I{path}" for path in include), "-o", str(output), main]
        done = subprocess.run(command, cwd=build, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines() or ["?"]
            raise ToolError(f"{compiler[0]} failed with code {done.returncode}: {lines[0].strip()}")
        os.replace(output, target)
    return target


@contextlib.contextmanager
def _in_cache(folder: Path) -> Iterator[None]:
    """Name the cache in an error of the file system, as of a full disk."""
    try:
        yield
    except OSError as error:
        raise ToolError(
            f"cache folder {folder} cannot be written ({error.strerror}): free some space, or set INTSNN_CACHE"
        ) from error


@functools.cache
def _version(compiler: tuple[str, ...]) -> str:
    """What the compiler says it is: part of the cache key."""
    try:
        return subprocess.run([*compiler, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ToolError(f"C++ compiler {shlex.join(compiler)!r} does not run: {error}") from None
