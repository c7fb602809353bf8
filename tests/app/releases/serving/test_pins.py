"""A process that serves a release answers as the release says, or does not start."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.errors import InvalidRelease, ReleaseMismatch
from app.jobs.settings_handover import VARIABLE, handed_over, take_over
from app.releases.pins import Pins, settings_of
from app.releases.release import Release, parse_release
from app.settings.tree import Settings, load_settings
from app.wiring import Parts, build
from ingestion.errors import IndexUnavailable, UnknownDocumentSet
from ingestion.versions.catalogue import version_key
from ingestion.versions.garbage_collection import collect, purge
from prompts.errors import SettingsError
from tests.app.releases.older import as_made_before
from tests.app.releases.serving.world import MONTHS, PASSAGES, QUESTION, World

Serving = Callable[..., Settings]


@pytest.fixture
def parts(world: World, serving: Serving) -> Callable[..., Parts]:
    def made(release: Release, **overrides) -> Parts:
        return build(serving(release, **overrides), embedder=world.embedder)

    return made


def test_settings_of_the_release_win_over_environment_and_file_and_flags_over_it(
    world, serving, monkeypatch
) -> None:
    release = world.release("v1", 1, retrieval__depth=50, chat__parameters='{"top_p": 0.5}')
    monkeypatch.setenv("PLUMB_RETRIEVAL_DEPTH", "60")
    monkeypatch.setenv("PLUMB_CHAT_PARAMETERS", '{"temperature": 1}')
    monkeypatch.setenv("PLUMB_PROMPT_ANSWER", "v3")
    monkeypatch.setenv("PLUMB_CHAT_TIMEOUT_S", "7")
    Path("plumbline.toml").write_text('[retrieval]\npassages = 9\n[chat]\nmodel = "openai:x"\n')
    settings = serving(release)
    assert settings.retrieval.depth == 50
    assert settings.retrieval.passages is None
    assert settings.chat.model == "extractive"
    assert settings.chat.parameters == {"top_p": 0.5}, "the environment's were added to them"
    assert settings.prompt.answer == "production"
    assert settings.chat.timeout_s == 7, "what shapes no answer stays the environment's"
    assert serving(release, retrieval__depth=70).retrieval.depth == 70
    assert world.settings().retrieval.depth == 60
    assert "release" not in json.loads(settings.model_dump_json()), "`plumb settings --json` grew"


def test_answers_come_from_the_pinned_versions_whatever_alias_and_live_version_say(
    world, parts
) -> None:
    for prompt, number in (("v1", 1), ("v2", 2)):
        release = world.release(prompt, number)
        with closing(parts(release)) as pinned:
            prepared = pinned.answers.prepare(QUESTION)
            assert prepared.manifest == release.sets["depot"].manifest
            assert prepared.limit == PASSAGES[prompt]
            assert MONTHS[number] in pinned.answers.ask(QUESTION).answer
            assert prepared.release == release.id
            named = pinned.answers.prepare(QUESTION, prompt="production").manifest
            assert named == prepared.manifest
            assert pinned.answers.search(QUESTION).index_version == world.versions[number]
    with closing(build(world.settings(), embedder=world.embedder)) as free:
        prepared = free.answers.prepare(QUESTION)
        assert (prepared.manifest.prompt, prepared.manifest.index_version) == (
            "answer@v3",
            world.versions[3],
        )
        assert prepared.release is None


def test_what_a_request_names_is_answered_so_and_is_not_the_releases(world, parts) -> None:
    release = world.release("v1", 1)
    with closing(parts(release)) as pinned:
        for how in ({"prompt": "v2"}, {"index_version": world.versions[3]}, {"passages": 1}):
            prepared = pinned.answers.prepare(QUESTION, "depot", **how)
            assert prepared.release is None, how
        assert "48" in pinned.answers.ask(QUESTION, index_version="3").answer
        same = pinned.answers.prepare(QUESTION, index_version="1", prompt="v1")
        assert same.release == release.id
        follow_up = pinned.answers.prepare(QUESTION, condensed_by="rule-2")
        assert follow_up.release == release.id


def test_moved_aliases_and_publications_change_nothing_even_a_broken_aliases_file(
    world, parts
) -> None:
    release = world.release("v1", 1)
    with closing(parts(release)) as pinned:
        pinned.sets._refresh_s = 0
        world.alias("v2")
        world.sync("60")
        assert pinned.answers.prepare(QUESTION).manifest == release.sets["depot"].manifest
        (world.folder / "prompts" / "aliases.yaml").write_text("answer: [")
        assert pinned.answers.prepare(QUESTION).manifest == release.sets["depot"].manifest


def test_a_set_outside_of_the_release_is_not_served(world, parts) -> None:
    release = world.release("v1", 1)
    world.sync("99", name="other")
    with closing(parts(release)) as pinned:
        assert pinned.sets.only() == "depot"
        assert pinned.sets.names() == ["depot"]
        for version in (None, "1"):
            with pytest.raises(UnknownDocumentSet, match=f"{release.id}.*holds: depot"):
                pinned.answers.ask(QUESTION, "other", index_version=version)


def test_a_pinned_version_outlives_collection_and_is_followed_when_a_purge_moves_it(
    world, parts
) -> None:
    release = world.release("v1", 1)
    with closing(parts(release)) as pinned:
        pinned.sets._refresh_s = 0
        gone = collect(pinned.catalogue, "depot", 1, grace_s=0)
        assert [info.number for info in gone] == [2]
        before = pinned.sets.info("depot").place
        purge(pinned.catalogue, "depot")
        assert pinned.sets.info("depot").place != before
        opened = pinned.sets.get("depot")
        assert opened.info.place != before
        assert "24" in pinned.answers.ask(QUESTION).answer
        for number in range(20):  # more versions by name than stay open
            pinned.sets._named[str(number)] = opened
        assert pinned.sets.get("depot", "1") is pinned.sets.get("depot")


def test_a_pinned_version_that_was_taken_away_is_reported_and_not_replaced(world, parts) -> None:
    release = world.release("v1", 1)
    with closing(parts(release)) as pinned:
        pinned.sets._refresh_s = 0
        pinned.catalogue.store.records.delete(version_key("depot", 1))
        with pytest.raises(IndexUnavailable, match=f"{release.id} serves index version 1-"):
            pinned.answers.ask(QUESTION)
        with pytest.raises(IndexUnavailable, match="not in this index"):
            pinned.sets.check()
    with pytest.raises(ReleaseMismatch, match=r"cannot be served: .*not in this index"):
        parts(release)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"retrieval__depth": 50}, r"retrieval\.depth is 50 here and 100 in the release"),
        ({"prompt__answer": "v2"}, r"prompt is 'answer@v2' here and 'answer@v1' in the release"),
        ({"extractive__threshold": 0.9}, r"chat_parameters\.threshold is 0\.9 here"),
        ({"chat__model": "openai:x", "chat__api_key": "k"}, r"chat_model is 'openai:x' here"),
    ],
)
def test_flags_that_contradict_the_release_are_refused(world, parts, flags, message) -> None:
    with pytest.raises(ReleaseMismatch, match=f"document set 'depot': .*{message}.*To fix it"):
        parts(world.release("v1", 1), **flags)


@pytest.mark.parametrize("prompt", ["answer", "condense"])
def test_an_edited_prompt_is_refused(world, parts, prompt) -> None:
    release = world.release("v1", 1)
    file = world.folder / "prompts" / prompt / "v1.yaml"
    file.write_text(file.read_text("utf-8").replace("Question: {question}", "{question} Question"))
    if prompt == "condense":
        file.write_text(file.read_text("utf-8").replace("{history}", "{history} "))
    with pytest.raises(ReleaseMismatch, match=r"prompt.* in the release.*PLUMB_PROMPT_FOLDER"):
        parts(release)


def test_a_release_of_another_index_or_of_other_weights_is_refused(world, parts, tmp_path) -> None:
    release = world.release("v1", 1)
    with pytest.raises(ReleaseMismatch, match="not in this index"):
        parts(release, index__url=str(tmp_path / "elsewhere"))
    record = version_key("depot", 1)
    with closing(world.catalogue().store) as store:
        text = json.loads(store.records.get(record))
        text["model"]["content_hash"] = "0" * 64
        store.records.put(record, json.dumps(text))
    with pytest.raises(ReleaseMismatch, match=r"cannot be served: .*depot.*another model"):
        parts(release)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text.replace('"v1"', '"v2"'), "edited"),
        (lambda text: text[: len(text) // 2], "is not a release"),
        (lambda text: "{}", "is not a release"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_release_is_one_clear_error(world, monkeypatch, spoil, message) -> None:
    file = world.file(world.release("v1", 1))
    monkeypatch.setenv("PLUMB_RELEASE", str(file))
    file.unlink() if spoil is None else file.write_text(spoil(file.read_text()))
    with pytest.raises(InvalidRelease, match=message) as error:
        load_settings()
    assert str(file) in str(error.value)


def test_a_release_that_lacks_a_prompt_or_names_no_setting_is_refused(world, serving) -> None:
    release = world.release("v1", 1)
    only_answer = {"answer": release.sets["depot"].prompts["answer"]}
    sets = {"depot": release.sets["depot"].model_copy(update={"prompts": only_answer})}
    bare = Release.model_validate(
        {
            **release.model_dump(exclude={"hash", "id"}),
            "sets": {"depot": sets["depot"].model_dump()},
        }
    )
    with pytest.raises(InvalidRelease, match="no version of the prompt condense"):
        serving(bare)
    strange = Release.model_validate(
        {**release.model_dump(exclude={"hash", "id"}), "settings": {"chat": {"colour": "red"}}}
    )
    with pytest.raises(SettingsError, match=r"chat\.colour: is not a setting"):
        serving(strange)


def test_pins_arrive_in_other_processes_as_they_were_read(world, serving, monkeypatch) -> None:
    release = world.release("v1", 1, chat__parameters='{"top_p": 0.5}')
    settings = serving(release)
    (value,) = handed_over(settings).values()
    monkeypatch.setenv(VARIABLE, value)
    # By now the file may be gone, and the environment may say something else.
    monkeypatch.setenv("PLUMB_RELEASE", "gone.json")
    monkeypatch.setenv("PLUMB_RETRIEVAL_DEPTH", "60")
    taken = take_over()
    assert taken == settings
    assert taken.release == Pins.of(release)


def test_a_release_of_many_sets_fits_into_a_variable(world, serving) -> None:
    release = world.release("v1", 1)
    many = {f"set-{number}": release.sets["depot"] for number in range(300)}
    pins = Pins.of(release).model_copy(update={"sets": many})
    (value,) = handed_over(serving(release).model_copy(update={"release": pins})).values()
    assert len(value) < 100_000, "Linux takes no variable longer than 128 KiB"


def test_a_release_carries_no_secret(world, monkeypatch) -> None:
    monkeypatch.setenv("PLUMB_CHAT_API_KEY", "sk-secret")
    monkeypatch.setenv("PLUMB_CHAT_FALLBACK_API_KEY", "sk-secret")
    release = world.release("v1", 1)
    assert "secret" not in release.text()
    assert set(settings_of(Pins.of(release))) == {
        "chat",
        "extractive",
        "prompt",
        "retrieval",
        "session",
    }


def test_a_version_that_nothing_holds_is_reported_in_the_log(world, parts, caplog) -> None:
    with closing(parts(world.release("v1", 1, held=False))):
        assert "nothing holds" in caplog.text


def test_a_release_of_before_the_rendering_was_noted_must_be_made_again(
    world: World, parts: Callable[..., Parts]
) -> None:
    release = parse_release(as_made_before(world.release("v1", 1)), "old.json")
    with pytest.raises(ReleaseMismatch) as raised:
        parts(release)
    message = str(raised.value)
    assert release.id in message
    assert "rendering is 'quoted-2' here and None in the release" in message
    assert "make the release again" in message
    assert "`plumb eval gate`" in message
    assert "`plumb release create`" in message
