"""Rows of values that learn at one rate, because one thing feeds them."""

from dataclasses import dataclass

from .parameter import Parameter


@dataclass(frozen=True, kw_only=True)
class RowGroup:
    """Rows of a parameter of a layer that learns, which take their turns of an update together.

    Attributes
    ----------
    name : str
        What feeds the rows, see :attr:`golden.config.LearningLayer.row_groups`.
    parameter : Parameter
        Which they are rows of.
    feed : slice
        Places among all that feeds the layer.
    first_row, n_rows : int
        The first one among the rows of the parameter, and their number.
    rate_shift, highest_rate : int
        Right shift of the update, and where it stops when the schedule adds to it.
    gradient_width : int
        Bits of the gradient of a weight, the exact sum of error times trace over the neurons that share it.
    shared : bool
        Whether neurons share the rows. Then each row takes a draw, else each with a trace.
    by_arrival : bool
        Whether rows take their turns in the order in which they got their trace; else ascending.
    """

    name: str
    parameter: Parameter
    feed: slice
    first_row: int
    n_rows: int
    rate_shift: int
    highest_rate: int
    gradient_width: int
    shared: bool = False
    by_arrival: bool = False

    @property
    def rows(self) -> slice:
        """Their places among the rows of the parameter."""
        return slice(self.first_row, self.first_row + self.n_rows)

    def rate_at(self, boost: int) -> int:
        """Return the rate shift with what the schedule adds."""
        return min(self.rate_shift + boost, self.highest_rate)
