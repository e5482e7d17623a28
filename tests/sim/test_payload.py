import numpy as np
import pytest
from amaranth.hdl import signed, unsigned
from amaranth.lib import data

from golden.errors import InputError
from sim import payload

NESTED = data.StructLayout(
    {
        "small": signed(3),
        "pairs": data.ArrayLayout(data.StructLayout({"x": 5, "y": signed(33)}), 2),
        "grid": data.ArrayLayout(data.ArrayLayout(signed(64), 2), 3),
        "big": signed(70),
        "flag": 1,
    }
)


def fields_of(low, high):
    """Values of NESTED with every field at its lowest, or at its highest."""
    return {
        "small": [-4, 3],
        "pairs": {"x": [[0, 1], [31, 30]], "y": [[-(2**32), 0], [2**32 - 1, -1]]},
        "grid": np.array([[[-(2**63), 1], [2, -3], [4, 5]], [[2**63 - 1, -1], [-2, 3], [-4, -5]]]),
        "big": np.array([-(2**69), 2**69 - 1], dtype=object),
        "flag": [low, high],
    }


def test_nested_layout_travels_there_and_back():
    fields = fields_of(0, 1)
    words = payload.pack(NESTED, fields)
    assert words.shape == (2, -(-NESTED.size // 32)) and words.dtype == np.uint32
    back = payload.unpack(NESTED, words)
    assert back["grid"].shape == (2, 3, 2) and back["pairs"]["y"].dtype == np.int64
    for key in ("small", "grid", "big", "flag"):
        np.testing.assert_array_equal(back[key], fields[key])
    for key in ("x", "y"):
        np.testing.assert_array_equal(back["pairs"][key], fields["pairs"][key])


def test_words_are_what_amaranth_packs():
    fields = fields_of(0, 1)
    for n, packed in enumerate(payload.to_ints(payload.pack(NESTED, fields))):
        pairs = [{key: int(fields["pairs"][key][n][at]) for key in "xy"} for at in range(2)]
        const = NESTED.const(
            {
                "small": fields["small"][n],
                "pairs": pairs,
                "grid": fields["grid"][n].tolist(),
                "big": int(fields["big"][n]),
                "flag": fields["flag"][n],
            }
        )
        assert packed == const.as_value().value


@pytest.mark.parametrize("shape", [signed(width) for width in (1, 2, 31, 32, 33, 63, 64)] + [unsigned(64), unsigned(1)])
@pytest.mark.parametrize("offset", [0, 1, 31, 32])
def test_every_width_at_its_ends_and_at_any_offset(shape, offset):
    low, high = (-(1 << shape.width - 1), (1 << shape.width - 1) - 1) if shape.signed else (0, (1 << shape.width) - 1)
    layout = data.StructLayout({"pad": offset, "value": shape, "end": 1})
    pad = [(1 << offset) - 1, 0]
    back = payload.unpack(layout, payload.pack(layout, {"pad": pad, "value": [low, high], "end": [0, 1]}))
    assert back["value"].tolist() == [low, high] and back["pad"].tolist() == pad and back["end"].tolist() == [0, 1]


def test_plain_shapes_and_scalars():
    assert payload.pack(signed(4), [-1, 7]).tolist() == [15, 7]
    layout = data.StructLayout({"x": 4, "last": 1})
    assert payload.pack(layout, {"x": [1, 2, 3], "last": 1}).tolist() == [17, 18, 19]
    assert payload.pack(layout, {"x": [], "last": 0}).shape == (0,)


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"x": [16], "last": [0]}, r"payload\.x: 16 lies outside 0 \.\. 15"),
        ({"x": [-1], "last": [0]}, r"payload\.x: -1 lies outside 0 \.\. 15"),
        ({"x": [1.5], "last": [0]}, r"payload\.x: needs integers"),
        ({"x": [1]}, r"payload: needs the fields \['x', 'last'\], got \['x'\]"),
        ({"x": [1, 2], "last": [0, 1, 1]}, r"payload: the fields differ in length: \[2, 3\]"),
    ],
)
def test_nothing_is_truncated(fields, message):
    with pytest.raises(InputError, match=message):
        payload.pack(data.StructLayout({"x": 4, "last": 1}), fields)


def test_array_of_another_length_is_refused():
    with pytest.raises(InputError, match=r"needs an array of shape \(n, 3\), not \(1, 4\)"):
        payload.pack(data.ArrayLayout(4, 3), [[1, 2, 3, 4]])


def test_words_that_do_not_fit_are_refused():
    for words, width, message in (
        (np.array([16]), 4, "exceeds 4 bits"),
        (np.array([-1]), 4, "integers >= 0"),
        (np.array([[1, 2]]), 4, r"words of shape \(n,\), not \(1, 2\)"),
        (np.array([[0, 0, 1 << 6]]), 70, "exceeds 70 bits"),
        (np.array([[0, 0]]), 70, r"words of shape \(n, 3\), not \(1, 2\)"),
    ):
        with pytest.raises(InputError, match=message):
            payload.check_words("i", words, width)
    assert payload.check_words("i", np.array([2**64 - 1], np.uint64), 64).tolist() == [[2**32 - 1] * 2]
