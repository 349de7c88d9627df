# What only tests need and cargo does not bring.
.PHONY: test-tools lint-spec

test-tools: .tools/test-python/installed .tools/schemathesis/installed .tools/redocly/installed .tools/sdk/installed .tools/sdk-python/installed .tools/dashboard-test/installed .tools/mock/installed ## Install what the tests need from PyPI and npm into .tools.

# The mail server and Schemathesis are apart: each has its own requirements, and the one may change without the other.
.tools/test-python/installed: tests/smtp/requirements.txt
	@$(call python-venv,the tests' mail server,.tools/test-python,$<)

.tools/schemathesis/installed: tests/conformance/schemathesis/requirements.txt
	@$(call python-venv,Schemathesis,.tools/schemathesis,$<)

# The wheels are what the SDK is installed with in an environment of its own, without the network.
.tools/sdk-python/installed: tests/sdk-python/requirements.txt
	@$(call python-venv,what checks the Python SDK,.tools/sdk-python,$<)
	@.tools/sdk-python/bin/python -m pip download --quiet --disable-pip-version-check --dest .tools/sdk-python/wheels -r $< || { \
		rm -f $@; exit 1; }

# $(1) from PyPI into a virtual environment in $(2), as the requirements in $(3) have it.
define python-venv
python3 -c 'import ensurepip, venv' 2>/dev/null || { \
	echo "Python 3 with its venv module is needed: install python3-venv (Debian, Ubuntu) or python3 (elsewhere)" >&2; exit 1; }; \
echo "tools: installing $(1) from PyPI into $(2)"; \
python3 -m venv --clear $(2) && \
$(2)/bin/python -m pip install --quiet --disable-pip-version-check -r $(3) && \
touch $@
endef

.tools/redocly/installed: tests/conformance/redocly/package.json tests/conformance/redocly/package-lock.json
	@$(call node-packages,Redocly's linter,.tools/redocly,$^)

.tools/sdk/installed: tests/sdk/package.json tests/sdk/package-lock.json
	@$(call node-packages,the TypeScript compiler,.tools/sdk,$^)

.tools/dashboard-test/installed: tests/dashboard/package.json tests/dashboard/package-lock.json
	@$(call node-packages,what drives a browser,.tools/dashboard-test,$^)

# $(1) from npm into $(2), as the lock file in $(3) has it.
define node-packages
command -v npm >/dev/null || { echo "Node.js with npm is needed, 20.19 or newer: for $(1)" >&2; exit 1; }; \
echo "tools: installing $(1) from npm into $(2)"; \
mkdir -p $(2) && cp $(3) $(2)/ && \
(cd $(2) && npm ci --ignore-scripts --no-audit --no-fund --silent) && \
touch $@
endef

lint-spec: .tools/redocly/installed ## Lint the document of each mode with Redocly.
	@REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true .tools/redocly/node_modules/.bin/redocly lint \
		--config tests/conformance/redocly/redocly.yaml generated/openapi/*.yaml

# What the tests that look at answers have met of the contract. UPDATE=--update writes the list of what they have not anew.
COVERAGE := $(abspath $(or $(CARGO_TARGET_DIR),target))/contract-coverage

.PHONY: coverage-spec
coverage-spec: test-tools ## List what of the contract no test meets; fail if that is more than tests/conformance/uncovered.txt has.
	@mkdir -p $(dir $(COVERAGE)) && rm -f $(COVERAGE)
	@KEIYAKU_COVERAGE=$(COVERAGE) cargo test --quiet --test http --test conformance
	@python3 tests/conformance/coverage.py $(COVERAGE) $(UPDATE)

# The programs of PostgreSQL's server: the tests start a server of their own. Where they are missing, the tests say so.
.PHONY: test-postgresql
test-tools: test-postgresql
test-postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || { \
		test "$$(id -u)" = 0 || { echo "PostgreSQL's server is needed: as root, apt-get install postgresql" >&2; exit 1; }; \
		echo "tools: installing PostgreSQL's server"; \
		apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; }

# With `ip`, a test makes networks and cuts them. Where it is missing, the test is skipped, and says so.
.PHONY: test-iproute
test-tools: test-iproute
test-iproute:
	@command -v ip >/dev/null || test "$$(id -u)" != 0 || { \
		echo "tools: installing iproute2"; \
		apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends iproute2; }

# The browser in which the tests look at the dashboard.
.PHONY: test-chromium
test-tools: test-chromium
test-chromium:
	@test -x /usr/bin/chromium || { \
		test "$$(id -u)" = 0 || { echo "Chromium is needed: as root, apt-get install chromium" >&2; exit 1; }; \
		echo "tools: installing Chromium"; \
		apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; }

# promtool comes with Prometheus: it checks what ops/ has.
.PHONY: test-promtool
test-tools: test-promtool
test-promtool:
	@command -v promtool >/dev/null || { \
		test "$$(id -u)" = 0 || { echo "promtool is needed: as root, apt-get install prometheus" >&2; exit 1; }; \
		echo "tools: installing promtool"; \
		apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prometheus; }
