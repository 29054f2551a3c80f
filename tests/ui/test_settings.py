from pathlib import Path

import pytest

from ui import settings
from ui.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch, tmp_path):
    for name in list(__import__("os").environ):
        if name.startswith("TRICHORD_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(settings, "default_config_file", lambda: tmp_path / "trichord.toml")


def test_the_environment_outweighs_the_file_and_the_option_both(monkeypatch, tmp_path):
    (tmp_path / "trichord.toml").write_text('port = 1111\nhost = "localhost"\ndata_dir = "/file"\n', encoding="utf-8")
    monkeypatch.setenv("TRICHORD_PORT", "2222")
    read = load_settings()
    assert (read.port, read.host, read.data_dir) == (2222, "localhost", Path("/file"))
    assert load_settings(tmp_path).data_dir == tmp_path


def test_nothing_listens_beyond_loopback_unless_told():
    assert load_settings().host == "127.0.0.1"


@pytest.mark.parametrize(("name", "value"), [("PORT", "99999"), ("PLANNER", "magic"), ("WORKERS", "0")])
def test_a_wrong_value_names_itself_and_the_remedy(monkeypatch, name, value):
    monkeypatch.setenv(f"TRICHORD_{name}", value)
    with pytest.raises(SettingsError, match=f"TRICHORD_{name}"):
        load_settings()


def test_a_misspelt_line_in_the_file_is_noticed(tmp_path):
    (tmp_path / "trichord.toml").write_text("prot = 1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="prot"):
        load_settings()


def test_a_file_that_is_no_toml_is_one_sentence(tmp_path):
    (tmp_path / "trichord.toml").write_text("= = =", encoding="utf-8")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings()


@pytest.mark.parametrize(
    ("llm", "model"),
    [
        ("embedded", "qwen2.5-coder-1.5b"), ("embedded:qwen2.5-coder-0.5b", "qwen2.5-coder-0.5b"),
        ("none", None), ("ollama:embedded", None),
    ],
)  # fmt: skip
def test_the_embedded_language_model_is_chosen_by_its_id(llm, model):
    assert settings.Settings(llm=llm).embedded_llm == model
