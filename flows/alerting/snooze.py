"""`cem snooze`: somebody asks for quiet about a customer, with a reason and an end."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from contracts.alerting import Snooze
from contracts.words import ExitCode
from flows.books import load_columns
from flows.readers import current_readers, last_week
from flows.run import Outcome, Run
from store import quiet


def snoozed(run: Run, customer: str, *, until: str, why: str, who: str) -> Outcome:
    """Alerts about the customer are listed instead of told until that day begins. Entering Critical and hard events
    still reach the business-unit leads. A day that has begun ends the snooze that runs.
    """
    now, zone = run.clock(), run.settings.zone
    try:
        end = datetime.combine(datetime.strptime(until, "%Y-%m-%d").date(), time(), zone)  # noqa: DTZ007 - a day
    except ValueError:
        return Outcome(ExitCode.USAGE, f"--until '{until}' is not a day; write it like {now:%Y-%m-%d}")
    policy, addressing, audiences, _ = current_readers(run)
    longest = policy.alerts.suppression.longest_snooze_days
    if end > now + timedelta(days=longest):
        return Outcome(ExitCode.USAGE, f"a snooze ends within {longest} days (alerts.toml, longest_snooze_days)")
    known = load_columns(last_week(run)[1], "customer_facts", ("customer_id", "name"))
    mine = known[(known["customer_id"] == customer) | (known["name"] == customer)]
    if len(mine) != 1:
        return Outcome(ExitCode.USAGE, f"'{customer}' is the id or exact name of {len(mine)} customers")
    customer_id, name = str(mine["customer_id"].iloc[0]), str(mine["name"].iloc[0])
    people = [p for p, reader in addressing.readers.items() if who in (p, reader.address)]
    sees = any(p in a.readers and customer_id in a.customer_ids for a in audiences.values() for p in people)
    if not sees:
        return Outcome(ExitCode.USAGE, f"--who '{who}' is nobody who may see {customer_id}; give a person id or e-mail")
    with run.store.write() as session:
        running = quiet.snoozes_at(session, now).get(customer_id)
        if end <= now and running is None:
            return Outcome(ExitCode.USAGE, f"{until} has begun, and no snooze of {name} runs that it could end")
        quiet.snooze(session, Snooze(customer_id, end, why, people[0]), now=now)
    if end <= now:
        return Outcome(ExitCode.DONE, f"The snooze of {name} is over; alerts are told again")
    return Outcome(
        ExitCode.DONE,
        f"Alerts about {name} are listed, not told, until {until}; `cem status` shows them",
        ("Entering Critical and hard events still reach the business-unit leads.",),
    )
