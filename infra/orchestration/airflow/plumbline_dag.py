"""Re-index, evaluate, gate, promote: see docs/how-to/run-in-an-orchestrator.md."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Asset, Param

# Workers need `plumb` on their PATH, and its settings in their environment. What a caller chooses comes
# by the environment, never as part of a command.
STAGES = {
    "index": 'plumb ingest "$SOURCE" --no-publish --index-url "$INDEX_URL" --why "$WHY" '
    '--output "$RESULTS/candidate.json"',
    "evaluate_live": 'plumb eval run "$SUITE" --prompt production --index-url "$INDEX_URL" '
    '--max-cost "$MAX_COST" --output "$RESULTS/live-run.json"',
    "evaluate_candidate": 'plumb eval run "$SUITE" --prompt production '
    '--index-version "$RESULTS/candidate.json" --index-url "$INDEX_URL" --max-cost "$MAX_COST" '
    '--output "$RESULTS/candidate-run.json"',
    "gate": 'plumb eval gate --suite "$SUITE" --baseline "$RESULTS/live-run.json" '
    '--candidate "$RESULTS/candidate-run.json" --output "$RESULTS/verdict.json" '
    '--junit "$RESULTS/gate.xml" --markdown "$RESULTS/gate.md" --html "$RESULTS/gate.html"',
    "promote": 'plumb index promote "$RESULTS/candidate.json" --verdict "$RESULTS/verdict.json" '
    '--index-url "$INDEX_URL" --why "$WHY"',
}
# An embedding service or a chat model may be away for a moment: what a first try has done is kept. The
# gate and the promotion would come to the same result again.
RETRIES = {"index": 2, "evaluate_live": 2, "evaluate_candidate": 2}

with DAG(
    dag_id="plumbline_reindex",
    description="A new index version goes live if the gate lets it pass.",
    doc_md=__doc__,
    schedule="0 4 * * 1-5",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    tags=["plumbline"],
    params={
        "source": Param("docs/examples/handbook.yaml", type="string"),
        "suite": Param("handbook", type="string"),
        "index_url": Param("./plumb-index", type="string"),
        "max_cost": Param(5, type="number", minimum=0),
        "results": Param("./plumb-results", type="string"),
        # Relative paths begin here.
        "folder": Param("/opt/plumbline", type="string"),
    },
    default_args={"retry_delay": timedelta(minutes=5), "execution_timeout": timedelta(hours=6)},
) as dag:
    tasks = {
        name: BashOperator(
            task_id=name,
            bash_command=command,
            cwd="{{ params.folder }}",
            append_env=True,
            env={
                "SOURCE": "{{ params.source }}",
                "SUITE": "{{ params.suite }}",
                "INDEX_URL": "{{ params.index_url }}",
                "MAX_COST": "{{ params.max_cost }}",
                "RESULTS": "{{ params.results }}/{{ run_id }}",
                "WHY": "Airflow {{ run_id }}",
            },
            retries=RETRIES.get(name, 0),
            # Other DAGs can be scheduled by it.
            outlets=[Asset("plumbline_live_index")] if name == "promote" else [],
        )
        for name, command in STAGES.items()
    }
    evaluations = [tasks["evaluate_live"], tasks["evaluate_candidate"]]
    tasks["index"] >> evaluations >> tasks["gate"] >> tasks["promote"]
