"""The static site of one audience: index.html, an account page per chosen customer, and the fonts beside them.

Pages open from file:// and from any web server alike: all links are relative, nothing is fetched, the one script of
the index is inside it. Fonts are files in `assets/` instead of `data:` in every page, because hundreds of account
pages share them; a browser that refuses fonts from file:// (Firefox) falls back to the system's sans-serif.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from contracts.exchange import Artifact
from contracts.words import ArtifactKind
from reporting import formats
from reporting.account.models import AccountView
from reporting.charts.flow import flow_svg, matrix_svg, whiskers_svg
from reporting.charts.grid import grid_svg, trail_svg
from reporting.charts.lines import sparkline, timeline_svg, trail_axes, waterfall_svg
from reporting.languages import ENGLISH, Tongue, tongue
from reporting.models.pack import Change, PackView
from reporting.templates import content_policy, drawing_style, render, script, style, tone
from reporting.theme import FONTS

CASES_SHOWN = 15
OVERDUE_SHOWN = 8
MOVES_SHOWN = 20
SIGNALS_SHOWN = 12
_FIRST_GRID_NOTE = "Dots sized by revenue. Inside the grey strips an account is near a line."
_GRID_NOTE = (
    "Dots sized by revenue; strong dots changed zone, their tails start at last week. "
    "Inside the grey strips an account keeps its zone."
)
_WEIGHTS = ("Inter-Regular", "Inter-Medium", "Inter-SemiBold", "Inter-Bold")
_ARABIC = "IBM Plex Sans Arabic"
_ARABIC_WEIGHTS = tuple(f"IBMPlexSansArabic-{weight}" for weight in ("Regular", "Medium", "SemiBold", "Bold"))


def render_site(view: PackView, account_views: Iterable[AccountView]) -> list[Artifact]:
    """index.html, accounts/<name>.html, assets/*.woff2 of one audience; paths relative to its folder."""
    made = [Artifact(view.audience_id, "index.html", ArtifactKind.PAGE, render_index(view).encode())]
    for account in account_views:
        content = render_account(account).encode()
        made.append(Artifact(view.audience_id, account.page, ArtifactKind.PAGE, content, account.customer_id))
    return [*made, *render_assets(view.audience_id, view.language)]


def render_assets(audience_id: str, language: str = ENGLISH) -> list[Artifact]:
    """The fonts beside the pages of an audience that reads in this language."""
    names = _WEIGHTS if tongue(language).direction == "ltr" else (*_WEIGHTS, *_ARABIC_WEIGHTS)
    files = [(f"assets/{name}.woff2", (FONTS / f"{name}.woff2").read_bytes()) for name in names]
    return [Artifact(audience_id, path, ArtifactKind.ASSET, content) for path, content in files]


def render_index(view: PackView) -> str:
    """The dashboard as text."""
    code = script("dashboard/dashboard.js")
    overdue = len(view.cases.overdue)
    return render(
        "dashboard/index.html.j2",
        view=view,
        policy=content_policy(code),
        code=code,
        css=_css("dashboard/dashboard.css"),
        sparks={tile.key: sparkline(tile.trend) if tile.trend else "" for tile in view.tiles},
        grids={
            "main": grid_svg(view.grid) if "grid" in view.main else "",
            "aside": grid_svg(view.grid, width=340, height=310) if "grid" in view.aside else "",
        },
        below=view.main[-1:] if view.main[-1:] == ("accounts",) else (),
        top_cases=view.cases.open[:CASES_SHOWN],
        top_overdue=view.cases.overdue[:OVERDUE_SHOWN],
        overdue_title=formats.capital(formats.counted(overdue, "overdue case")) if overdue else "No overdue case",
        top_moves=view.moves[:MOVES_SHOWN],
        top_other_moves=view.other_moves[:MOVES_SHOWN],
        grid_note=_GRID_NOTE if view.previous_week else _FIRST_GRID_NOTE,
        key=_key,
        score=_score,
        bar=_bar,
        charts=_charts(view),
    )


def _charts(view: PackView) -> dict[str, Markup]:
    """The pictures of sections that this view has."""
    made: dict[str, Markup] = {}
    if view.long_run is not None:
        made["flow"] = flow_svg(view.long_run.flow, width=860, height=240)
        made["crossed"] = matrix_svg(view.long_run.matrix, width=360)
    if view.drivers is not None and view.drivers.lines:
        made["drivers"] = whiskers_svg(view.drivers.lines, finding=f"{view.drivers.title}.", width=640)
    return made


def render_account(view: AccountView) -> str:
    """One account page as text; it has no script."""
    speech = tongue(view.language)
    return render(
        "account/page.html.j2",
        view=view,
        direction=speech.direction,
        say=speech.say,
        figures=speech.figures,
        policy=content_policy(),
        top_signals=view.signals[:SIGNALS_SHOWN],
        more_signals=view.signals[SIGNALS_SHOWN:],
        css=_faces(speech) + _css("account/account.css"),
        charts={
            "trail": trail_svg(
                view.trail,
                loyalty_line=view.loyalty_line,
                retention_line=view.retention_line,
                finding=view.trail_finding,
                has_critical_corner=view.critical_is_low_left,
                axes=trail_axes(speech),
            ),
            "timeline": timeline_svg(view.timeline, speech=speech),
            "waterfalls": [(fall, waterfall_svg(fall)) for fall in view.waterfalls],
        },
    )


def _faces(speech: Tongue) -> Markup:
    """The Arabic font for pages that are written in it; other pages find Arabic names in the reader's system."""
    if speech.direction == "ltr":
        return Markup("")
    faces = (
        f'@font-face{{font-family:"{_ARABIC}";font-weight:{weight};font-display:swap;'
        f'src:url("../assets/{name}.woff2") format("woff2")}}'
        for weight, name in zip((400, 500, 600, 700), _ARABIC_WEIGHTS, strict=True)
    )
    return Markup("".join(faces))  # noqa: S704 - names of our own files


def _css(sheet: str) -> Markup:
    return style("tokens.css", "partials/base.css", sheet, "partials/dark.css") + drawing_style()


_DIGITS_OF_A_SCORE = 3


def _key(value: float | None) -> str:
    """What a column is sorted by, as short as it may be; what is missing sorts below everything.

    An amount ends in a point: a bare number in quotes may be the id of another customer's ticket by chance.
    """
    short = "-1" if value is None else f"{formats.rounded(value, 1):.10g}"
    return f"{short}." if len(short) > _DIGITS_OF_A_SCORE and short.isdigit() else short


def _score(score: float | None, change: Change, code: str) -> Markup:
    """A score as figure, bar and change; the tick of last week only when the change is outside noise."""
    if score is None:
        return Markup('<span class="flat">{}</span>').format(formats.NOT_MEASURED)
    is_told = change.before is not None and change.direction in ("worse", "better")
    tick = f";--b:{formats.rounded(change.before or 0.0, 1)}%" if is_told else ""
    said = Markup('<span class="d {}">{}</span>').format(tone(change.direction), change.text) if change.text else ""
    return Markup(  # noqa: S704 - figures of our own
        f'<span class="fig">{escape(formats.number(score))}</span>'
        f'<span class="b k-{escape(code)}" style="--v:{formats.rounded(score, 1)}%{tick}"></span>{said}'
    )


def _bar(words: str, share: float) -> Markup:
    """A figure with a plain bar, its length a share of the largest."""
    length = f"{formats.rounded(share * 100, 1)}%"
    return Markup('<span class="fig">{}</span><span class="b r" style="--v:{}"></span>').format(words, length)
