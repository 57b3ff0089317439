"""What the script of the plots gets: the numbers of a page with their words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.core.amounts import hours
from gaia_vre.service.frame import script_json
from gaia_vre.service.quotas import words

if TYPE_CHECKING:
    from markupsafe import Markup

    from gaia_vre.look.language import Language
    from gaia_vre.quotas.burn import Burn, Spot
    from gaia_vre.service.quotas.bars import Bars
    from gaia_vre.service.starts.plot import Plot


def days_chart(language: Language, bars: Bars) -> Markup:
    """Return the plot of credits a day, by payer."""
    columns = [{"label": words.day_label(language, one.day), "values": one.amounts} for one in bars.columns]
    series = [name or language.text("others") for name, _ in bars.series]
    return _columns(language, columns, series, unit=language.plural(2, "credit", "credits"))


def starts_chart(language: Language, starts: Plot, times: list[str]) -> Markup:
    """Return the plot of a person's last starts, the newest at the right."""
    columns = [
        {"label": words.day_label(language, one.ready.date()), "long": f"{time} {one.name}".strip(), "values": values}
        for one, time, values in zip(
            reversed(starts.lines), reversed(times), [one.amounts for one in starts.bars.columns], strict=True
        )
    ]
    line = None
    if starts.usual is not None:
        said = language.text("usually {seconds} s", seconds=words.short(language, starts.usual))
        line = {"value": starts.usual, "label": said}
    series = [language.text(name) for name, _ in starts.bars.series]
    return _columns(language, columns, series, unit="s", line=line)


def burn_chart(language: Language, burn: Burn, dimension: str, limit: int, soft: float) -> Markup:
    """Return the plot of a budget that is used up."""
    notice = hours(limit) * soft / 100
    return script_json(
        {
            "kind": "burn",
            "unit": words.unit(language, dimension),
            "used": _spots(burn.used),
            "coming": _spots(burn.coming),
            "running": _spots(burn.running),
            "limit": {
                "value": hours(limit),
                "label": language.text("limit {amount}", amount=words.short(language, hours(limit))),
            },
            "notice": {
                "value": notice,
                "label": language.text("notice {amount}", amount=words.short(language, notice)),
            },
            "words": {
                "colon": language.text(": "),
                "used": language.text("used"),
                "coming": language.text("at this pace"),
            },
        }
    )


def _spots(spots: tuple[Spot, ...]) -> list[tuple[str, float]]:
    return [(at.isoformat(), round(hours(value), 6)) for at, value in spots]


def _columns(
    language: Language, columns: list[dict[str, Any]], series: list[str], unit: str, line: dict[str, Any] | None = None
) -> Markup:
    said = {"colon": language.text(": "), "nothing": language.text("nothing")}
    return script_json(
        {"kind": "columns", "unit": unit, "series": series, "columns": columns, "line": line, "words": said}
    )
