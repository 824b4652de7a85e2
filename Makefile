# Fourthstep.  `make demo` and `make test` do all set-up on a fresh clone; nothing else is needed first.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: help demo test check docs bench accuracy mutate mutate-sample mutate-changed records bulk-foreign spark lock clean

help:  ## what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) tools/setup.py
	@touch $@

demo: $(STAMP)  ## assess the example records and write the pages to out/
	$(BIN)/python tools/demo.py

test: $(STAMP)  ## all tests, the real records beside the project included where they are
	$(BIN)/python tools/setup.py --system
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(STAMP)  ## lint, types, floors, documents current
	$(BIN)/ruff check .
	$(BIN)/ruff format --check src tests tools benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/fourthstep knowledge check
	$(BIN)/python tools/docs.py --check

docs: $(STAMP)  ## the book as pages that open from a disk: out/book/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "out/book/index.html"

bench: $(STAMP)  ## speed, beside its floor in the same run
	$(BIN)/python benchmarks/single.py

accuracy: $(STAMP)  ## how good is it: the engine against made-up patients whose truth is known; writes docs/accuracy.md
	$(BIN)/python tools/accuracy.py

SPARK_STAMP := .venv-spark/.installed
$(SPARK_STAMP): requirements-spark.lock pyproject.toml
	$(PYTHON) tools/setup.py --spark
	@if [ -d .venv-spark ]; then touch $@; fi

spark: $(STAMP) $(SPARK_STAMP)  ## the tests on a real Spark cluster (a master and two workers on this machine); 450 MB the first time
	$$(if [ -d .venv-spark ]; then echo .venv-spark; else echo .venv; fi)/bin/python -m pytest -q tests/screen/test_spark.py

mutate-sample: $(STAMP)  ## the mutation check on a sample of the changes
	$(BIN)/python tools/mutate.py --sample 150 --at-least 0.9

mutate-changed: $(STAMP)  ## the same for the entries of the knowledge that differ from SINCE (default: the commit before)
	$(BIN)/python tools/mutate.py --changed $(or $(SINCE),HEAD~1) --sample 150 --at-least 0.9

mutate: $(STAMP)  ## change each limit of the knowledge once: does a case turn red?
	$(BIN)/python tools/mutate.py

records: $(STAMP)  ## what the real records beside the project give, data set by data set
	$(BIN)/python tools/records.py

bulk-foreign: $(STAMP)  ## a foreign Bulk Data client (smart-fetch) against our test server
	$(BIN)/python tools/bulk_foreign.py

lock:  ## renew requirements.lock and requirements-spark.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --extra html --extra pdf --extra remote --extra zstd --extra parquet \
	  --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --quiet \
	  --custom-compile-command "make lock" -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group spark --extra spark --extra zstd --extra html --constraint requirements.lock \
	  --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --quiet \
	  --custom-compile-command "make lock" -o requirements-spark.lock

clean:  ## remove what was built
	rm -rf .venv .venv-spark out build dist knowledge/.compiled
