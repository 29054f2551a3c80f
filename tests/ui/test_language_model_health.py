"""How the language model does, as the health of the server and `trichord doctor` tell it."""

import pytest
from fastapi.testclient import TestClient
from small_server import settled

from agent.llm.ledger import Ledger
from ui.api.app import create_app
from ui.cli.health import _language_model


@pytest.fixture
def parts(tmp_path, monkeypatch):
    told = {"planner": "llm", "llm": "openai:toy", "llm_base_url": "http://127.0.0.1:9/v1", "llm_failures": 1}
    with settled(tmp_path, monkeypatch, **told, llm_cost_per_day=2.0, llm_price_per_million=1.0) as opened:
        yield opened


def ready(parts):
    return TestClient(create_app(parts, with_page=False), base_url="http://127.0.0.1:7860").get("/readyz").json()


def test_a_model_that_failed_rests_and_everybody_can_see_it(parts):
    assert ready(parts)["language_model"] == {
        "model": "openai:toy",
        "state": "ready",
        "detail": "asked when the rules are unsure; 0 of 2 spent today",
    }
    told = [list(parts.assistant.chat(m, "session-one"))[-1].plan.planner for m in ("calm jazz", "calm harp")]
    assert told[0].startswith("rules (the model failed: ")
    assert told[1].startswith("rules (the model rests for another ")
    seen = ready(parts)
    assert seen["status"] == "ready"
    assert seen["language_model"]["state"] == "resting"
    (finding,) = _language_model(parts)
    assert (finding.state, finding.about) == ("warning", "language model")
    assert "rests until " in finding.detail
    assert finding.remedy


def test_money_that_is_spent_is_told(parts):
    Ledger(parts.settings.llm_account_path, price=1.0).reserve(2_500_000)
    assert ready(parts)["language_model"]["state"] == "capped"
    assert _language_model(parts)[0].remedy == "raise TRICHORD_LLM_COST_PER_DAY, or wait"


def test_without_a_model_nothing_is_amiss(tmp_path, monkeypatch):
    with settled(tmp_path, monkeypatch) as parts:
        assert parts.language_model == {"model": "none", "state": "off", "detail": "rules plan alone"}
        assert _language_model(parts)[0].state == "ok"
    with settled(tmp_path, monkeypatch, planner="auto") as parts:
        assert parts.language_model["state"] == "missing"


def test_a_recording_replays_without_weights(tmp_path, monkeypatch):
    tape = tmp_path / "tape.jsonl"
    tape.write_text("", encoding="utf-8")
    with settled(tmp_path, monkeypatch, planner="llm", llm_cassette=tape) as parts:
        done = list(parts.assistant.chat("calm jazz", "session-one"))[-1]
        assert done.plan.planner.startswith("rules (this request was never recorded in tape.jsonl")
        assert done.evidence.tracks
