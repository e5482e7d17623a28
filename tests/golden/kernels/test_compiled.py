"""Kernels that are kept on disk follow what they were made of."""

import subprocess
import sys

CALLER = """
from golden.kernels.compiled import compiled
from callee import FACTOR, add

@compiled
def scale(value):
    return add(value * FACTOR)

print(scale(3), scale.stats.cache_hits[(scale.signatures[0])] if scale.stats.cache_hits else 0)
"""
CALLEE = """
from golden.kernels.compiled import compiled

FACTOR = {factor}

@compiled
def add(value):
    return value + {term}
"""


def test_a_constant_or_a_callee_of_another_file_makes_a_kernel_anew(tmp_path):
    (tmp_path / "caller.py").write_text(CALLER)

    def run(**values):
        (tmp_path / "callee.py").write_text(CALLEE.format(**values))
        done = subprocess.run([sys.executable, "-B", "caller.py"], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return [int(word) for word in done.stdout.split()]

    assert run(factor=10, term=1) == [31, 0]
    assert run(factor=10, term=1) == [31, 1], "kept"
    assert run(factor=20, term=1) == [61, 0]
    assert run(factor=20, term=5) == [65, 0]
