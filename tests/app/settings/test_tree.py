"""One tree of settings: where values come from, and the error when they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings.tree import Settings, load_settings, variable_names
from prompts.errors import SettingsError


def test_flags_win_over_environment_over_file_over_default(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "plumbline.toml").write_text(
        '[index]\nurl = "from-file"\n[chat]\nmodel = "from-file"\n[serve]\nport = 1\n'
    )
    monkeypatch.setenv("PLUMB_CHAT_MODEL", "from-environment")
    monkeypatch.setenv("PLUMB_SERVE_PORT", "2")
    settings = load_settings({"serve.port": 3})
    assert settings.index.url == "from-file"
    assert settings.chat.model == "from-environment"
    assert settings.serve.port == 3
    assert settings.serve.host == "127.0.0.1"


def test_a_named_file_is_read_and_must_be_there(tmp_path: Path, monkeypatch) -> None:
    named = tmp_path / "other.toml"
    monkeypatch.setenv("PLUMB_CONFIG", str(named))
    with pytest.raises(SettingsError, match=r"other\.toml, which is not there"):
        load_settings()
    named.write_text("[retrieval]\ndepth = 50\n")
    assert load_settings().retrieval.depth == 50
    named.write_text("[retrieval\n")
    with pytest.raises(SettingsError, match=r"other\.toml: is not valid TOML"):
        load_settings()


def test_every_setting_has_a_variable_and_says_what_it_does(monkeypatch) -> None:
    names = variable_names()
    assert {"PLUMB_INDEX_URL", "PLUMB_REDIS_URL", "PLUMB_CHAT_MODEL"} <= names.keys()
    for dotted in names.values():
        group, _, name = dotted.partition(".")
        part = Settings.model_fields[group].annotation
        assert part.model_fields[name].description, dotted
    monkeypatch.setenv("PLUMB_EMBEDDING_BATCH_SIZE", "7")
    monkeypatch.setenv("PLUMB_CHUNKING_MAX_TOKENS", "99")
    settings = load_settings()
    assert settings.embedding.batch_size == 7
    assert settings.chunking.max_tokens == 99


def test_a_misspelt_variable_is_reported_with_the_nearest_name(monkeypatch) -> None:
    monkeypatch.setenv("PLUMB_INDX_URL", "x")
    with pytest.raises(
        SettingsError, match=r"PLUMB_INDX_URL is not a setting\. Did you mean PLUMB_INDEX_URL"
    ):
        load_settings()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"serve.port": "many"}, r"serve\.port \[PLUMB_SERVE_PORT\].*given: 'many'"),
        ({"serve.port": 70000}, r"serve\.port"),
        ({"chunking.max_tokens": 3}, r"chunking\.max_tokens"),
        ({"serve.colour": "red"}, r"serve\.colour: is not a setting"),
        ({"nonesuch.name": "x"}, r"nonesuch: is not a setting"),
        ({"url": "x"}, r"'url' is not a setting; write group\.name"),
        ({"embedding.backend": "magic"}, r"embedding\.backend.*given: 'magic'"),
    ],
)
def test_a_wrong_value_is_reported_with_its_name(given: dict, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_settings(given)


def test_parameters_of_the_chat_model_are_read_as_json(monkeypatch) -> None:
    monkeypatch.setenv("PLUMB_CHAT_PARAMETERS", '{"temperature": null, "top_p": 0.5}')
    assert load_settings().chat.parameters == {"temperature": None, "top_p": 0.5}


def test_keys_are_not_shown() -> None:
    settings = load_settings({"chat.api_key": "sk-hidden", "index.api_key": "also-hidden"})
    assert "hidden" not in repr(settings)


def test_a_mapping_may_be_given_as_json_by_flag_too() -> None:
    assert load_settings({"chat.parameters": '{"top_p": 1}'}).chat.parameters == {"top_p": 1}
    with pytest.raises(SettingsError, match=r"chat\.parameters: the value is not JSON"):
        load_settings({"chat.parameters": "{top"})


def test_malformed_json_in_a_variable_is_reported(monkeypatch) -> None:
    monkeypatch.setenv("PLUMB_CHAT_PARAMETERS", "{oops")
    with pytest.raises(SettingsError, match="JSON"):
        load_settings()


def test_a_list_is_given_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    given = load_settings({"sync.allowed_roots": '["/a", "s3://b"]'})
    assert given.sync.allowed_roots == ["/a", "s3://b"]
    monkeypatch.setenv("PLUMB_SYNC_ALLOWED_ROOTS", '["/c"]')
    assert load_settings().sync.allowed_roots == ["/c"]
    monkeypatch.setenv("PLUMB_SYNC_ALLOWED_ROOTS", "/c")
    with pytest.raises(SettingsError, match="as JSON"):
        load_settings()
