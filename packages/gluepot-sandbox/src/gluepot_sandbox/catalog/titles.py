"""The bundled sample: 120 invented titles, shaped like a "Movies and TV Shows" table."""

from __future__ import annotations

import importlib.resources
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped] # its stubs are not among the tools

COMMENTS: Final = {
    "show_id": "Key of the title, s1, s2, ...",
    "title": "Title as it is shown",
    "director": 'Who directed; empty for most "TV Show" rows',
    "cast": "Main cast, in order of the credits",
    "country": "Where it was produced; several, separated by commas",
    "date_added": "Day on which it joined the catalogue",
    "release_year": "Year of the first release",
    "rating": "Age rating | film or TV scale",
    "duration": "Minutes, or number of seasons",
    "listed_in": "Genres",
    "description": "One or two sentences, é and all",
    "type": "Movie or TV Show",
}
"""Comments of the columns; quotes, the delimiter and accents are in them on purpose."""


def raw_titles() -> pd.DataFrame:
    """Read the sample as it stands: every field a text."""
    import pandas as pd  # noqa: PLC0415 - lazy: start-up

    file = importlib.resources.files("gluepot.source") / "titles.csv"
    with file.open("rb") as opened:
        return pd.read_csv(opened, dtype=str, keep_default_na=False, encoding="utf-8")


def curated_titles() -> pd.DataFrame:
    """Read the sample typed: years as numbers, days as dates, casts as lists, nothing where there was nothing."""
    import pandas as pd  # noqa: PLC0415 - lazy: start-up

    frame = raw_titles()
    days = pd.to_datetime(frame["date_added"], format="%B %d, %Y", errors="coerce")
    return frame.replace({"": None}).assign(
        cast=[_names(cast) for cast in frame["cast"]],
        date_added=[None if pd.isna(day) else day.date() for day in days],
        release_year=frame["release_year"].astype("int32"),
    )


def countries() -> pd.DataFrame:
    """Count the titles of each country."""
    import pandas as pd  # noqa: PLC0415 - lazy: start-up

    named = raw_titles()["country"].str.split(", ").explode()
    counts = named[named != ""].value_counts()
    return pd.DataFrame({"country": counts.index.astype(str), "titles": counts.to_numpy()})


def _names(text: str) -> list[Any]:
    return text.split(", ") if text else []
