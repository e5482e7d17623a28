"""Integer spiking neural networks from data to Verilog: ``import intsnn_hw`` is the front door.

>>> net = intsnn_hw.preset("digits-64")
>>> net.train()
>>> net.cosimulate()
>>> net.generate("build/rtl", with_weights=True)

Names are imported when they are first used, so that this page alone loads nothing. docs/api.md teaches it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .shadowed import check_packages

if TYPE_CHECKING:
    from golden.errors import CheckpointError, ConfigError, DataError, InputError, InputWarning, NirError, ToolError
    from golden.presets import PRESETS

    from .api.data import dataset, datasets
    from .api.demo import demo
    from .api.encode_audio import encode_audio
    from .api.explore import explore
    from .api.import_nir import import_nir
    from .api.network import IntegerNetwork
    from .api.opening import from_nir, from_toml, from_torch, load, preset
    from .api.torch_model import export

__all__ = [
    "PRESETS", "CheckpointError", "ConfigError", "DataError", "InputError", "InputWarning", "IntegerNetwork",
    "NirError", "ToolError", "dataset", "datasets", "demo", "encode_audio", "explore", "export", "from_nir",
    "from_toml", "from_torch", "import_nir", "load", "preset",
]  # fmt: skip

_PLACES = {
    "PRESETS": "golden.presets",
    "CheckpointError": "golden.errors",
    "ConfigError": "golden.errors",
    "DataError": "golden.errors",
    "InputError": "golden.errors",
    "InputWarning": "golden.errors",
    "IntegerNetwork": "intsnn_hw.api.network",
    "NirError": "golden.errors",
    "ToolError": "golden.errors",
    "dataset": "intsnn_hw.api.data",
    "datasets": "intsnn_hw.api.data",
    "demo": "intsnn_hw.api.demo",
    "encode_audio": "intsnn_hw.api.encode_audio",
    "explore": "intsnn_hw.api.explore",
    "export": "intsnn_hw.api.torch_model",
    "from_nir": "intsnn_hw.api.opening",
    "from_toml": "intsnn_hw.api.opening",
    "from_torch": "intsnn_hw.api.opening",
    "import_nir": "intsnn_hw.api.import_nir",
    "load": "intsnn_hw.api.opening",
    "preset": "intsnn_hw.api.opening",
}

check_packages()


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_PLACES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
