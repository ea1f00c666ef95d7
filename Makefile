# Bulkhead's front door. Everything is built and run inside the builder root (image/builder/enter), which the
# first use makes; `make help` says what there is.
ENTER := image/builder/enter

.DEFAULT_GOAL := help
.PHONY: help run test image shell bench api-count format clean

help:
	@echo 'make run        build what is missing, boot the machine, show its desktop'
	@echo 'make test       every test; the last line reads: N passed, N failed, N skipped'
	@echo 'make image      the machine image, in out/images'
	@echo 'make bench      the benchmark tables; bench/run TABLE prints one of them (make shell)'
	@echo 'make shell      a shell in the builder root, the checkout is /src'
	@echo 'make api-count  the number of methods in the System API'
	@echo 'make format     lay out the C sources as .clang-format says'
	@echo 'make clean      remove out/; the builder root and the guest kernel stay in the cache'
	@echo
	@echo './bulkhead machine --help drives the running machine: screenshot, click, tap, rotate, log, down ...'

run: image
	@./bulkhead machine up

test:
	@$(ENTER) tests/run

image:
	@$(ENTER) image/build

shell:
	@$(ENTER) bash

bench: image
	@$(ENTER) bench/run

api-count:
	@$(ENTER) python3 api/check.py --count

format:
	@$(ENTER) sh -c "git ls-files '*.c' '*.h' | xargs clang-format -i"

clean:
	@$(ENTER) rm -rf /src/out
