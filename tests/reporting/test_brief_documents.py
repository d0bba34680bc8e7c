from __future__ import annotations

import io
from dataclasses import replace

import pikepdf
import pytest

from contracts.words import ArtifactKind, BusinessUnit, Level
from reporting.briefs.layout import MOST_PAGES, blocks_of, densities
from reporting.briefs.render import account_brief_title, brief_title, render_account_brief, render_brief
from reporting.models.pack import PackView
from reporting.pdf.text import page_texts
from reporting.sections.order import sections_for
from reporting.verify import verify_pdf
from tests.factories.account_views import an_account_view
from tests.factories.views import (
    HOSTILE_NAME,
    a_case,
    a_move,
    a_pack_view,
    a_row,
    an_action,
)


def words_of(content: bytes) -> str:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return " ".join("".join(page_texts(pdf)).replace("\u00a0", " ").split())


def for_reader(level: Level, unit: BusinessUnit | None) -> PackView:
    main, aside = sections_for(level, unit)
    return a_pack_view(level=level, unit=unit, main=main, aside=aside)


def printed(view: PackView) -> list[str]:
    return [name for block in blocks_of(view, densities(view)[0].limits) for name in block.names]


READERS = [(level, unit) for level in Level for unit in (None, *BusinessUnit)]


@pytest.mark.parametrize(("level", "unit"), READERS, ids=str)
def test_every_reader_gets_grid_words_and_plan_once_and_trust_last(level: Level, unit: BusinessUnit | None) -> None:
    names = printed(for_reader(level, unit))
    assert len(names) == len(set(names))
    assert {"tiles", "grid", "experience", "actions", "trust"} <= set(names)
    # an executive reads of cases by business unit
    assert {"cases", "team"} & set(names)
    assert (names[0], names[-1]) == ("tiles", "trust")


def test_the_order_is_the_readers_own() -> None:
    orders = {unit: printed(for_reader(Level.MANAGER, unit)) for unit in BusinessUnit}
    assert [orders[unit][1] for unit in BusinessUnit] == ["renewals", "problems", "projects"]
    executive = printed(for_reader(Level.EXECUTIVE, None))
    assert executive.index("matrix") < executive.index("actions")


@pytest.mark.parametrize(("level", "unit"), [(Level.EXECUTIVE, None), (Level.MANAGER, BusinessUnit.SUPPORT)], ids=str)
def test_a_brief_passes_its_own_check(level: Level, unit: BusinessUnit | None) -> None:
    view = for_reader(level, unit)
    artifact = render_brief(view)
    assert (artifact.path, artifact.kind, artifact.audience_id) == ("brief.pdf", ArtifactKind.BRIEF, view.audience_id)
    wanted = (
        view.headline,
        view.actions_title,
        view.cases.sentence,
        view.footer.rule,
        view.trust.rows_sentence,
        "Page 1 of 2",
    )
    pages = range(1, MOST_PAGES[level] + 1)
    assert verify_pdf(artifact.content, pages=pages, must_contain=wanted, title=brief_title(view)) == []


def test_two_pages_hold_an_executives_week_however_much_happened() -> None:
    view = for_reader(Level.EXECUTIVE, None)
    long_why = (
        "Three severity-1 faults in 14 days, all on arrays that leave support on 31 December, and no named engineer"
    )
    actions = tuple(an_action(action_id=f"A-{n}", why=long_why, name=HOSTILE_NAME) for n in range(10))
    cases = tuple(a_case(case_id=f"CL-{n}", name=HOSTILE_NAME) for n in range(30))
    said = tuple(f"Sentence {n} about what moved, long enough to need two lines of its column." for n in range(4))
    busy = replace(
        view,
        headline="Four customers turned Critical this week; EUR 2.3 M of yearly revenue now sits in the Critical zone, up EUR 0.6 M",
        actions=actions,
        cases=replace(view.cases, open=cases),
        moves_sentences=said,
        team=replace(view.team, lines=view.team.lines * 12),
    )
    content = render_brief(busy).content
    assert verify_pdf(content, pages=range(2, 3), must_contain=[busy.headline], title=brief_title(busy)) == []
    assert "more in the dashboard and the workbook" in words_of(content)


