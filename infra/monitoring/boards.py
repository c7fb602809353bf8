"""What the dashboards show. `python -m infra.monitoring dashboards` writes them into dashboards/."""

from __future__ import annotations

from pathlib import Path

from infra.monitoring.panels import Board, Panel, Query, Variable

FOLDER = Path(__file__).with_name("dashboards")
JOB = Variable("job", "Job", "label_values(plumbline_dependency_up, job)")
RELEASE = Variable(
    "release",
    "Release",
    'label_values(plumbline_request_seconds_count{job=~"$job"}, release)',
)
SET = Variable(
    "document_set",
    "Document set",
    'label_values(plumbline_index_age_seconds{job=~"$job"}, document_set)',
)
J = 'job=~"$job"'
# Requests that users or their programs make.
ASKED = f'{J}, route!~"/healthz|/readyz"'
SETS = f'{J}, document_set=~"$document_set"'
RELEASES = f'{J}, release=~"$release"'


def rate(metric: str, matchers: str = J) -> str:
    """Per second."""
    return f"rate({metric}{{{matchers}}}[$__rate_interval])"


def total(metric: str, matchers: str = J, by: str = "") -> str:
    """Per second, added up; by labels if some are named."""
    return f"sum{f' by ({by})' if by else ''} ({rate(metric, matchers)})"


def none_is_zero(expr: str) -> str:
    """0 where there is no series, as of a counter that has not counted yet; nothing without a service."""
    return f"{expr} or on() 0 * count(plumbline_dependency_up{{{J}}})"


def share(part: str, whole: str) -> str:
    """A part of a whole; 0 where the part has no series."""
    return f"({part} or 0 * {whole}) / {whole}"


def percentiles(metric: str, matchers: str = J) -> list[Query]:
    """The 50th, 95th and 99th percentile of a histogram."""
    buckets = total(f"{metric}_bucket", matchers, "le")
    return [(f"histogram_quantile({part / 100:g}, {buckets})", f"p{part}") for part in (50, 95, 99)]


def p95_by(metric: str, label: str, matchers: str = J) -> Query:
    """The 95th percentile of a histogram for each value of a label."""
    buckets = total(f"{metric}_bucket", matchers, f"le, {label}")
    return (f"histogram_quantile(0.95, {buckets})", f"{{{{{label}}}}}")


