PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SKIP ?=
WORKERS ?= 2
EXPERIMENTS := $(filter-out $(SKIP),e01_corpus_and_claims e02_framings e03_validity e04_stance_over_time e05_claim_record e06_stability e07_attribution e08_stance_models e10_battle e11_ledger e12_recovery e13_battle_corpora)
export HF_HUB_OFFLINE = 1
export TOKENIZERS_PARALLELISM = false

.PHONY: reproduce test setup run experiments figures report docs lint benchmark clean

reproduce: setup run experiments figures report

setup: $(VENV)/.done

# torch first and pinned: one version for all (which build it is, the index decides).
$(VENV)/.done: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --editable ".[dev,docs]"
	touch $@

run: setup
	$(BIN)/narrative run seeds/study.toml --out results/seeds

experiments: run
	for e in $(EXPERIMENTS); do echo "== $$e"; $(BIN)/python experiments/$$e.py || exit 1; done

figures: experiments
	$(BIN)/python figures/make_figures.py
	$(BIN)/python experiments/fill_readme.py

report: run
	$(BIN)/narrative report results/seeds --to results/report.html
	$(BIN)/narrative figures results/seeds
	$(BIN)/narrative paper results/seeds --out results/paper
	$(BIN)/narrative verify results/seeds --study seeds/study.toml --paper results/paper

# A warning stops the build (but not with --quiet, which hides it from --strict); it fetches nothing.
docs: export NO_MKDOCS_2_WARNING = 1
docs: setup
	$(BIN)/python -m mkdocs build --strict --site-dir site

# Files of tests side by side, each network on one thread: else they wait for each other.
test: export OMP_NUM_THREADS = 1
test: setup lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file= --ignore-missing-imports --check-untyped-defs benchmarks

# Not part of the tests: two hours or so. BERTopic, which some compare with, is in the extra .[bench].
define BENCHMARKS
encoding.py
encoding.py --news
encoding.py --sentences 5000
reading.py
timeline.py
clustering.py
clustering.py --certificate
end_to_end.py --repeat 5
end_to_end.py --repeat 5 --from-texts
end_to_end.py --texts 100000
streaming.py
archive.py
engine.py --threads
plan.py
growth.py
claim_memory.py
billion.py
framings.py
report_size.py
endef
export BENCHMARKS
benchmark: setup
	$(BIN)/python -m pip install --quiet --editable ".[dev,bench]"
	printf '%s\n' "$$BENCHMARKS" | while read -r line; do \
	  echo "== $$line"; $(BIN)/python benchmarks/$$line < /dev/null || exit 1; done

clean:
	rm -rf results site $(VENV)
