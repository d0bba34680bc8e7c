"""The fault list: 46 faults of one Linux machine, what must happen, and the tests that show it.

A row is shown by tests (files and names below tests/), or says why it is not. `test_fault_list.py` keeps it honest.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """`shown_by`: "folder/file.py::part of a test's name". `lacking`: what of the row no test shows, and why."""

    name: str
    outcome: str
    shown_by: tuple[str, ...] = ()
    lacking: str = ""


_RELAYS = "faults/test_relays.py::test_"
_PROCESSES = "faults/test_processes.py::test_"
_SMTP = "delivery/test_smtp.py::test_"
_SESSION = "store/test_session.py::test_"
_CONCURRENCY = "store/test_concurrency.py::test_"
_PUBLISH = "delivery/test_publish.py::test_"
_DISKS = "faults/test_disks.py::test_"
_KILLS = "faults/test_kills.py::test_"

FAULTS = {
    1: Fault("port closed", "pending, retried, published all the same", (f"{_RELAYS}f1_",)),
    2: Fault("connect hangs", "given up after the time-out", (f"{_RELAYS}f2_",)),
    3: Fault("421 in the banner", "back-off", (f"{_RELAYS}f3_",)),
    4: Fault("450 for one recipient", "that row retried, the rest sent", (f"{_RELAYS}f4_",)),
    5: Fault("550 for one recipient", "failed, operator told once", (f"{_RELAYS}f4_f5_",)),
    6: Fault("too large", "small form with the place of the files", (f"{_RELAYS}f6_",)),
    7: Fault("554 at DATA", "failed, operator told", (f"{_RELAYS}f7_",)),
    8: Fault("452 too many recipients", "cannot happen: one RCPT each", (f"{_RELAYS}f4_f5_f9_", f"{_SMTP}each_recipient")),
    9: Fault("mixed results", "each row its own state", (f"{_RELAYS}f4_f5_f9_",)),
    10: Fault("long silence before 250", "the dot has its own patience, no second sender",
              (f"{_SMTP}silence_after_the_dot", f"{_PROCESSES}f36_"),
              "five minutes of real waiting; shown with seconds and with a stopped process"),
    11: Fault("drop before the dot", "retried, not in doubt", (f"{_SMTP}a_drop_inside", f"{_RELAYS}f11_")),
    12: Fault("drop after the dot, kept", "asked, sent, one copy", (f"{_RELAYS}f12_",)),
    13: Fault("drop after the dot, not kept", "asked, sent again, one copy", (f"{_RELAYS}f12_f13_",)),
    14: Fault("250, then reset", "sent", (f"{_RELAYS}f14_",)),
    15: Fault("STARTTLS not offered", "nothing in clear", (f"{_RELAYS}f15_", f"{_SMTP}without_starttls")),
    16: Fault("certificate wrong", "stops", (f"{_RELAYS}f16_", f"{_SMTP}a_certificate")),
    17: Fault("AUTH refused", "one try a dispatch, batch stops", (f"{_RELAYS}f17_", f"{_SMTP}a_wrong_password")),
    18: Fault("garbage, endless lines", "a failed attempt", (f"{_RELAYS}f18_",)),
    19: Fault("DNS failure", "as a closed port", (f"{_RELAYS}f19_",)),
    20: Fault("record unreadable", "packs wait for the operator, alerts go again", (f"{_RELAYS}f20_",)),
    21: Fault("bounce later", "on the receipt, told once", (f"{_RELAYS}f21_",)),
    22: Fault("SQLite locked", "waits, then a named error", (f"{_PROCESSES}f22_", f"{_SESSION}a_database_that_somebody")),
    23: Fault("SQLITE_BUSY_SNAPSHOT", "cannot happen", (f"{_SESSION}sqlite_is_opened", f"{_CONCURRENCY}dispatchers")),
    24: Fault("SQLite damaged", "refused at the start, nothing sent", (f"{_PROCESSES}f24_",)),
    25: Fault("-wal lost, older copy", "noticed; looked up before sending", (f"{_PROCESSES}f25_",)),
    26: Fault("PostgreSQL stopped at once", "goes on at the last commit", (f"{_DISKS}f26_",)),
    27: Fault("connection killed inside", "whole transaction again", (f"{_CONCURRENCY}a_connection_killed",)),
    28: Fault("deadlock, serialization", "bounded retry", (f"{_CONCURRENCY}deadlocked", f"{_SESSION}retries_are")),
    29: Fault("COMMIT reply lost", "no double", (f"{_CONCURRENCY}a_killed_process", f"{_SESSION}a_transaction_is")),
    30: Fault("schema of another version", "refused with the command", (f"{_PROCESSES}f30_", "store/test_schema.py::test_another")),
    31: Fault("disk full", "old release stays, state whole", (f"{_DISKS}f31_", f"{_PUBLISH}a_full_disk")),
    32: Fault("EIO on fsync", "fatal for that release, the old one stays", (f"{_DISKS}f32_",)),
    33: Fault("output not writable", "an error that names the folder", (f"{_DISKS}f33_",)),
    34: Fault("kill -9 anywhere", "0 lost, 0 doubled, 0 half", (f"{_KILLS}f34_", f"{_PUBLISH}killed_at_any_step")),
    35: Fault("SIGTERM", "mail at hand finished, lease given back", (f"{_PROCESSES}f35_",)),
    36: Fault("stopped beyond the lease", "fenced before the dot", (f"{_PROCESSES}f36_",)),
    37: Fault("out of memory in a render", "that report fails, others go on",
              lacking="packs are rendered by pool workers without limits of their own; a killed worker ends the run"),
    38: Fault("one template raises", "isolated; readers told in two lines", ("faults/test_pack_mails.py::test_f38_",)),
    39: Fault("render hangs", "killed after 120 s", lacking="the pool has no clock for a task"),
    40: Fault("fonts missing", "said at the start", lacking="`cem doctor` says it; a run does not look"),
    41: Fault("source missing or stale", "held, last week stays",
              ("extract/test_kinds.py::test_a_required_source", "flows/test_weekly.py::test_a_shrunken", "faults/test_watchdog.py::test_a_source")),
    42: Fault("source changes while read", "waits", ("extract/test_bad_formats.py::test_b90_a_file_that_grows",)),
    43: Fault("clock jumps", "same week, no second run, nobody waits a day", (f"{_PROCESSES}f43_",)),
    44: Fault("two runs at once", "one works, the other says so", (f"{_CONCURRENCY}of_many_starters", f"{_CONCURRENCY}two_processes", f"{_PROCESSES}f44_")),
    45: Fault("orchestrator down", "the command works without it", ("flows/test_weekly.py::test_two_runs_of_one_week",),
              "its restart in the middle of a flow; the lease and the keys decide, whoever starts the run again"),
    46: Fault("configuration changed, secret missing", "frozen at the start, refused first",
              (f"{_PROCESSES}f46_", "flows/test_weekly.py::test_rebuilt")),
}  # fmt: skip
