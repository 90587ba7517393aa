# Two commands on a fresh machine: `make demo` and `make test`. Everything else is for those who work on the project.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
# Where PyTorch publishes its CPU builds; used only where the configured package index offers none.
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu
TORCH := torch==2.13.0+cpu
JOBS ?= 2

# With it, every process would compile the whole package again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-quick cluster-test attacks matrix mutants exercise lint style release claims docs dist lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo        set up once, grade the sample class, say where the report lies"
	@echo "make test        every test, lint and type check"
	@echo "make test-quick  the tests that train nothing"
	@echo "make cluster-test  a class on a SLURM cluster of one node, which it makes, as root on Debian"
	@echo "make attacks     the whole corpus of attacks, as root, as a user and in containers; as far as this machine can"
	@echo "make lint        ruff, pyright, lint-imports"
	@echo "make style       the same without pyright, in seconds"
	@echo "make exercise NAME=xor  one exercise: release, lint, its tests, its matrix at one seed"
	@echo "make matrix      all mistakes against all checks, 20 seeds; writes docs/matrix/"
	@echo "make mutants     small faults in right programs, hours of them, until a check fails; writes docs/mutants.md"
	@echo "make release     regenerate the notebooks in assignments/"
	@echo "make claims      regenerate docs/claims.md from the checks"
	@echo "make docs        build the documentation site, strictly: build/docs/index.html"
	@echo "make dist        the wheel for students and the sdist of the whole project: build/dist/"
	@echo "make lock        resolve requirements.in into requirements.lock again"
	@echo "make clean       remove .venv and build/"

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "Python 3.11, 3.12 or 3.13 is needed; try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	  || { echo "No virtual environment could be made. On Debian and Ubuntu: apt-get install python3-venv"; exit 2; }
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps "$(TORCH)" 2>/dev/null \
	  || $(BIN)/pip install --quiet --disable-pip-version-check --no-deps "$(TORCH)" --index-url $(TORCH_CPU_INDEX)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Film reviews and a book, for demo cells; grading needs neither, so that no network is no reason to stop.
$(VENV)/data: $(INSTALLED)
	@$(BIN)/autograder data && touch $@ || echo "Going on without them."

demo: $(INSTALLED) $(VENV)/data
	@$(BIN)/autograder grade tests/class --results build/demo --jobs $(JOBS) --force

# A slow test is a bug: the slowest are listed at the end. Pyright takes one processor for a minute: it is one of the tests.
test: $(INSTALLED) style
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal --durations 40

test-quick: $(INSTALLED) lint
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not slow"

cluster-test: $(INSTALLED)
	$(BIN)/python -m tests.cluster.slurm

# The settings need root, and say so where they cannot be had. Each runs, also after one that failed.
attacks: $(INSTALLED)
	@failed=""; \
	for setting in here user container container-user; do \
	  echo; echo "== $$setting"; prefix=""; \
	  if [ "$$setting" != here ]; then \
	    why=$$($(BIN)/python -m tests.attacks.settings) && test -z "$$why" || { echo "$$why"; continue; }; \
	    prefix="$(BIN)/python -m tests.attacks.settings $$setting"; \
	  fi; \
	  $$prefix $(BIN)/python -m pytest -q -p no:cacheprovider -n $(JOBS) --dist worksteal --all-attacks \
	    tests/attacks/test_attacks.py tests/attacks/test_honest.py tests/test_walls.py tests/test_accounting.py \
	    tests/test_survivors.py || failed="$$failed $$setting"; \
	done; \
	test -z "$$failed" || { echo; echo "Failed:$$failed"; exit 1; }

lint: style
	$(BIN)/pyright

style: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

matrix: $(INSTALLED)
	$(BIN)/python -m tests.matrix

# Outcomes are kept in build/, so that a run which was interrupted continues.
mutants: $(INSTALLED)
	$(BIN)/python -m tests.mutants --jobs $(JOBS)

# Every step runs, also after one that failed: an author reads all that is wrong at once.
exercise: FOLDERS = assignments/$(NAME) solutions/$(NAME)
exercise: $(INSTALLED)
	@test -n "$(NAME)" -a -d "solutions/$(NAME)" \
	  || { echo "There is no exercise '$(NAME)' in solutions/. Say which one: make exercise NAME=xor"; exit 2; }
	@failed=""; \
	step() { name="$$1"; shift; echo; echo "== $$name"; "$$@" || failed="$$failed $$name"; }; \
	step release $(BIN)/autograder release "$(NAME)"; \
	step lint $(BIN)/ruff check $(FOLDERS); \
	step format $(BIN)/ruff format --check $(FOLDERS); \
	step types $(BIN)/pyright; \
	step tests $(BIN)/python -m pytest -q tests/exercises tests/test_release.py --exercise "$(NAME)"; \
	step claims $(BIN)/python -m tests.claims; \
	step causes $(BIN)/python -m tests.causes; \
	step matrix $(BIN)/python -m tests.matrix "$(NAME)" --seeds 1; \
	test -z "$$failed" || { echo; echo "Failed:$$failed"; exit 1; }

claims: $(INSTALLED)
	$(BIN)/python -m tests.claims

release: $(INSTALLED)
	$(BIN)/autograder release

# Graphviz draws the graphs; it is not a Python package, and is installed here as root on Debian. A fresh environment, because
# a page that did not change would not warn of a link that leads nowhere now.
docs: $(INSTALLED)
	@command -v dot >/dev/null || $(BIN)/python -c 'from tests import debian; debian.install("graphviz")' 2>&1 | tail -n 1
	@command -v dot >/dev/null \
	  || { echo "The documentation's graphs need Graphviz. On Debian and Ubuntu: apt-get install graphviz"; exit 2; }
	$(BIN)/python -m sphinx --fresh-env --fail-on-warning --keep-going --quiet -d build/doctrees docs build/docs
	@echo "build/docs/index.html"

# The wheel is built from the sdist, in a folder of its own: no file of an earlier build gets into it.
dist: $(INSTALLED)
	$(BIN)/python -m build --no-isolation --outdir build/dist . >/dev/null
	@ls build/dist

lock:
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --upgrade --strip-extras --allow-unsafe --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --output-file=requirements.lock requirements.in
	sed -i -e '/^deep-learning-autograder @/d' -e 's/+cpu$$//' requirements.lock
	sed -i '1i # Made by `make lock` from requirements.in. Every version exact; torch is installed first, as a CPU build (see Makefile).' requirements.lock

clean:
	rm -rf build $(VENV)