def test_a_quiet_week_is_said_and_the_grid_stays() -> None:
    view = for_reader(Level.EXECUTIVE, None)
    calm = tuple(replace(point, before_loyalty=None, before_retention=None) for point in view.grid.points)
    quiet = replace(
        view,
        headline="No account changed zone this week",
        moves=(),
        moves_sentences=("No account changed zone this week.",),
        actions=(),
        actions_title="Nothing to act on this week",
        cases=replace(view.cases, open=(), overdue=(), sentence="No open case since 3 Sep.", owner_sentence=""),
        grid=replace(view.grid, points=calm),
    )
    said = words_of(render_brief(quiet).content)
    for sentence in (
        "No account changed zone this week",
        "No step is suggested this week.",
        "No open case since 3 Sep.",
    ):
        assert sentence in said
    assert "Loyalty,0–100" in said  # inside a drawing each word is placed by itself


def test_a_first_report_compares_with_nothing() -> None:
    view = replace(for_reader(Level.EXECUTIVE, None), matrix=None, previous_week=None, is_baseline=True, tiles=())
    assert "This is the first report" in words_of(render_brief(view).content)


def test_names_of_every_script_and_length_neither_break_the_page_nor_the_markup() -> None:
    view = for_reader(Level.MANAGER, BusinessUnit.SUPPORT)
    rows = tuple(
        a_row(rank=n, customer_id=f"C-{n}", name=name)
        for n, name in enumerate((HOSTILE_NAME, "شركة الاتصالات", "X" * 120))
    )
    hard = replace(
        view, accounts=replace(view.accounts, rows=rows), moves=(a_move(name=HOSTILE_NAME),), actions=(an_action(name="ქართული"),)
    )  # fmt: skip
    content = render_brief(hard).content
    assert verify_pdf(content, pages=range(1, 5), must_contain=["[…]", "XXXX"], title=brief_title(hard)) == []


def test_money_that_may_not_be_seen_has_no_column() -> None:
    view = for_reader(Level.MANAGER, BusinessUnit.SUPPORT)
    said = words_of(render_brief(replace(view, shows_money=False)).content)
    assert "sized by revenue" not in said
    assert "then yearly revenue" not in said


def test_an_account_brief_is_one_page_that_says_why_and_what() -> None:
    account = an_account_view()
    artifact = render_account_brief(account, account.audience_id)
    assert artifact.kind is ArtifactKind.ACCOUNT_BRIEF
    assert artifact.customer_id == "C-1"
    assert artifact.path.startswith("briefs/")
    wanted = (
        account.name, account.zone_sentence, "Severity-1 faults: 3 in 14 days", "−6", account.actions[0].action,
        "Case CL-2291AB00", account.timeline.title, "NS-5200", "Support renewal", account.verbatims[0].text, account.feedback[0].text,
    )  # fmt: skip
    assert (
        verify_pdf(artifact.content, pages=range(1, 2), must_contain=wanted, title=account_brief_title(account)) == []
    )


def test_an_account_brief_stays_on_its_page_however_much_is_known() -> None:
    account = an_account_view()
    words = replace(account.verbatims[0], text="Nobody could tell us why the array failed again. " * 30)
    full = replace(
        account,
        name=HOSTILE_NAME,
        summary=("A sentence about this account that is rather long and says a good deal. " * 3,) * 4,
        actions=tuple(
            an_action(action=f"Step {n}: " + "call the operations director and explain " * 3) for n in range(9)
        ),
        problems=tuple(replace(account.problems[0], text="The same array failed again " * 6) for _ in range(20)),
        assets=account.assets * 20,
        deals=tuple(replace(account.deals[0], name="Refresh of the whole installed base " * 3) for _ in range(9)),
        verbatims=(words,) * 6,
        feedback=tuple(replace(item, text="Our sponsor is on leave. " * 40) for item in account.feedback),
    )
    content = render_account_brief(full, "x").content
    assert (
        verify_pdf(
            content, pages=range(1, 2), must_contain=["What to do on this call"], title=account_brief_title(full)
        )
        == []
    )


def test_an_account_of_which_little_is_known_says_what_is_missing() -> None:
    notes = {
        "waterfall_note": "This is the first report of this account.",
        "actions_note": "No step is suggested for this account this week.",
        "cases_note": "No case is open.",
        "problems_note": "No ticket in two years.",
        "assets_note": "No installed base is known.",
        "deals_note": "No deal is known.",
        "verbatims_note": "The customer left no comment.",
        "feedback_note": "The account team has not commented.",
    }
    bare = an_account_view(
        waterfalls=(), actions=(), cases=(), problems=(), assets=(), deals=(), verbatims=(), feedback=(), trail=(), summary=(), before=None, **notes
    )  # fmt: skip
    said = words_of(render_account_brief(bare, "x").content)
    for note in notes.values():
        assert note in said
