# Each target sets up .venv by itself; nothing else has to be done first.
# All paths are relative, so the checkout may lie in a folder with spaces or letters beyond ASCII.
#
#   make                    the default edition, into reports/default/
#   make PYTHON=python3.13  the same with another Python (3.11 or newer)

# A foreign Python path would let in packages that the lock does not name.
unexport PYTHONHOME PYTHONPATH
# Under LC_ALL=C, Python before 3.13 cannot read a path with letters beyond ASCII; without it, it can.
ifneq (,$(filter C POSIX,$(LC_ALL)))
unexport LC_ALL
endif

python = .venv/bin/python

.PHONY: report test lab bench bench-build bench-baci bench-sweep publish clean help venv

report: venv ## Render the default edition into reports/default/ (PDF, HTML, facts, tables, figures)
	@$(python) -m analysis render default $(ARGS)

test: venv ## Check style and types, then run all tests
	@echo "Checking style (ruff)"
	@$(python) -m ruff check --quiet src tests tools
	@echo "Checking types (mypy)"
	@$(python) -m mypy --no-error-summary
	@echo "Running the tests (pytest)"
	@$(python) -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

lab: venv ## Open JupyterLab on the notebooks
	@PATH="$$PWD/.venv/bin:$$PATH" $(python) -m jupyterlab --ServerApp.root_dir=. \
		--LabApp.default_url=/lab/tree/notebooks $$(test "$$(id -u)" -ne 0 || echo --allow-root) $(ARGS)

bench: bench-build bench-sweep ## Time all that the build promises: the two below, an hour and a half

bench-build: venv ## Time one build, notebook by notebook
	@$(python) tools/bench.py $(ARGS)

bench-sweep: venv ## Time editions and sweeps against the command-line tools and the floor (takes an hour)
	@$(python) tools/bench_sweep.py $(ARGS)

bench-baci: venv ## Time the reading of BACI's yearly files, generated, against pandas and a plain scan
	@$(python) tools/bench_baci.py $(ARGS)

publish: venv ## Render the editions under version control, in reports/published/, and the head of README.md
	@$(python) tools/publish.py $(ARGS)

clean: ## Remove built reports and caches; .venv, reports/published/ and what no build made stay
	@$$(test -x $(python) && echo $(python) || echo $${PYTHON:-python3}) tools/clean.py

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile
	@echo "ARGS='...' is passed on: make test ARGS='-k catalogue', make report ARGS=--force"

venv:
	@sh tools/setup_venv.sh
