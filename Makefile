# Two commands for users: `make demo` and `make test`. Everything else serves them.
#
#   make demo                  set up, fetch models and free music, serve on http://127.0.0.1:7860
#   make demo FULL=1           take many more packages of music
#   make demo MUSIC=~/Music    your own music instead
#   make test                  set up what tests need and run them

PYTHON ?= $(or $(shell command -v python3.11),python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
SUDO   := $(shell [ "$$(id -u)" = 0 ] && echo env || (sudo -n true 2>/dev/null && echo sudo -n))
APT    := $(shell command -v apt-get 2>/dev/null)
DATA   ?=
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export GRADIO_ANALYTICS_ENABLED = False

.PHONY: demo test models setup setup-dev system system-test check unit e2e wheel benchmarks screenshots clean

demo: system setup
	$(BIN)/trichord $(if $(DATA),--data-dir $(DATA)) demo $(if $(FULL),--full) $(if $(MUSIC),--music "$(MUSIC)") $(if $(NOSERVE),--no-serve)

setup: $(VENV)/.installed
$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "[setup] Python packages into $(VENV): 2 GB with a CPU build of torch (more with CUDA), two to five minutes."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --upgrade "pip<26.2" 2>/dev/null
	$(BIN)/pip install -q -c constraints.txt -e . 2>$(VENV)/pip.log || { cat $(VENV)/pip.log; exit 1; }
	@touch $@

setup-dev: setup $(VENV)/.installed-dev
$(VENV)/.installed-dev: pyproject.toml constraints.txt
	@echo "[setup] tools for the tests: about 200 MB, one minute."
	$(BIN)/pip install -q -c constraints.txt -e ".[dev]" 2>$(VENV)/pip.log || { cat $(VENV)/pip.log; exit 1; }
	@touch $@

# FluidSynth and a SoundFont render what the composer writes. Without root they are asked for, and the rest works.
# Debian splits `venv` off Python; it is asked for together with them.
VENV_PACKAGE = $(shell $(PYTHON) -c "import ensurepip" 2>/dev/null || echo python3-venv)
system:
	@command -v fluidsynth >/dev/null && ls /usr/share/sounds/sf2/*.sf2 >/dev/null 2>&1 && [ -z "$(VENV_PACKAGE)" ] && exit 0; \
	if [ -n "$(APT)" ] && [ -n "$(SUDO)" ]; then \
	  echo "[setup] FluidSynth and a SoundFont from Debian: 130 MB, one minute."; \
	  $(SUDO) apt-get update -q >/dev/null; \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
	    fluidsynth fluid-soundfont-gm $(VENV_PACKAGE) >/dev/null; \
	else \
	  echo "[setup] No root here: composing needs 'apt install fluidsynth fluid-soundfont-gm'; everything else works."; \
	fi

system-test: system
	@command -v chromium >/dev/null && exit 0; \
	if [ -n "$(APT)" ] && [ -n "$(SUDO)" ]; then \
	  echo "[setup] Chromium from Debian for the browser tests: 300 MB, one minute."; \
	  $(SUDO) apt-get update -q >/dev/null; \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium >/dev/null; \
	else \
	  echo "[setup] No Chromium and no root: the browser tests will be skipped."; \
	fi

test: system-test setup-dev models check unit wheel e2e

# Fetched once into the user's data folder; without them the tests that need weights would be skipped.
models: setup
	$(BIN)/trichord models pull

check:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit:
	$(BIN)/python -m pytest -q --ignore=tests/e2e --ignore=tests/packaging

# The real server, real weights, real music and a real browser. Models and music are fetched once and cached.
e2e:
	$(BIN)/python -m pytest -q tests/e2e

wheel:
	$(BIN)/python -m pytest -q tests/packaging

# Every table of docs/benchmarks.md, some hours; SHARED=DIR adds those that compare with outside data, MUSIC=DIR the
# recognition of recordings, SCORES=DIR the melodies (MuseScore files). CACHE keeps what was fetched and analysed.
CACHE ?= build/benchmarks
BENCH := $(BIN)/python tests/benchmarks
benchmarks:
	$(BIN)/pip install -q -c constraints.txt -e ".[benchmarks]" 2>/dev/null
	mkdir -p $(CACHE)
	$(BENCH)/fit_calibration.py
	$(BENCH)/latency.py
	$(BENCH)/vector_search.py --keep $(CACHE)/vectors
	$(BENCH)/million.py --folder $(CACHE)/million
	$(BENCH)/music_map.py
	$(BENCH)/trimodal.py --seeds 5 --pairs 1600 --epochs 30
	$(BENCH)/controlled_clips.py
	$(BENCH)/picture_brief.py --packages $(CACHE)/packages --fetch
	$(BENCH)/generation_queue.py
	$(BENCH)/measured_back.py
	$(BENCH)/given_form.py
	$(BENCH)/film_scores.py $(if $(SHARED),--clips $(SHARED)/data/video_clips)
	$(if $(SCORES),$(BENCH)/harmonising.py --scores $(SCORES))
	$(if $(SCORES),$(BENCH)/melodies.py --scores $(SCORES))
	$(if $(MUSIC),$(BENCH)/recognition.py --music $(MUSIC))
	$(if $(MUSIC),$(BENCH)/near_copies.py --music $(MUSIC) --cache $(CACHE)/near_copies)
	$(if $(SHARED),$(BENCH)/clip_contents.py --shared $(SHARED) --packages $(CACHE)/packages --fetch)
	$(if $(SHARED),$(BENCH)/scene_music.py --shared $(SHARED))
	$(if $(SHARED),$(BENCH)/scene_pairs.py --packages $(CACHE)/packages --fetch)
	$(if $(SHARED),$(BENCH)/scene_bridge.py --shared $(SHARED) --packages $(CACHE)/packages --keep $(CACHE)/scenes)
	$(if $(SHARED),$(BENCH)/debian_catalogue.py --shared $(SHARED) --cache $(CACHE))
	$(if $(SHARED),$(BENCH)/by_ear.py --shared $(SHARED) --cache $(CACHE))
	$(if $(SHARED),$(BENCH)/wishes.py --shared $(SHARED) --cache $(CACHE))
	$(if $(SHARED),$(BENCH)/ranker.py --shared $(SHARED) --cache $(CACHE) --shipped --ablation)

screenshots:
	$(BIN)/python tests/e2e/make_screenshots.py

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
