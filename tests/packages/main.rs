//! What is installed: the Debian package on a Debian with systemd, and the image in a container, both of them real. Each has
//! the binary of this build, or that of `KEIYAKU_BIN`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

mod deb;
mod environment;
mod image;
mod machine;
mod notices;
