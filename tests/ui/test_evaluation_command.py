"""``trichord evaluate retrieval`` over outside data, as a user types it."""

import json
import sys

import pytest
from typer.testing import CliRunner

from ui.cli import main
from ui.cli.main import cli


@pytest.mark.parametrize(
    ("option", "file", "told"),
    [
        ("--captions", "nowhere.csv", "no file 'nowhere.csv'"),
        ("--captions", "c.csv", "no caption or aspect_list"),
        ("--pairs", "nowhere.json", "no file 'nowhere.json'"),
        ("--pairs", "p.json", "The catalogue has 0 tracks; ingest at least two"),
    ],
)
def test_what_is_wrong_with_outside_data_is_one_sentence(tmp_path, monkeypatch, capsys, option, file, told):
    (tmp_path / "c.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "x.png").write_bytes(b"x")
    (tmp_path / "p.json").write_text('[{"scene": "x.png", "track": "t", "group": "g"}]', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    asked = ["trichord", "--data-dir", str(tmp_path / "data"), "evaluate", "retrieval", option, file]
    monkeypatch.setattr(sys, "argv", asked)
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    printed = capsys.readouterr().err
    assert told in printed
    assert "Traceback" not in printed


def test_captions_need_no_catalogue(tmp_path, monkeypatch):
    monkeypatch.setenv("TRICHORD_MODELS_DIR", str(tmp_path / "none"))
    lines = [
        f"\"A {w} plays alone in a field.\",\"['{w} melody', 'alone']\"" for w in ("harp", "oboe", "tabla", "kazoo")
    ]
    (tmp_path / "c.csv").write_text("caption,aspect_list\n" + "\n".join(lines) + "\n", encoding="utf-8")
    asked = ["--data-dir", str(tmp_path / "data"), "evaluate", "retrieval", "--captions", str(tmp_path / "c.csv")]
    ran = CliRunner().invoke(cli, [*asked, "--output", str(tmp_path / "report"), "--limit", "9", "--json"])
    assert ran.exit_code == 0, ran.output
    reports = {r["name"]: r for r in json.loads(ran.stdout)}
    assert reports["captions: Trichord"]["measures"]["MRR"]["n"] == 2
    assert (tmp_path / "report" / "measures.png").read_bytes()[:4] == b"\x89PNG"
