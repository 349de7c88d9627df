# The OpenAPI Generator, and what it makes of the contract. A build needs it only after a change to openapi/.
.PHONY: tools generate check-generated

tools: ## Install OpenAPI Generator into .tools, with a Java runtime if the machine has none.
	@openapi/generator/install.sh

# The build script generates whenever the checksum is missing. A handler that doesn't fit the changed contract yet stops
# the compiler, not the generation; so the new checksum tells whether this worked.
generate: tools ## Make generated/ anew from openapi/, then compile.
	@rm -f generated/checksum
	@cargo check || { test -f generated/checksum && echo "generated/ is up to date; the errors are in code that uses it"; }

# Any build before this one may have regenerated already, so what counts is the difference to what git has.
check-generated: tools ## Fail if the committed generated/ is not what openapi/ gives.
	@rm -rf generated/openapi generated/sdk generated/server generated/checksum
	@cargo check --quiet
	@git status --porcelain -- generated | { ! grep . ; } || { \
		echo "generated/ in git is not what openapi/ gives: run  make generate  and commit generated/" >&2; exit 1; }

# What the contract promises, before anybody has built it.
.PHONY: mock
mock: .tools/mock/installed ## Answer with the contract's examples, without a service: PORT=4010, MODE=default unless you say otherwise.
	@.tools/mock/node_modules/.bin/prism mock --port $(or $(PORT),4010) generated/openapi/$(or $(MODE),default).yaml

.tools/mock/installed: openapi/mock/package.json openapi/mock/package-lock.json
	@$(call node-packages,Prism,.tools/mock,$^)

# make itself says 2 whatever its command says; openapi/diff says 1 if something breaks and 2 if it cannot compare.
.PHONY: diff-spec
diff-spec: ## Compare the contract with that of a revision, BASE=main; fail if it breaks clients without a new version.
	@python3 openapi/diff '$(BASE)'
