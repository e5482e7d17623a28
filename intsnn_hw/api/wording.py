"""Numbers and times written for people."""


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


def rate(per_second: float, unit: str) -> str:
    """Write a rate, by the minute where it is low."""
    return f"{per_second:,.0f} {unit}/s" if per_second >= 10 else f"{60 * per_second:,.1f} {unit}/min"


def duration(seconds: float) -> str:
    """Write a time in its two largest units."""
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
