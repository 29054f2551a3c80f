"""What the documents say works: their code runs, their commands exist, every command is documented."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer.main

from ui.cli.main import cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(language):
    fence = re.compile(rf"^```{language}\n(.*?)^```", re.DOTALL | re.MULTILINE)
    return [
        pytest.param(code, id=f"{p.name}-{n}")
        for p in PAGES
        for n, code in enumerate(fence.findall(p.read_text("utf-8")))
    ]


def commands():
    group = typer.main.get_command(cli)
    for name, command in group.commands.items():
        yield name
        for inner in getattr(command, "commands", {}):
            yield f"{name} {inner}"


@pytest.mark.parametrize("code", blocks("python"))
def test_python_blocks_run(code, server):
    """In a process of its own, as a reader runs it: the browser's event loop is no business of a script."""
    script = code.replace("http://127.0.0.1:7860", server.url)
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip()


@pytest.mark.parametrize("code", blocks("toml"))
def test_toml_blocks_parse(code):
    assert tomllib.loads(code)


@pytest.mark.parametrize("code", blocks("console"))
def test_commands_in_console_blocks_exist(code):
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    known = set(commands())
    for line in filter(None, (line.split("#")[0].strip() for line in code.splitlines())):
        words = line.split()
        if words[0] == "make":
            assert words[1] in targets, line
        elif words[0] == "trichord":
            assert words[1] in known, line


def test_every_command_is_documented():
    text = "\n".join(p.read_text("utf-8") for p in PAGES)
    missing = [c for c in commands() if f"trichord {c}" not in text]
    assert not missing


def test_every_setting_is_documented():
    from ui.settings import Settings

    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    assert not [name for name in Settings.model_fields if f"`{name}`" not in text]


def test_links_between_documents_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} -> {target}"
