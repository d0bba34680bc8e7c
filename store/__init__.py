"""What was decided, and what became of it: runs, placements, cases, messages, policies, history.

The only room that speaks SQL to our own database. Every public function takes a session that the
caller opened with `Store.write()`, `Store.read()` or `Store.transact()`, and a `now`: nothing here
reads the clock, and nothing commits on its own.
"""
