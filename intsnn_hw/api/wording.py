"""Numbers written for people."""


def number(value: object) -> str:
    """Write a number with thousands separated and no digits that say nothing."""
    if isinstance(value, float):
        if 0 < abs(value) < 1:
            return f"{value:.3g}"
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}"
    return f"{value:,}" if type(value) is int else str(value)


def percent(share: float) -> str:
    """Write a share of 0..1."""
    return f"{100 * share:.2f} %"


def nanojoules(picojoules: float | None) -> str:
    """Write an energy; a dash where there is none."""
    return "-" if picojoules is None else f"{picojoules / 1000:,.3f} nJ"
