# What is installed: a Debian package and a container image, and what their tests need.
.PHONY: deb image test-packages

# FEATURES=postgres-tls compiles that in. The scripts find it in their environment, and pack the notices of it, too.

CARGO_DEB := 3.8.0
RELEASE := $(or $(CARGO_TARGET_DIR),target)/release
CONTAINER := $(or $(shell command -v podman),docker)

deb: .tools/cargo-deb/$(CARGO_DEB) dashboard-if-possible ## Build the Debian package, target/debian/keiyaku_*.deb.
	cargo build --release --locked --features "$(FEATURES)"
	@packaging/deb.sh $(RELEASE)/keiyaku --compress-system --output target/debian/
	@ls target/debian/*.deb

# The format is one that has health checks; Docker knows no other.
image: dashboard-if-possible ## Build the container image, keiyaku:latest, of a binary of this machine. See Containerfile.
	cargo build --release --locked --features "$(FEATURES)"
	@packaging/image.sh $(RELEASE)/keiyaku target/packaging/image
	BUILDAH_FORMAT=docker $(CONTAINER) build --file Containerfile --target packed --tag keiyaku target/packaging

# Optimised for nothing, and without the compressor that needs a C library: it is compiled once and runs for seconds.
.tools/cargo-deb/$(CARGO_DEB):
	@echo "tools: compiling cargo-deb into .tools/cargo-deb"
	@cargo install --quiet --locked --debug --no-default-features --features gzip --root .tools/cargo-deb cargo-deb@$(CARGO_DEB)
	@touch $@

# The packages are tried on a machine and in a container, which takes root: without, the tests say that they are not run.
test-tools: test-packages
ifeq ($(shell id -u),0)
test-packages: .tools/cargo-deb/$(CARGO_DEB) .tools/debian/installed
	@command -v podman >/dev/null && command -v crun >/dev/null && command -v lintian >/dev/null || { \
		echo "tools: installing podman and lintian"; \
		apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends podman crun lintian; }
else
test-packages:
	@echo "note: the packages are not tested: that takes root"
endif

# A Debian of the release of this machine, with systemd, to which its binaries fit.
.tools/debian/installed:
	@command -v debootstrap >/dev/null || { \
		echo "tools: installing debootstrap"; \
		apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap; }
	@echo "tools: installing a Debian into .tools/debian"
	@rm -rf .tools/debian && mkdir -p .tools/debian
	@. /etc/os-release && debootstrap --variant=minbase --include=systemd,dbus "$$VERSION_CODENAME" .tools/debian/tree \
		$$(apt-get indextargets --format '$$(CODENAME) $$(REPO_URI)' 'Created-By: Packages' | \
			sed -n "s/^$$VERSION_CODENAME //p" | head -n 1) >.tools/debian/log || { tail -n 5 .tools/debian/log >&2; exit 1; }
	@touch $@
