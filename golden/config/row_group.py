"""Rows of values that learn at one rate, because one thing feeds them."""

from dataclasses import dataclass

from ..widths import LFSR_WIDTH
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
    first_row : int
        Their first one among the rows of the parameter.
    rate_shift : int
    """

    name: str
    parameter: Parameter
    feed: slice
    first_row: int
    rate_shift: int

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.feed.stop - self.feed.start

    @property
    def rows(self) -> slice:
        """Their places among the rows of the parameter."""
        return slice(self.first_row, self.first_row + self.n_rows)

    def rate_at(self, boost: int) -> int:
        """Return the rate shift with what the schedule adds: no draw has more bits than 16."""
        return min(self.rate_shift + boost, LFSR_WIDTH)
