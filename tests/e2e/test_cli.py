"""The command line over the same catalogue."""

import json

import pytest


def test_a_second_ingest_reads_nothing_and_a_bad_file_is_told(trichord, catalogue, music, tmp_path):
    assert json.loads(trichord("ingest", music, "--json"))["tracks"] >= 15
    (tmp_path / "broken.mp3").write_bytes(b"no music at all" * 50)
    trichord("ingest", tmp_path)
    report = json.loads(trichord("ingest", "--report", "--json"))
    assert [r["path"].endswith("broken.mp3") for r in report] == [True]


def test_without_weights_no_file_is_blamed(trichord, music, tmp_path):
    environment = {"TRICHORD_MODELS_DIR": str(tmp_path / "none")}
    said = trichord("--data-dir", tmp_path, "ingest", music, code=2, more_environment=environment)
    assert "trichord models pull" in said
    assert json.loads(trichord("--data-dir", tmp_path, "ingest", "--report", "--json")) == []


def test_doctor_is_content(trichord, catalogue):
    findings = json.loads(trichord("doctor", "--json"))
    assert {f["state"] for f in findings} <= {"ok", "warning"}
    assert {"packages", "catalogue", "indexes", "text encoder"} <= {f["about"] for f in findings}


def test_search_chat_suggest_and_continue(trichord, catalogue, clips):
    assert json.loads(trichord("search", "ambient", "--json"))["tracks"]
    assert json.loads(trichord("chat", "ambient please", "--json"))["reply"]
    assert json.loads(trichord("suggest", clips / "slow.mp4", "-n", "3", "--json"))["tracks"]
    assert json.loads(trichord("continue", "--title", "calm", "-n", "3", "--json"))["tracks"]
    assert "ambient" in trichord("search", "ambient")


def test_generate_writes_a_file_and_its_provenance(trichord, tmp_path):
    told = json.loads(trichord("generate", "calm piano", "--duration", 3, "--output", tmp_path / "a.flac", "--json"))
    assert (tmp_path / "a.flac").read_bytes()[:4] == b"fLaC"
    assert told["provenance"]["licence"] == "generated"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["ingest", "/no/such/folder"], "no file or folder"),
        (["suggest", "/no/such/clip.mp4"], "no file"),
        (["continue"], "playlist is empty"),
        (["generate", "x", "--duration", "0"], "duration"),
        (["index", "rollback", "nowhere"], "no earlier version"),
        (["models", "pull", "nothing-of-this-name"], "nothing-of-this-name"),
    ],
)
def test_errors_are_one_sentence_and_exit_code_2(trichord, catalogue, arguments, word):
    said = trichord(*arguments, code=2)
    assert word in said
    assert "Traceback" not in said


def test_index_life(trichord, catalogue):
    trichord("index", "build")
    assert "ok" in trichord("index", "verify")
    current = next((catalogue / "indexes" / "musicnn-msd").glob("[0-9]*")) / "index.faiss"
    for version in (catalogue / "indexes" / "musicnn-msd").glob("[0-9]*"):
        current = max(current, version / "index.faiss")
    data = bytearray(current.read_bytes())
    data[len(data) // 2] ^= 1
    current.write_bytes(data)
    assert "checksum differs" in trichord("index", "verify", code=1)
    assert json.loads(trichord("search", "ambient", "--json"))["tracks"]
    trichord("index", "build")
    assert json.loads(trichord("index", "verify", "--json"))["musicnn-msd"].startswith("ok")


def test_identify_and_path(trichord, catalogue, music):
    file = sorted(p for p in music.rglob("*") if p.suffix in {".ogg", ".mp3"})[0]
    found = json.loads(trichord("identify", file, "--json"))
    assert found["bit_error_rate"] < 0.05
    title = found["track"]["title"]
    assert title in trichord("identify", file)
    other = next(t for t in json.loads(trichord("search", "ambient", "--json"))["tracks"] if t["title"] != title)
    path = json.loads(trichord("path", title, other["track_id"], "-n", "4", "--json"))["tracks"]
    assert (path[0]["title"], path[-1]["track_id"]) == (title, other["track_id"])
    assert "not in this catalogue" in trichord("path", "Marble Submarine", title, code=2)
    assert "There is no file" in trichord("identify", "nowhere.ogg", code=2)
