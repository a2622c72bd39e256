#!/usr/bin/env bash
# Puts the binary of exactly these sources into a fresh folder under RUNNER_TEMP and names it in the step's output `binary`.
# It downloads an asset that release.sha256 lists, or builds from source where there is none that fits. An asset with other
# bytes than the listed ones ends everything: that is never a reason to build.
set -euo pipefail
unset CDPATH
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
manifest=$root/action/release.sha256

# Ends with a message that the runner shows as an error; a message stays one line.
fail() {
  local message=${1//'%'/%25}
  message=${message//$'\r'/%0D}
  printf '::error::eval-gate: %s\n' "${message//$'\n'/%0A}"
  exit 1
}

# A value that the manifest states in a comment of its own.
stated() { sed -n "s/^# $1: //p" "$manifest" | tr -d '\r'; }

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -c 1-64
}

# The target whose asset runs here; nothing where no release has one.
target() {
  case ${RUNNER_OS-}-${RUNNER_ARCH-} in
    Linux-X64) echo x86_64-unknown-linux-musl ;;
    Linux-ARM64) echo aarch64-unknown-linux-musl ;;
    macOS-X64) echo x86_64-apple-darwin ;;
    macOS-ARM64) echo aarch64-apple-darwin ;;
    Windows-X64) echo x86_64-pc-windows-msvc ;;
  esac
}

# Sets `reason` to why there is nothing to download.
look() {
  if [ -z "$(target)" ]; then
    reason="no release has a binary for ${RUNNER_OS:-an unknown system} on ${RUNNER_ARCH:-an unknown processor}"
  elif [ -z "$expected" ]; then
    reason="action/release.sha256 lists no $asset"
  elif [ "$(bash -p "$root/action/source-hash.sh")" != "$(stated source)" ]; then
    reason="the action's sources are not those of release $version"
  elif ! command -v curl >/dev/null; then
    reason="there is no curl to download $asset with"
  fi
}

# Fetches the asset into the folder, or sets `reason` to why that did not succeed.
fetch() {
  local protocols status
  case $base in
    https://*) protocols='=https' ;;
    http://*) protocols='=http,https' ;; # a mirror inside somebody's network: the pinned bytes are what is trusted
    *) fail "download-base must begin with https:// or http://, and is $base" ;;
  esac
  status=$(curl --silent --show-error --location --proto "$protocols" --proto-redir "$protocols" --tlsv1.2 \
    --connect-timeout 15 --max-time 120 --retry 3 --retry-delay 2 --retry-max-time 240 --max-filesize 200000000 \
    --output "$folder/$asset" --write-out '%{http_code}' --url "$base/v$version/$asset") || status="none, see above"
  if [ "$status" != 200 ]; then reason="$base/v$version/$asset gave the HTTP status $status"; fi
}

# Holds the asset against the manifest, and takes the one file out of it.
unpack() {
  local found
  found=$(sha256 "$folder/$asset")
  if [ "$found" != "$expected" ]; then
    fail "$asset from $base has the SHA-256 $found, but action/release.sha256 pins $expected. Do not use it: it is not the released file. Tell the maintainers if it came from their releases, else look at the mirror"
  fi
  (cd "$folder" && tar -xzf "$asset" "$program") || fail "$asset has no $program"
}

build() {
  local targets
  if ! command -v cargo >/dev/null; then
    fail "$reason, so it must be built from source, and this runner has no cargo. Install Rust in an earlier step (rustup toolchain install stable), or pin a release that has a binary for this runner"
  fi
  echo "eval-gate is built from source: $reason"
  targets=${CARGO_TARGET_DIR:-$temp/eval-gate-target}
  case $targets in /* | ?:*) ;; *) targets=$PWD/$targets ;; esac
  # From the action's folder, for cargo reads configuration from where it stands, and the workspace is the candidate's. And
  # without the keys of models, which are in this step's environment and no business of a build script.
  local name kept=()
  for name in PATH HOME USERPROFILE LANG CARGO_HOME RUSTUP_HOME RUSTUP_TOOLCHAIN TMPDIR TEMP TMP SYSTEMROOT SystemRoot SYSTEMDRIVE \
    SystemDrive WINDIR windir COMSPEC ComSpec PATHEXT APPDATA LOCALAPPDATA PROGRAMDATA ProgramData ProgramFiles \
    ProgramW6432 PROCESSOR_ARCHITECTURE NUMBER_OF_PROCESSORS HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy \
    SSL_CERT_FILE CARGO_HTTP_CAINFO DEVELOPER_DIR SDKROOT; do
    if [ -n "${!name-}" ]; then kept+=("$name=${!name}"); fi
  done
  (cd "$root" && env -i "${kept[@]}" cargo build --locked --release --bin eval-gate --target-dir "$targets") ||
    fail "the build from source failed, see above"
  cp "$targets/release/$program" "$folder/$program"
}

temp=${RUNNER_TEMP:?the runner sets it}
if command -v cygpath >/dev/null; then temp=$(cygpath -u "$temp"); fi
folder=$(mktemp -d "$temp/eval-gate.XXXXXXXX")
version=$(stated version)
[[ $version =~ ^[0-9A-Za-z.+-]+$ ]] || fail "action/release.sha256 states no version"
asset=eval-gate-$version-$(target).tar.gz
expected=$(tr -d '\r' <"$manifest" | awk -v asset="$asset" '$1 ~ /^[0-9a-f]+$/ && $2 == asset { print $1 }')
program=eval-gate
if [ "${RUNNER_OS-}" = Windows ]; then program=eval-gate.exe; fi

# The runner names no repository for `uses: ./`, which is the repository itself.
base=${ACTION_DOWNLOAD_BASE:-${GITHUB_SERVER_URL-}/${ACTION_REPOSITORY:-${GITHUB_REPOSITORY-}}/releases/download}
base=${base%/}

install=${ACTION_INSTALL:-auto}
reason=
case $install in
  auto | download) look ;;
  build) reason="install: build asks for it" ;;
  *) fail "install must be auto, download or build, and is $install" ;;
esac
if [ -z "$reason" ]; then fetch; fi
if [ -z "$reason" ]; then
  unpack
elif [ "$install" = download ]; then
  fail "$reason, and install: download allows nothing else"
else
  build
fi

"$folder/$program" --version
echo "binary=$folder/$program" >>"$GITHUB_OUTPUT"
