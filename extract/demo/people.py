"""Our own staff: one head above three business units, four levels each, and a support team that answers queues.

Whatever the number of people, from 5 on, every customer has one owner in each unit. From 13 on every
level of every unit is filled; below that a missing level is simply passed over upward.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contracts.words import BusinessUnit, Level, Role
from extract.demo.names import REGIONS, mail_name, person_names
from extract.demo.timeline import Timeline, dice

_SHARES = {BusinessUnit.SALES: 0.34, BusinessUnit.SUPPORT: 0.4, BusinessUnit.GPS: 0.26}
_LANGUAGE = {"EMEA South": "it", "MEA": "ar"}
_SMALL_ORDER = (
    *((unit, Level.INDIVIDUAL) for unit in BusinessUnit),
    (BusinessUnit.SUPPORT, Level.MANAGER),
    (BusinessUnit.SALES, Level.MANAGER),
    (BusinessUnit.GPS, Level.MANAGER),
    *((unit, Level.DIRECTOR) for unit in BusinessUnit),
    *((unit, Level.EXECUTIVE) for unit in BusinessUnit),
)
FEWEST = 5
QUEUE_IDS = ("P-901", "P-902", "P-903")
"""Support engineers without assignments; config/audiences.toml gives them their queues by these ids."""


@dataclass(frozen=True, slots=True)
class _Post:
    unit: BusinessUnit | None
    level: Level
    manager: int | None
    regions: tuple[str, ...]
    is_queue: bool = False


def build_people(*, seed: int, people: int, line: Timeline) -> pd.DataFrame:
    """PEOPLE columns plus `is_queue`; the first row is the head of the company.

    Raises: ValueError below 5 people, the fewest that can own customers in three units under one head.
    """
    if people < FEWEST:
        raise ValueError(f"a demo company needs at least {FEWEST} people (got {people}): a head and one in each unit")
    posts = list(_posts(people))
    rng = dice(seed, "people")
    queues = iter(QUEUE_IDS)
    ids = [next(queues) if post.is_queue else f"P-{number:03d}" for number, post in _numbered(posts)]
    names = person_names(rng, [_LANGUAGE.get(post.regions[0], "en") if post.regions else "en" for post in posts])
    frame = pd.DataFrame(
        {
            "person_id": ids,
            "name": names,
            "email": _addresses(names),
            "level": [post.level.value for post in posts],
            "business_unit": [post.unit.value if post.unit else None for post in posts],
            "manager_id": [None if post.manager is None else ids[post.manager] for post in posts],
            "delegate_id": None,
            "absent_from_on": None,
            "absent_to_on": None,
            "left_on": None,
            "language": [_reads(post) for post in posts],
            "calendar": ["cairo" if post.regions[:1] == ("MEA",) else "default" for post in posts],
            "region": [post.regions[0] if post.regions else None for post in posts],
            "is_queue": [post.is_queue for post in posts],
        }
    )
    return _with_absences(frame, line)


def _reads(post: _Post) -> str:
    """Who talks to customers of one region reads its language; all others, and who leads them, the house's."""
    is_local = post.level is Level.INDIVIDUAL and len(post.regions) == 1
    return _LANGUAGE.get(post.regions[0], "en") if is_local else "en"


def _numbered(posts: list[_Post]) -> Iterator[tuple[int, _Post]]:
    number = 0
    for post in posts:
        number += not post.is_queue
        # 901-903 belong to the queue team, however large the company is
        yield (number if number < 901 else number + 3), post


def _posts(people: int) -> Iterator[_Post]:
    yield _Post(None, Level.EXECUTIVE, None, ())
    if people < 1 + 4 * len(BusinessUnit):
        yield from _small(people - 1)
        return
    place = 1
    left = people - 1
    for unit in BusinessUnit:
        wanted = max(4, round((people - 1) * _SHARES[unit]))
        units_after = len(BusinessUnit) - 1 - list(BusinessUnit).index(unit)
        size = min(wanted, left - 4 * units_after) if units_after else left
        for post in _unit(unit, size, place):
            yield post
            place += 1
        left -= size


