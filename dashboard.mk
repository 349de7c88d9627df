# The operator's dashboard and the API's docs, which a build of the service embeds if they are there.
.PHONY: dashboard dashboard-if-possible sdk-of-the-contract

# Another make, since this one has looked at the SDK's files before they were made anew.
dashboard: sdk-of-the-contract ## Build the dashboard and the API's docs; the next build of the service embeds them. Needs Node.js 20.19 or newer.
	@$(MAKE) --no-print-directory dashboard/dist/index.html

# Cargo keeps the SDK true to the contract, but the service is built after the dashboard. A changed contract leaves the sums of
# generated/checksum; times would tell nothing after a checkout.
sdk-of-the-contract:
	@! command -v sha256sum >/dev/null || sha256sum --check --status generated/checksum 2>/dev/null || \
		$(MAKE) --no-print-directory generate

DASHBOARD_SOURCES := $(shell find dashboard generated/sdk/typescript/src -type f \
	-not -path 'dashboard/node_modules/*' -not -path 'dashboard/dist/*')

dashboard/dist/index.html: dashboard/node_modules/installed $(DASHBOARD_SOURCES)
	@echo "dashboard: building it into dashboard/dist"
	@cd dashboard && npm run --silent build -- --logLevel warn

dashboard/node_modules/installed: dashboard/package.json dashboard/package-lock.json
	@command -v npm >/dev/null || { echo "Node.js with npm is needed, 20.19 or newer: for the dashboard" >&2; exit 1; }
	@echo "dashboard: installing what it is built with from npm into dashboard/node_modules"
	@cd dashboard && npm ci --ignore-scripts --no-audit --no-fund --silent && touch node_modules/installed

# The service needs no Node.js: without it, or without a network the first time, it runs all the same.
dashboard-if-possible:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory dashboard; else false; fi || \
		echo "note: /dashboard and /docs are not built: they need Node.js 20.19 or newer with npm, see above if it is there"
