# The operator's dashboard and the API's docs, which a build of the service embeds if they are there.
.PHONY: dashboard dashboard-if-possible

dashboard: dashboard/dist/index.html ## Build the dashboard and the API's docs; the next build of the service embeds them. Needs Node.js 20.19 or newer.

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