def _unit(unit: BusinessUnit, size: int, place: int) -> Iterator[_Post]:
    """One unit of `size` people whose first has the position `place` in the whole list."""
    managers = max(1, round((size - 1) / 6.5))
    directors = max(1, round(managers / 2)) if managers < 6 else round(managers / 4)
    yield _Post(unit, Level.EXECUTIVE, 0, ())
    for d in range(directors):
        yield _Post(unit, Level.DIRECTOR, place, _regions_of(d, directors))
    first_manager = place + 1 + directors
    for m in range(managers):
        yield _Post(unit, Level.MANAGER, place + 1 + m % directors, _regions_of(m, managers))
    individuals = size - 1 - directors - managers
    queue = min(len(QUEUE_IDS), individuals // 4) if unit is BusinessUnit.SUPPORT else 0
    for i in range(individuals):
        boss = i % managers
        regions = _regions_of(boss, managers)
        region = regions[(i // managers) % len(regions)]
        yield _Post(unit, Level.INDIVIDUAL, first_manager + boss, (region,), is_queue=i >= individuals - queue)


def _regions_of(number: int, of: int) -> tuple[str, ...]:
    if of >= len(REGIONS):
        return (REGIONS[number % len(REGIONS)],)
    return tuple(region for r, region in enumerate(REGIONS) if r % of == number)


def _small(rest: int) -> Iterator[_Post]:
    """Fewer than 13 people: individuals first, then upward; each reports to the nearest level that exists."""
    chosen = [(level, unit) for unit, level in _SMALL_ORDER[:rest]]
    ranks = list(Level)
    chosen.sort(key=lambda post: (-ranks.index(post[0]), list(BusinessUnit).index(post[1])))
    for level, unit in chosen:
        above = [k for k, (other, u) in enumerate(chosen) if u is unit and ranks.index(other) > ranks.index(level)]
        yield _Post(unit, level, above[-1] + 1 if above else 0, (REGIONS[0],))


def _addresses(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    addresses = []
    for name in names:
        stem = mail_name(name)
        seen[stem] = seen.get(stem, 0) + 1
        addresses.append(f"{stem}{seen[stem] if seen[stem] > 1 else ''}@borealis.example")
    return addresses


def _with_absences(people: pd.DataFrame, line: Timeline) -> pd.DataFrame:
    """In a company of 40 or more, one individual is away with a delegate and one has left."""
    if len(people) < 40:
        return people
    sales = people.index[(people.level == Level.INDIVIDUAL) & (people.business_unit == BusinessUnit.SALES)]
    away, stand_in, gone = sales[0], sales[1], sales[-1]
    people.loc[away, ["delegate_id", "absent_from_on", "absent_to_on"]] = [
        people.person_id[stand_in],
        line.last.shift(-1).monday.isoformat(),
        line.last.shift(2).sunday.isoformat(),
    ]
    people.loc[gone, "left_on"] = line.last.shift(-20).sunday.isoformat()
    return people


def build_assignments(customers: pd.DataFrame, people: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """ASSIGNMENTS: one owner per customer and unit, from the customer's region where somebody is; some members."""
    rng = dice(seed, "assignments")
    parts = []
    staff = people[(people.level == Level.INDIVIDUAL) & ~people.is_queue & people.left_on.isna()]
    for unit in BusinessUnit:
        team = staff[staff.business_unit == unit]
        anyone = team.person_id.to_numpy()
        owner = np.empty(len(customers), dtype=object)
        for region in REGIONS:
            here = np.flatnonzero(customers.region.to_numpy() == region)
            local = team.person_id[team.region == region].to_numpy()
            pool = local if len(local) else anyone
            owner[here] = pool[np.arange(len(here)) % len(pool)]
        parts.append(pd.DataFrame({"customer_id": customers.customer_id, "person_id": owner, "role": Role.OWNER.value}))
        extra = np.flatnonzero(rng.random(len(customers)) < 0.3)
        member = anyone[rng.integers(0, len(anyone), len(extra))]
        parts.append(
            pd.DataFrame(
                {"customer_id": customers.customer_id.to_numpy()[extra], "person_id": member, "role": Role.MEMBER.value}
            )
        )
        bosses = people.set_index("person_id").manager_id
        key = np.flatnonzero(customers.is_key_account.to_numpy())
        parts.append(
            pd.DataFrame(
                {
                    "customer_id": customers.customer_id.to_numpy()[key],
                    "person_id": bosses[owner[key]].to_numpy(),
                    "role": Role.MEMBER.value,
                }
            )
        )
    together = pd.concat(parts, ignore_index=True)
    # an owner is not also a member: the first row of a pair, the owner's, stands
    together = together.drop_duplicates(["customer_id", "person_id"])
    return together.sort_values(["customer_id", "person_id"], kind="stable", ignore_index=True)
