"""What the figures of ``bench.api`` say: tables, goals, JSON."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from rich.table import Table

from bench.api_cases import DEFAULT, PAGE, SORTS, Case
from bench.api_client import percentile

GOAL_GROWTH, GOAL_BARE, GOAL_SEARCH = 1.2, 0.5, 5.0
CONCURRENCY = 8


@dataclass
class Site:
    """A database of one size and the processes on it."""

    videos: int
    database_url: str
    port: int = 0
    bare_port: int = 0
    key: str = ""
    far_page: int = 0
    cases: dict[str, Case] = field(default_factory=dict)
    measured: dict[str, list[float]] = field(default_factory=dict)
    rates: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def p(self, percent: float, *names: str) -> float:
        """A percentile over cases, in seconds."""
        return percentile([value for name in names for value in self.measured[name]], percent)

    def bare_ratio(self, name: str) -> float:
        """Our requests per second over the bare endpoint's: the median of the turns' ratios."""
        return statistics.median(ours / bare for ours, bare in self.rates[name])


@dataclass(frozen=True, slots=True)
class Goal:
    """What was to be reached, and whether it was."""

    text: str
    ratio: float
    goal: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal

    def line(self) -> str:
        verdict, sign = "PASS" if self.met else "MISS", "≥" if self.at_least else "≤"
        return f"{verdict}  {self.text}: {self.ratio:.3f} (goal {sign} {self.goal})"


def goals(sites: list[Site]) -> list[Goal]:
    """The ratios that count. A far page is compared with the first page of the smallest library in the same order."""
    small, large = sites[0], sites[-1]
    found = []
    for kind, page in (("list", "page 1"), ("far", f"page {large.far_page:,}")):
        ratios = {sort: large.p(50, f"{kind} {sort}") / small.p(50, f"list {sort}") for sort in SORTS}
        worst = max(SORTS, key=lambda sort: ratios[sort])
        text = f"p50 of {page} at {large.videos:,} over page 1 at {small.videos:,}"
        found += [Goal(f"{text}, default order", ratios[DEFAULT], GOAL_GROWTH)]
        found += [Goal(f"{text}, worst order ({worst})", ratios[worst], GOAL_GROWTH)]
    for site in sites:
        for name, page in ((f"list {DEFAULT}", "page 1"), (f"far {DEFAULT}", f"page {site.far_page:,}")):
            text = f"requests/s over the bare endpoint's, {page} at {site.videos:,}"
            found += [Goal(text, site.bare_ratio(name), GOAL_BARE, at_least=True)]
    for site in sites:
        mix = site.p(99, *_searches(site))
        lists = site.p(99, *(f"list {sort}" for sort in SORTS))
        found += [Goal(f"p99 of searches over p99 of lists at {site.videos:,}", mix / lists, GOAL_SEARCH)]
    return found


def _searches(site: Site) -> list[str]:
    return [name for name in site.cases if name.startswith("search")]


def tables(sites: list[Site]) -> Iterator[Table]:
    """All figures for people."""
    table = Table("one client, ms", *(f"{kind} at {site.videos:,}" for site in sites for kind in ("p50", "p99")))
    for name in sites[0].cases:
        figures = (f"{1000 * site.p(percent, name):.2f}" for site in sites for percent in (50, 99))
        table.add_row(name.replace("far ", "far page "), *figures)
    mix = (f"{1000 * site.p(percent, *_searches(site)):.2f}" for site in sites for percent in (50, 99))
    table.add_row("search: all", *mix)
    yield table
    table = Table(f"{CONCURRENCY} clients", "videos", "requests/s", "bare", "ratio")
    for site in sites:
        for name, rates in site.rates.items():
            ours, bare = (statistics.median(side) for side in zip(*rates, strict=True))
            table.add_row(name, f"{site.videos:,}", f"{ours:,.0f}", f"{bare:,.0f}", f"{site.bare_ratio(name):.2f}")
    yield table
    table = Table(f"slowest searches at {sites[-1].videos:,}", "ms")
    for typed, seconds in slowest(sites[-1]):
        table.add_row(typed, f"{1000 * seconds:.1f}")
    yield table


def slowest(site: Site, *, count: int = 8) -> list[tuple[str, float]]:
    """The searches that took longest, with their seconds; each was sent once."""
    timed = [
        (unquote_plus(address.partition("q=")[2]), seconds)
        for name in _searches(site)
        for address, seconds in zip(site.cases[name].targets, site.measured[name], strict=True)
    ]
    return sorted(timed, key=lambda one: -one[1])[:count]


def report(sites: list[Site]) -> dict[str, Any]:
    """All figures as JSON."""
    return {
        "pageSize": PAGE,
        "sites": [
            {
                "videos": site.videos,
                "farPage": site.far_page,
                "latencyMilliseconds": {
                    name: {f"p{percent}": round(1000 * site.p(percent, name), 3) for percent in (50, 99)}
                    for name in site.cases
                }
                | {
                    "search: all": {
                        f"p{percent}": round(1000 * site.p(percent, *_searches(site)), 3) for percent in (50, 99)
                    }
                },
                "slowestSearches": [
                    {"q": typed, "milliseconds": round(1000 * seconds, 3)} for typed, seconds in slowest(site)
                ],
                "requestsPerSecond": {
                    name: {
                        "api": [round(ours, 1) for ours, _ in rates],
                        "bare": [round(bare, 1) for _, bare in rates],
                        "ratio": round(site.bare_ratio(name), 3),
                    }
                    for name, rates in site.rates.items()
                },
            }
            for site in sites
        ],
        "goals": [
            {"text": goal.text, "ratio": round(goal.ratio, 3), "goal": goal.goal, "met": goal.met}
            for goal in goals(sites)
        ],
    }
