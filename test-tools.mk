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
