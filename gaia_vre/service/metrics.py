"""Numbers for Prometheus: ``gaia_<noun>_<verb>_<unit>``, never with user names."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """The numbers of one service, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "gaia_requests_answer_seconds",
            "Time to answer a request.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.passes = Histogram(
            "gaia_reconcile_pass_seconds", "Time of one pass of the reconcile loop.", registry=self.registry
        )
        self.failures = Counter(
            "gaia_reconcile_fail_total",
            "Looks that got no answer, by what was asked.",
            ["part"],
            registry=self.registry,
        )
        self.repairs = Counter(
            "gaia_reconcile_repair_total", "Things that a pass put right.", ["kind"], registry=self.registry
        )
        self.last_pass = Gauge(
            "gaia_reconcile_finish_seconds", "Unix time at which the last pass ended.", registry=self.registry
        )
        self.leases = Gauge("gaia_leases_live_count", "Leases that live.", ["kind"], registry=self.registry)
        self.differences = Gauge(
            "gaia_ledger_differ_count",
            "Balances that were not the sum of their entries at the last daily check.",
            registry=self.registry,
        )
        self.settled = Gauge(
            "gaia_meter_settle_seconds",
            "Unix time at which what runs was last charged.",
            registry=self.registry,
        )
        self.agreement = Gauge(
            "gaia_ledger_reconcile_ratio",
            "Charged time by observed time in the last whole week; 1 is exact.",
            registry=self.registry,
        )
        self.replays = Counter(
            "gaia_leases_replay_total",
            "Emergency leases, taken while the service did not answer and told to it later.",
            ["kind"],
            registry=self.registry,
        )
        self.budgets = Gauge(
            "gaia_budget_use_ratio",
            "Used part of a budget of a site, community, project or course.",
            ["account", "limit"],
            registry=self.registry,
        )
        self.reached = Gauge(
            "gaia_budgets_reach_count",
            "Budgets that something runs on and that reached 80, 95 or 100 %, by kind of account.",
            ["kind", "percent"],
            registry=self.registry,
        )
        self.refusals = Counter(
            "gaia_starts_refuse_total",
            "Starts that did not fit, by what was asked and which limit.",
            ["kind", "limit"],
            registry=self.registry,
        )
        self.streams = Gauge("gaia_streams_open_count", "Streams of messages that are open.", registry=self.registry)
        self.scans = Counter(
            "gaia_folders_measure_total", "Measures of homes and other folders.", ["result"], registry=self.registry
        )
        self.scanned = Counter(
            "gaia_files_measure_total", "Files that measures of folders saw.", registry=self.registry
        )
        self.running = Gauge("gaia_things_run_count", "What runs now.", ["kind"], registry=self.registry)
