# What only tests need and cargo does not bring.
.PHONY: test-tools

test-tools: .tools/test-python/installed ## Install what the tests need from PyPI into .tools.

.tools/test-python/installed: tests/smtp/requirements.txt
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python 3 with its venv module is needed: install python3-venv (Debian, Ubuntu) or python3 (elsewhere)" >&2; exit 1; }
	@echo "tools: installing the tests' mail server from PyPI into .tools/test-python"
	@python3 -m venv --clear .tools/test-python
	@.tools/test-python/bin/python -m pip install --quiet --disable-pip-version-check -r tests/smtp/requirements.txt
	@touch $@

# The programs of PostgreSQL's server: the tests start a server of their own. Where they are missing, the tests say so.
.PHONY: test-postgresql
test-tools: test-postgresql
test-postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || { \
		test "$$(id -u)" = 0 || { echo "PostgreSQL's server is needed: as root, apt-get install postgresql" >&2; exit 1; }; \
		echo "tools: installing PostgreSQL's server"; \
		apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; }
