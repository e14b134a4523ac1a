"""What the two engines say differently, so that every check is written once."""

from __future__ import annotations

from typing import NamedTuple

from app.audit.reading import Engine


class Words(NamedTuple):
    """SQL for one engine; each method takes a column or expression and returns an expression."""

    engine: Engine

    @property
    def is_sqlite(self) -> bool:
        return self.engine == "sqlite"

    def day(self, column: str) -> str:
        """2025-03-28, as text."""
        return column if self.is_sqlite else f"to_char({column}, 'YYYY-MM-DD')"

    def month(self, column: str) -> str:
        """2025-03, as text."""
        return f"substr({column}, 1, 7)" if self.is_sqlite else f"to_char({column}, 'YYYY-MM')"

    def year(self, column: str) -> str:
        if self.is_sqlite:
            return f"CAST(substr({column}, 1, 4) AS integer)"
        return f"CAST(extract(year FROM {column}) AS integer)"

    def instant(self, column: str) -> str:
        """2025-03-28T01:02:03.000004Z, as text, whatever zone the server stands in."""
        if self.is_sqlite:
            return f"substr({column}, 1, 10) || 'T' || substr({column}, 12) || 'Z'"
        utc = f"{column} AT TIME ZONE 'UTC'"
        return f"""to_char({utc}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""

    def day_of_instant(self, column: str) -> str:
        """The UTC date of an instant, as text."""
        if self.is_sqlite:
            return f"substr({column}, 1, 10)"
        return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"

    def acts(self, at: str) -> str:
        """Whether the helper `h` acts at an instant for whoever `h` says.

        Of those whose beginning is known by its date only the first day is left to the rule, and
        of all of them the last: a civil date lies within two days of UTC.
        """
        on = self.day_of_instant(at)
        return f"""((h.from_at IS NULL AND {self.day("h.from_on")} < {on} OR h.from_at <= {at})
          AND (h.until_on IS NULL OR {self.day("h.until_on")} > {on}))"""

    def flag(self, column: str) -> str:
        """A boolean as 0 or 1."""
        return column if self.is_sqlite else f"CAST({column} AS integer)"

    def hexadecimal(self, column: str) -> str:
        """Bytes as text."""
        return f"hex({column})" if self.is_sqlite else f"upper(encode({column}, 'hex'))"

    def greater(self, *values: str) -> str:
        return f"{'max' if self.is_sqlite else 'greatest'}({', '.join(values)})"

    def by_code_point(self, column: str) -> str:
        """Text in an order that no collation has a say in."""
        return column if self.is_sqlite else f'{column} COLLATE "C"'


def whole(expression: str) -> str:
    """A sum as a 64-bit integer: PostgreSQL sums bigints into numeric."""
    return f"CAST({expression} AS bigint)"
