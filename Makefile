# The commands of the project. `make run`, `make test`, `make check`, `make generate` and `make bench` keep these meanings.
.DEFAULT_GOAL := help
.PHONY: help run test test-on-postgresql test-tls check schema bench

help: ## List the commands.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | column -t -s "$$(printf '\t')"

run: dashboard-if-possible ## Build and start the service on users.db, with a token to try it with.
	cargo run --release -- serve --dev

test: tools test-tools dashboard ## Run every test, in its short form. Installs what they need into .tools first.
	@mkdir -p $(dir $(COVERAGE)) && rm -f $(COVERAGE)
	KEIYAKU_COVERAGE=$(COVERAGE) cargo test
	@python3 tests/conformance/coverage.py $(COVERAGE)
	$(MAKE) test-on-postgresql

# Tests about SQLite alone say so.
test-on-postgresql: export KEIYAKU_TEST_DATABASE = postgres
test-on-postgresql: ## Run on PostgreSQL all tests that run the service and depend on what it stores.
	cargo test --test http --test worker --test process --test cli --test smtp --test conformance

test-tls: test-postgresql ## Test TLS to PostgreSQL. Compiles OpenSSL first, which takes minutes and Perl; not a part of `make test`.
	cargo test --features postgres-tls --test postgres tls::

check: ## Format, clippy and unit tests: quick, for every save.
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo test --lib --bins

schema: ## Print src/schema.rs anew from the migrations (needs diesel_cli).
	@database=$$(mktemp -u /tmp/keiyaku-schema-XXXXXX.db); \
	diesel migration run --migration-dir migrations/sqlite --database-url $$database; rm -f $$database*

bench: ## Measure durable POST /users beside a bare axum program and the original Go service, and the queue alone, beside others.
	python3 bench/run.py $(BENCH_ARGS)
	DURABILITY=full cargo bench --bench jobs
	python3 bench/peers/run.py $(PEERS_ARGS)
	python3 bench/postgres/run.py $(POSTGRES_ARGS)
	python3 bench/postgres/bloat.py $(BLOAT_ARGS)

include tools.mk test-tools.mk dashboard.mk packages.mk