SERVICE = Board(
    "plumbline-service",
    "Plumbline: service",
    "Whether callers get answers, how fast, and what stands in the way.",
    [
        (
            "Now",
            [
                Panel("Processes up", "Processes whose metrics Prometheus reads. Fewer than you run: see the runbook Down.", "short", [(f"sum(up{{{J}}})", "up")], "stat", 4),
                Panel("Requests", "Requests a second, without health checks.", "reqps", [(total("plumbline_request_seconds_count", ASKED), "requests")], "stat", 4),
                Panel("Failed requests", "Share of requests that got a status of 5xx.", "percentunit", [(share(total("plumbline_request_seconds_count", f'{ASKED}, status=~"5.."'), total("plumbline_request_seconds_count", ASKED)), "failed")], "stat", 4, 0.005, 0.03),
                Panel("95 % of answers take at most", "95th percentile of the time to a whole answer.", "s", [(f"histogram_quantile(0.95, {total('plumbline_answer_seconds_bucket', J, 'le')})", "p95")], "stat", 4, 5, 10),
                Panel("Dependencies down", "Dependencies that some process cannot use.", "short", [(none_is_zero(f"count(min by (dependency) (plumbline_dependency_up{{{J}}}) == 0)"), "down")], "stat", 4, None, 1),
                Panel("Models resting", "Chat models that some process does not call since they failed too often.", "short", [(none_is_zero(f"count(max by (model) (plumbline_model_resting{{{J}}}) == 1)"), "resting")], "stat", 4, None, 1),
            ],
        ),
        (
            "Requests",
            [
                Panel("Requests by status", "Requests a second by status. 429: over a limit; 503: no room, or a dependency is away.", "reqps", [(total("plumbline_request_seconds_count", ASKED, "status"), "{{status}}")], stacked=True),
                Panel("Requests by route", "The ten routes with most requests a second.", "reqps", [(f"topk(10, {total('plumbline_request_seconds_count', ASKED, 'route')})", "{{route}}")]),
                Panel("Request time", "Time to the end of a response, streams included.", "s", percentiles("plumbline_request_seconds", ASKED)),
            ],
        ),
        (
            "Error budgets",
            [
                Panel("Failed requests by window", "Share of failed requests over the windows of the alert on the error budget; the objective is 0.5 %.", "percentunit", [(f"plumbline:request_errors:ratio_rate{window}{{{J}}}", f"{{{{job}}}} {window}") for window in ("5m", "1h", "6h", "3d")], span=12, warn=0.005, alarm=0.072),
                Panel("Slow answers by window", "Share of answers that take more than 10 s over the windows of the alert; the objective is 5 %.", "percentunit", [(f"plumbline:slow_answers:ratio_rate{window}{{{J}}}", f"{{{{job}}}} {window}") for window in ("5m", "1h", "6h", "3d")], span=12, warn=0.05, alarm=0.72),
            ],
        ),
        (
            "Answers",
            [
                Panel("Answers by outcome", "Answers a second. Degraded: a fallback answered. Refused: the documents hold no answer.", "reqps", [(total("plumbline_answers_total", J, "outcome"), "{{outcome}}")], stacked=True),
                Panel("Failures by error", "Questions a second that were fit to be answered, and were not.", "reqps", [(none_is_zero(total("plumbline_failures_total", J, "error")), "{{error}}")], stacked=True),
                Panel("Answer time", "Time to a whole answer, from the cache too.", "s", percentiles("plumbline_answer_seconds"), warn=5, alarm=10),
                Panel("Time to the first token", "Time to the first word of a streamed answer.", "s", percentiles("plumbline_first_token_seconds")),
                Panel("Retrieval time", "Time to embed the question, search and rerank.", "s", percentiles("plumbline_retrieval_seconds")),
                Panel("Answer time by cache outcome", "95th percentile. `exact` and `semantic` come from the cache.", "s", [p95_by("plumbline_answer_seconds", "cache")]),
            ],
        ),
        (
            "Dependencies and models",
            [
                Panel("Dependencies", "1 if every process can use the dependency, as GET /readyz checks it.", "bool_yes_no", [(f"min by (dependency) (plumbline_dependency_up{{{J}}})", "{{dependency}}")]),
                Panel("Model resting", "1 while some process does not call the model since it failed too often.", "bool_yes_no", [(f"max by (model) (plumbline_model_resting{{{J}}})", "{{model}}")]),
                Panel("Questions that fail because of the model", "Share of questions over 5 minutes.", "percentunit", [(f"plumbline:model_failures:ratio_rate5m{{{J}}}", "{{job}}")], alarm=0.05),
            ],
        ),
        (
            "Cache",
            [
                Panel("Answers by cache outcome", "Answers a second: `exact` and `semantic` come from the cache, `miss` does not, `off`: the cache was not asked.", "reqps", [(total("plumbline_answers_total", J, "cache"), "{{cache}}")], stacked=True),
                Panel("Cache events", "What the cache did, a second.", "ops", [(total("plumbline_cache_events_total", J, "event"), "{{event}}")]),
                Panel("Cache aside", "1 while some process answers without its cache, which failed.", "bool_yes_no", [(f"max by (instance) (plumbline_cache_aside{{{J}}})", "{{instance}}")]),
            ],
        ),
        (
            "Saturation",
            [
                Panel("Processor steps", "Steps of answers that run, wait, and may run at a time. Waiting steps for minutes: add processes.", "short", [(f"sum by (state) (plumbline_processor_steps{{{J}}})", "{{state}}"), (f"sum(plumbline_processor_steps_limit{{{J}}})", "limit")]),
                Panel("Answers in progress", "Answers that are worked on, and how many there may be. At the limit callers get 503.", "short", [(f"sum(plumbline_answers_in_progress{{{J}}})", "in progress"), (f"sum(plumbline_answers_in_progress_limit{{{J}}})", "limit")]),
                Panel("Threads", "Threads at blocking work, and how many there may be.", "short", [(f"sum(plumbline_threads_busy{{{J}}})", "busy"), (f"sum(plumbline_threads_busy_limit{{{J}}})", "limit")]),
                Panel("Limited and turned away", "Requests a second that got 429 (the caller's limit) or 503 (no room, or a dependency is away).", "reqps", [(none_is_zero(total("plumbline_request_seconds_count", f'{ASKED}, status=~"429|503"', "status")), "{{status}}")]),
                Panel("Answers that wait to be stored", "Records that wait for the database, and those that were lost in 5 minutes.", "short", [(f"sum(plumbline_answers_waiting_to_be_stored{{{J}}})", "waiting"), (f"sum(increase(plumbline_answers_not_stored_total{{{J}}}[5m]))", "lost in 5 minutes")]),
                Panel("Processor time", "Processor seconds a second of each process (with one worker for each container).", "short", [(f"rate(process_cpu_seconds_total{{{J}}}[$__rate_interval])", "{{instance}}")]),
                Panel("Memory", "Resident memory of each process.", "bytes", [(f"process_resident_memory_bytes{{{J}}}", "{{instance}}")]),
                Panel("Open files", "Open file descriptors of each process.", "short", [(f"process_open_fds{{{J}}}", "{{instance}}")]),
                Panel("Restarts", "How long each process has run.", "s", [(f"time() - process_start_time_seconds{{{J}}}", "{{instance}}")]),
            ],
        ),
    ],
    [JOB],
)  # fmt: skip

