# The OpenAPI Generator, and what it makes of the contract. A build needs it only after a change to openapi/.
.PHONY: tools generate check-generated

tools: ## Install OpenAPI Generator into .tools, with a Java runtime if the machine has none.
	@openapi/generator/install.sh

# The build script generates whenever the checksum is missing. A handler that doesn't fit the changed contract yet stops
# the compiler, not the generation; so the new checksum tells whether this worked.
generate: tools ## Make generated/ anew from openapi/, then compile.
	@rm -f generated/checksum
	@cargo check || { test -f generated/checksum && echo "generated/ is up to date; the errors are in code that uses it"; }

check-generated: tools ## Fail if generated/ is not what openapi/ gives.
	@rm -rf target/generated-before && mkdir -p target && cp -R generated target/generated-before
	@rm -rf generated/openapi generated/server generated/checksum
	@cargo check --quiet
	@diff -qr target/generated-before generated || { echo "generated/ was not what openapi/ gives: run  make generate  and commit it" >&2; exit 1; }
	@rm -rf target/generated-before
