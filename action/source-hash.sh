#!/usr/bin/env bash
# One SHA-256 over everything that is compiled into the binary: Cargo.toml, Cargo.lock and src. It is the same on Linux, macOS
# and Windows, for .gitattributes keeps the line endings and the lines are sorted by their bytes.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Linux and Git for Windows have sha256sum, macOS has shasum.
hash=(sha256sum)
command -v sha256sum >/dev/null || hash=(shasum -a 256)

# Windows puts a star before the name of a file that was read as binary.
find Cargo.toml Cargo.lock src ! -type d -print0 | xargs -0 "${hash[@]}" |
  sed 's/^\([0-9a-f]*\) [ *]/\1  /' | sort | "${hash[@]}" | cut -c 1-64
