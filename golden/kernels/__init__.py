"""The golden model compiled: whole data sets and whole trainings in seconds."""

from .kernel import Activity, Inference, Kernel
from .learn import SPARSE

__all__ = ["SPARSE", "Activity", "Inference", "Kernel"]
