"""Named configurations: samples shown as values, and samples that are events in time."""

from .images import EPOCHS, PRESETS, preset

__all__ = ["EPOCHS", "PRESETS", "preset"]
