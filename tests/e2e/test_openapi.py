"""Every route against its own description: no 5xx, no response that its schema does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.app.api.live import live_service
from tests.indexing import workbench_here

pytestmark = pytest.mark.load
EXAMPLES = 30
# Left out of all checks is one: that what fits the schema is accepted. A question of no letter, or
# the name of a set that takes no uploads, fits and is refused, by a 422 that is described.


@pytest.fixture(scope="module")
def described(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[schemathesis.schemas.BaseSchema, str]]:
    """The description of a service with one small set, and an admin's key for it."""
    from app.security.keys import Keys
    from app.settings.tree import load_settings
    from app.store.database import Database
    from ingestion.embedding.embedder import load_embedder
    from ingestion.index.stores import open_store
    from ingestion.settings import EmbeddingSettings
    from ingestion.sync.start import sync_source

    folder = tmp_path_factory.mktemp("service")
    (folder / "documents").mkdir()
    (folder / "documents" / "hours.md").write_text("# Hours\n\nThe depot opens at 05:30.\n")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        loaded = load_settings(
            {
                "index.url": str(folder / "index"),
                "loading.workers": 0,
                "auth.enabled": True,
                "limits.per_minute": 0,
                "limits.changes_per_minute": 0,
                "limits.failures_per_minute": 1_000_000,
                # Each has a process of its own.
                "batches.most_unfinished": 2,
            }
        )
        database = Database(loaded.store.url.get_secret_value())
        database.migrate()
        key = Keys(database).create("schemathesis", "admin")
        database.close()
        store = open_store(loaded.index)
        sync_source("depot", "documents", workbench_here(store, load_embedder(EmbeddingSettings())))
        store.close()
        with live_service(loaded) as url:
            yield schemathesis.openapi.from_url(f"{url}/openapi.json"), key


def check(operation: Any, key: str) -> list[str]:
    """What is wrong with one operation."""
    headers = {"Authorization": f"Bearer {key}"}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def every_case(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

    try:
        every_case()
    except BaseExceptionGroup as group:
        return [f"{operation.label}: {one}" for one in group.exceptions]
    return []


def test_every_route_keeps_to_its_description(
    described: tuple[schemathesis.schemas.BaseSchema, str],
) -> None:
    description, key = described
    operations = [result.ok() for result in description.get_all_operations()]
    assert len(operations) > 20
    wrong = [message for operation in operations for message in check(operation, key)]
    assert not wrong, "\n\n".join(wrong)
