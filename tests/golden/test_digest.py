"""Names by content."""

from golden.digest import digest


def test_a_name_is_frozen_and_tells_where_a_part_ends():
    assert digest(b"spikes", b"") == "fa7cc0e301faee1f93146aaea3c21055"
    names = {digest(b"ab"), digest(b"a", b"b"), digest(b"", b"ab"), digest(b"ab", b""), digest()}
    assert len(names) == 5 and all(len(name) == 32 for name in names)
