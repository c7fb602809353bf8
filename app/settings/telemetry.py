"""Settings of logs, traces and metrics."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from ingestion.settings import SettingsGroup


class TelemetrySettings(SettingsGroup):
    """Traces, metrics and logs. Nothing is sent anywhere unless it is set here."""

    otlp_endpoint: str | None = Field(
        default=None,
        description="Where traces are sent by OTLP over HTTP, for example "
        "http://collector:4318/v1/traces.",
    )
    azure_connection_string: SecretStr | None = Field(
        default=None,
        description="Connection string of an Application Insights resource that gets the traces "
        "(pip install 'plumbline[azure]').",
    )
    service_name: str = Field(default="plumbline", description="The service's name in traces.")
    metrics: bool = Field(default=True, description="Serve metrics for Prometheus at GET /metrics.")
    log_format: Literal["text", "json"] = Field(
        default="text", description="One line of text, or one JSON object, for each entry."
    )
    log_questions: bool = Field(
        default=False, description="Let the text of questions into logs and traces."
    )
