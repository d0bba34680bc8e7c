"""A fresh one-page brief of one customer for one reader, with exactly what that reader may see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from contracts.ids import safe_name
from contracts.scope import scoped
from contracts.words import ExitCode
from flows.books import load_book
from flows.errors import NotPermitted, UnknownCustomer, UnknownLanguage
from flows.readers import current_readers, last_week
from flows.run import Outcome, Run
from reporting.account.page import compose_account
from reporting.briefs.render import account_brief_title, render_account_brief
from reporting.languages import languages
from reporting.verify import verify_pdf


def brief(run: Run, customer: str, reader: str, *, into: Path | None, language: str | None = None) -> Outcome:
    """Write the brief in the reader's language, or in `language`, and name the file.

    Raises: UnknownLanguage for a `language` without a catalogue; UnknownCustomer; NotPermitted when the reader's
        scope does not hold the customer.
    """
    if language is not None and language not in languages():
        raise UnknownLanguage(f"no catalogue for the language '{language}'; there is one for {', '.join(languages())}")
    inputs, folder = last_week(run)
    _, addressing, audiences, _ = current_readers(run)
    book = load_book(folder)
    facts = book.frame("customer_facts")
    found = facts[(facts["customer_id"] == customer) | (facts["name"] == customer)]
    if found.empty:
        raise UnknownCustomer(f"{inputs.week} has no customer with the id or name '{customer}'")
    customer_id = str(found["customer_id"].iloc[0])
    people = {person for person, known in addressing.readers.items() if reader in {person, known.address, known.name}}
    mine = [a for a in audiences.values() if people & set(a.readers) and customer_id in a.customer_ids]
    if not mine:
        raise NotPermitted(
            f"'{reader}' is not assigned to '{customer}' and has no scope that holds it; no brief is made"
        )
    audience = replace(mine[0], language=language or mine[0].language)
    view = compose_account(scoped(book, audience), customer_id)
    artifact = render_account_brief(view, audience.audience_id)
    title = account_brief_title(view)
    faults = verify_pdf(artifact.content, pages=range(1, 2), must_contain=[view.name], title=title)
    if faults:
        return Outcome(ExitCode.FAILED, "The brief did not pass its check and was not written", tuple(faults))
    target = into or run.workspace.output / "briefs" / f"{safe_name(customer_id)}-{safe_name(audience.root)}.pdf"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(artifact.content)
    return Outcome(ExitCode.DONE, f"{target}", (f"{view.name}, {inputs.week}, for {audience.title}",))
