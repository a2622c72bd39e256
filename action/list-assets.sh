#!/usr/bin/env bash
# Prints the release.sha256 that lists the assets in a folder, and fails unless there is one for each target.
set -euo pipefail
export LC_ALL=C
assets=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' ../Cargo.toml)

# The first paragraph of the manifest at hand says what it is.
sed '/^#$/q' release.sha256
echo "# version: $version"
echo "# source: $(./source-hash.sh)"
cd "$assets"
for target in {aarch64,x86_64}-{apple-darwin,unknown-linux-musl} x86_64-pc-windows-msvc; do
  sha256sum "eval-gate-$version-$target.tar.gz"
done