QUALITY = Board(
    "plumbline-quality",
    "Plumbline: quality and cost",
    "Whether answers are grounded, what people think of them, what they cost, and whether questions drift.",
    [
        (
            "Grounding",
            [
                Panel("Refusals", "Share of answers that say the documents hold no answer: now, over an hour and over a day.", "percentunit", [(share(total("plumbline_answers_total", f'{J}, outcome="refused"'), total("plumbline_answers_total")), "now"), (f"plumbline:refusals:ratio_rate1h{{{J}}}", "{{job}} 1h"), (f"plumbline:refusals:ratio_rate1d{{{J}}}", "{{job}} 1d")]),
                Panel("Answers with a citation failure", "Share of answers with a marker or a quotation that failed the check: now, and over an hour.", "percentunit", [(share(total("plumbline_unsupported_answers_total"), total("plumbline_answers_total")), "now"), (f"plumbline:unsupported_answers:ratio_rate1h{{{J}}}", "{{job}} 1h")], alarm=0.05),
                Panel("Citation failures by kind", "A second. `marker`: names no passage; `quote`: is in no passage.", "ops", [(none_is_zero(total("plumbline_citation_failures_total", J, "kind, model")), "{{kind}} {{model}}")]),
                Panel("Refusals by document set", "Share of answers.", "percentunit", [(share(total("plumbline_answers_total", f'{J}, outcome="refused"', "document_set"), total("plumbline_answers_total", J, "document_set")), "{{document_set}}")]),
                Panel("Degraded answers", "Share of answers that a fallback gave, over 10 minutes.", "percentunit", [(f"plumbline:degraded:ratio_rate10m{{{J}}}", "{{job}}")], alarm=0.05),
                Panel("Feedback", "Opinions in an hour.", "short", [(none_is_zero(f"sum by (thumb) (increase(plumbline_feedback_total{{{J}}}[1h]))"), "{{thumb}}")], stacked=True),
            ],
        ),
        (
            "Cost and tokens",
            [
                Panel("Cost an hour", "In the currency of the prices that are set (`prices`), by model.", "short", [(f"3600 * {total('plumbline_cost_total', J, 'model')}", "{{model}}")], stacked=True),
                Panel("Cost of an answer", "Of answers that did not come from the cache, in the same currency.", "short", percentiles("plumbline_answer_cost")),
                Panel("Tokens", "Tokens a second that models read and wrote.", "short", [(total("plumbline_tokens_total", J, "model, direction"), "{{model}} {{direction}}")]),
                Panel("Tokens by prompt", "Tokens a second by prompt version.", "short", [(total("plumbline_tokens_total", J, "prompt"), "{{prompt}}")], span=12),
                Panel("Answers by prompt", "Answers a second by prompt version.", "reqps", [(total("plumbline_answers_total", J, "prompt"), "{{prompt}}")], span=12),
            ],
        ),
        (
            "Drift",
            [
                Panel("Drift detected", "1 if the signal drifted at the last run of `plumb drift --metrics`.", "bool_yes_no", [("max by (document_set, signal) (plumbline_drift_detected)", "{{document_set}} {{signal}}")]),
                Panel("Adjusted p-value", "Chance of such a difference if nothing changed. Below drift.alpha a signal drifted.", "percentunit", [("max by (document_set, signal) (plumbline_drift_p_value)", "{{document_set}} {{signal}}")]),
                Panel("Difference between the windows", "Each signal has a measure of its own.", "short", [("max by (document_set, signal) (plumbline_drift_statistic)", "{{document_set}} {{signal}}")]),
                Panel("Answers compared", "Answers of each window.", "short", [("max by (document_set, window) (plumbline_drift_answers)", "{{document_set}} {{window}}")], span=12),
                Panel("Time since the last check", "`plumb drift` should run every day.", "s", [("time() - max by (document_set) (plumbline_drift_checked_timestamp_seconds)", "{{document_set}}")], span=12, warn=90000, alarm=172800),
            ],
        ),
    ],
    [JOB],
)  # fmt: skip

