"""No parameter of a model that may be secret is shown, and each still shapes the manifest's id."""

from __future__ import annotations

import json

import pytest

from app.answering.answer import Answer
from app.answering.chat_model_pool import ChatModels
from app.configuration.chat_parameters import (
    HIDDEN,
    OTHERS,
    RECORD,
    manifest_key,
    shown_parameters,
    without_others,
)
from app.configuration.redaction import Redactor, shown
from app.manifest import Manifest, as_shown
from app.settings.tree import ChatSettings, Settings
from ingestion.index.protocol import IndexStore

CANARY = "canary-7f3a9b"
KEY = bytes(32)


def keyed(**parameters: object) -> dict[str, object]:
    return shown_parameters(parameters, lambda: KEY)


@pytest.mark.parametrize(
    "parameters",
    [
        {"default_headers": {"X-Anything": CANARY}},
        {"default_query": {"code": CANARY}},
        {"extra_body": {"deep": [{"deeper": CANARY}]}},
        {"model_kwargs": {"user": CANARY}},
        {"openai_proxy": f"http://user:{CANARY}@proxy:1"},
        {"base_url": f"http://host/v1?k={CANARY}"},
        {"organization": CANARY},
        {"temperature": CANARY},
        {"reasoning_effort": CANARY},
        {"seed": 7391823746123984712},
        {"stop": [CANARY]},
        {CANARY: 1},
        {"max_tokens": {"x": CANARY}},
        {"top_p": 0.123456789012345},
    ],
)
def test_what_is_not_known_to_be_harmless_is_hashed(parameters: dict[str, object]) -> None:
    found = keyed(**parameters)
    assert set(found) == {OTHERS}
    for secret in (CANARY, "7391823746123984712", "0.123456789012345"):
        assert secret not in json.dumps(found)
    assert keyed(**parameters) == found
    assert keyed(**parameters, more=1) != found
    assert shown_parameters(parameters, lambda: b"another") != found


def test_harmless_parameters_are_shown() -> None:
    plain = {
        "temperature": 0,
        "top_p": 0.5,
        "max_tokens": 400,
        "seed": 7,
        "reasoning_effort": "low",
    }
    assert keyed(**plain) == plain


def test_no_answer_carries_a_secret_and_each_parameter_shapes_the_id(make_parts, openai) -> None:
    openai.reply = 'It lasts "24 months from delivery" [1].'
    answers: list[Answer] = []
    for pin in ("1234", "1234", "1235"):
        parameters = {"default_headers": {"X-Pin": pin, "X-Key": CANARY}, "seed": 3}
        parts = make_parts(
            chat__model="openai:m", chat__base_url=openai.url, chat__parameters=parameters
        )
        answers.append(parts.answers.ask("How long does the warranty last?"))
    for answer in answers:
        assert CANARY not in answer.model_dump_json()
        assert "127.0.0.1" not in answer.model_dump_json()
        assert answer.manifest.chat_parameters["seed"] == 3
    # Equal in every process that uses the index, and another one where a parameter is another.
    assert answers[0].manifest.id == answers[1].manifest.id != answers[2].manifest.id


def test_the_key_is_made_once_for_an_index(store: IndexStore) -> None:
    first = manifest_key(store.records)
    assert len(first) == 32
    assert manifest_key(store.records) == first
    store.records.put(RECORD, "no hex")
    assert len(manifest_key(store.records)) == 32


def test_models_hash_by_the_key_that_they_are_given() -> None:
    chat = ChatSettings(model="openai:m", api_key="k", parameters={"user": CANARY})
    made = [
        ChatModels(chat, Settings().extractive, None, lambda key=key: key)  # type: ignore[arg-type,misc]
        for key in (b"one", b"one", b"other")
    ]
    first, second, third = (one.get({}).parameters[OTHERS] for one in made)
    assert first == second != third


def manifest(**parameters: object) -> Manifest:
    return Manifest.model_validate(
        {
            "document_set": "s", "index_version": "1-x", "embedding_model": "e",
            "embedding_hash": "h", "prompt": "answer@v1", "prompt_hash": "h",
            "chat_model": "openai:m", "chat_parameters": parameters,
            "retrieval": {"fusion": "f", "passages": 6, "depth": 100},
        }
    )  # fmt: skip


def test_manifests_that_an_earlier_version_stored_show_no_secret() -> None:
    old = manifest(temperature=0, base_url=f"http://u:{CANARY}@h", user=CANARY)
    seen = as_shown(old)
    assert seen.chat_parameters == {"temperature": 0, "base_url": HIDDEN, "user": HIDDEN}
    assert seen.id == old.id
    assert seen.model_dump()["id"] == old.id
    new = manifest(**keyed(temperature=0, user=CANARY))
    assert as_shown(new) is new
    answer = Answer.model_validate(
        {
            "answer": "x", "refused": True, "citations": [], "passages": [], "citation_check": {},
            "manifest": old.model_dump(exclude={"id"}), "prompt_version": "v1",
            "index_version": "1", "model": "m", "timings_ms": {},
        }
    )  # fmt: skip
    assert CANARY not in answer.model_dump_json()


def test_the_extractive_models_parameters_are_shown(make_parts) -> None:
    found = make_parts().answers.ask("How long does the warranty last?").manifest.chat_parameters
    assert without_others(found) == found
    assert found


def test_settings_are_shown_without_what_may_be_secret() -> None:
    chat = ChatSettings(
        model="openai:m",
        base_url=f"http://host/v1?code={CANARY}",
        parameters={
            "temperature": 0,
            "organization": CANARY,
            "extra_body": {"a": f"{CANARY}-more"},
        },
    )
    seen = shown(chat)
    assert CANARY not in str(seen)
    assert seen["parameters"] == {"temperature": 0, "organization": HIDDEN, "extra_body": HIDDEN}
    assert CANARY not in Redactor(chat)(f"the server said: {CANARY} and {CANARY}-more")
