"""The comparison as metrics, in a file that node_exporter's textfile collector reads."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from app.telemetry.metrics import MetricDescription
from evals.drift.drift import Drift

# Name behind `plumbline_drift_`, meaning, and labels beside the document set.
GAUGES = {
    "detected": ("1 if the signal drifted, else 0.", ("signal",)),
    "p_value": ("Adjusted p-value of the signal.", ("signal",)),
    "statistic": ("Difference between the windows.", ("signal",)),
    "answers": ("Answers compared of a window.", ("window",)),
    "checked_timestamp_seconds": ("When the windows were compared.", ()),
}


def described() -> list[MetricDescription]:
    """Every metric of the file."""
    return [
        MetricDescription(f"plumbline_drift_{name}", "gauge", ("document_set", *labels), meaning)
        for name, (meaning, labels) in GAUGES.items()
    ]


def metrics_text(drift: Drift) -> str:
    """Every figure in Prometheus' text format, labelled by document set and signal."""
    registry = CollectorRegistry()
    detected, p_value, statistic, answers, checked = (
        Gauge(name, meaning, labels, registry=registry) for name, _, labels, meaning in described()
    )
    for signal in drift.signals:
        if signal.adjusted is None or signal.statistic is None:
            continue
        detected.labels(drift.document_set, signal.name).set(float(signal.drifted))
        p_value.labels(drift.document_set, signal.name).set(signal.adjusted)
        statistic.labels(drift.document_set, signal.name).set(signal.statistic)
    answers.labels(drift.document_set, "reference").set(drift.reference.compared)
    answers.labels(drift.document_set, "recent").set(drift.recent.compared)
    checked.labels(drift.document_set).set(drift.at.timestamp())
    return generate_latest(registry).decode()