RELEASES_BOARD = Board(
    "plumbline-releases",
    "Plumbline: releases",
    "Releases side by side, for a canary. `plumb canary judge` decides; this shows what it sees.",
    [
        (
            "By release",
            [
                Panel("Requests", "Requests a second. A process that is pinned to no release has an empty name.", "reqps", [(total("plumbline_request_seconds_count", f'{RELEASES}, route!~"/healthz|/readyz"', "release"), "{{release}}")], stacked=True),
                Panel("Failed requests", "Share of requests with a status of 5xx.", "percentunit", [(share(total("plumbline_request_seconds_count", f'{RELEASES}, route!~"/healthz|/readyz", status=~"5.."', "release"), total("plumbline_request_seconds_count", f'{RELEASES}, route!~"/healthz|/readyz"', "release")), "{{release}}")], warn=0.005, alarm=0.03),
                Panel("Answer time", "95th percentile of the time to a whole answer.", "s", [p95_by("plumbline_answer_seconds", "release", RELEASES)]),
                Panel("Time to the first token", "95th percentile, of streamed answers.", "s", [p95_by("plumbline_first_token_seconds", "release", RELEASES)]),
                Panel("Refusals", "Share of answers.", "percentunit", [(share(total("plumbline_answers_total", f'{RELEASES}, outcome="refused"', "release"), total("plumbline_answers_total", RELEASES, "release")), "{{release}}")]),
                Panel("Answers with a citation failure", "Share of answers.", "percentunit", [(share(total("plumbline_unsupported_answers_total", RELEASES, "release"), total("plumbline_answers_total", RELEASES, "release")), "{{release}}")], alarm=0.05),
                Panel("Thumbs down", "Share of opinions in an hour.", "percentunit", [(none_is_zero(f'(sum by (release) (increase(plumbline_feedback_total{{{RELEASES}, thumb="down"}}[1h])) or 0 * sum by (release) (increase(plumbline_feedback_total{{{RELEASES}}}[1h]))) / (sum by (release) (increase(plumbline_feedback_total{{{RELEASES}}}[1h])) > 0)'), "{{release}}")]),
                Panel("Cost of an answer", "Mean, of answers that did not come from the cache.", "short", [(f"{total('plumbline_answer_cost_sum', RELEASES, 'release')} / {total('plumbline_answer_cost_count', RELEASES, 'release')}", "{{release}}")]),
                Panel("Retrieval time", "95th percentile.", "s", [p95_by("plumbline_retrieval_seconds", "release", RELEASES)]),
            ],
        ),
    ],
    [JOB, RELEASE],
)  # fmt: skip

INDEXING = Board(
    "plumbline-indexing",
    "Plumbline: documents and jobs",
    "Whether documents are up to date, and whether jobs are done.",
    [
        (
            "Document sets",
            [
                Panel("Time since the last sync", "Since the last sync whose result answers, from wherever it ran.", "s", [(f"time() - max by (document_set) (plumbline_sync_timestamp_seconds{{{SETS}}})", "{{document_set}}")], warn=172800, alarm=345600),
                Panel("Index age", "Since the live version was made. It grows while nothing changes.", "s", [(f"min by (document_set) (plumbline_index_age_seconds{{{SETS}}})", "{{document_set}}")]),
                Panel("Documents", "Documents of the live version. A sudden fall: see its syncs.", "short", [(f"max by (document_set) (plumbline_documents{{{SETS}}})", "{{document_set}}")]),
                Panel("Sync time", "How long that sync took.", "s", [(f"max by (document_set) (plumbline_sync_seconds{{{SETS}}})", "{{document_set}}")], span=12),
                Panel("Live versions", "Number of processes that answer from each index version. Two of one set for minutes: a process does not see the index.", "short", [(f"count by (document_set, index_version) (plumbline_index_age_seconds{{{SETS}}})", "{{document_set}} {{index_version}}")], span=12),
            ],
        ),
        (
            "Jobs",
            [
                Panel("Queued and running", "Jobs that wait or run.", "short", [(f'max by (kind, state) (plumbline_jobs{{{J}, state=~"queued|running"}})', "{{kind}} {{state}}")]),
                Panel("Oldest job", "How long the oldest queued job has waited, and the oldest running one has run.", "s", [(f"max by (kind, state) (plumbline_job_oldest_seconds{{{J}}})", "{{kind}} {{state}}")], warn=900, alarm=21600),
                Panel("Jobs that ended", "Jobs that are remembered, by how they ended.", "short", [(f'max by (kind, state) (plumbline_jobs{{{J}, state!~"queued|running"}})', "{{kind}} {{state}}")]),
                Panel("Last sync job failed", "1 if the newest sync job of the set failed or was not published.", "bool_yes_no", [(f"max by (document_set) (plumbline_sync_failed{{{SETS}}})", "{{document_set}}")], span=24),
            ],
        ),
    ],
    [JOB, SET],
)  # fmt: skip

BOARDS = (SERVICE, QUALITY, RELEASES_BOARD, INDEXING)
