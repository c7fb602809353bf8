"""The comparison as metrics, in a file that node_exporter's textfile collector reads."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from evals.drift.drift import Drift


def metrics_text(drift: Drift) -> str:
    """Every figure in Prometheus' text format, labelled by document set and signal."""
    registry = CollectorRegistry()

    def gauge(name: str, help_: str, *labels: str) -> Gauge:
        return Gauge(f"plumbline_drift_{name}", help_, ["document_set", *labels], registry=registry)

    detected = gauge("detected", "1 if the signal drifted, else 0.", "signal")
    p_value = gauge("p_value", "Adjusted p-value of the signal.", "signal")
    statistic = gauge("statistic", "Difference between the windows.", "signal")
    answers = gauge("answers", "Answers compared of a window.", "window")
    checked = gauge("checked_timestamp_seconds", "When the windows were compared.")
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
