"""The wheel holds the five packages with their data, and nothing else claims their names."""

import shutil
import subprocess
import sys
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("agent", "retrieval", "encoders", "catalog", "ui")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    # Built from a copy: setuptools would leave a build folder here and take stale files from it the next time.
    target, source = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("source")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return next(target.glob("trichord-*.whl"))


def test_no_other_distribution_provides_the_five_names():
    providers = metadata.packages_distributions()
    for name in PACKAGES:
        assert set(providers.get(name, [])) <= {"trichord"}, f"{name} is also provided by {providers[name]}"


def test_the_wheel_has_exactly_the_five_packages_and_their_data(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {n.split("/")[0] for n in names if ".dist-info/" not in n}
    assert tops == set(PACKAGES)
    for needed in (
        "retrieval/vocabulary.toml",
        "retrieval/reference.json",
        "retrieval/calibration.json",
        "encoders/models/registry.toml",
        "catalog/demo/packages.toml",
        "catalog/migrations/env.py",
        "catalog/migrations/versions/v0001_first_schema.py",
        "agent/planner/patterns.toml",
        "agent/planner/prompts/plan-1.toml",
        "agent/planner/rewriting/rewriter.gguf",
        "agent/planner/rewriting/pairs/en.jsonl",
        "ui/page/web/page.css",
        "ui/page/web/page.js",
        "ui/page/web/desk.js",
        "ui/page/samples/sea.mp4",
    ):
        assert needed in names
    assert (
        "Private :: Do Not Upload"
        in zipfile.ZipFile(wheel).read(next(n for n in names if n.endswith("METADATA"))).decode()
    )


def test_the_wheel_imports_in_a_bare_environment(wheel, tmp_path):
    """Without a single dependency: importing a package does no work and pulls in nothing heavy."""
    venv.create(tmp_path / "bare", with_pip=True)
    python = tmp_path / "bare" / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel], check=True, capture_output=True
    )
    code = "import agent, retrieval, encoders, catalog, ui; print('five')"
    ran = subprocess.run([python, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "five"


def test_help_needs_nothing_heavy():
    code = (
        "import sys; sys.argv = ['trichord', '--help']\n"
        "from ui.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'gradio', 'sqlalchemy', 'faiss', 'onnxruntime', 'langchain_core', 'transformers', 'av'}\n"
        "heavy |= {'mcp', 'openai', 'fastapi'}\n"
        "loaded = heavy & set(sys.modules)\n"
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
