# shellcheck shell=bash
# What more than one script needs: warnings, packages, and the tools that tests/run calls. Read with `.`.

# shout LINE...: prints a warning that cannot be missed.
shout() {
  printf '\n!!!!!!!!\n' >&2
  printf '!!!! %s\n' "$@" >&2
  printf '!!!!!!!!\n\n' >&2
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif ! command -v sudo >/dev/null; then
    return 1
  elif [ -t 0 ]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

apt_install() {
  command -v apt-get >/dev/null || return 1
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || true # an old package list may be enough
  # Another test may be installing the same package: apt waits for dpkg's lock.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "$@"
}

# tool_or_package COMMAND PACKAGE...: finds a command, or installs the Debian packages that contain it.
tool_or_package() {
  local command=$1
  shift
  if ! command -v "$command" >/dev/null; then
    echo "$command is missing: installing $*"
    apt_install "$@" || true
  fi
  command -v "$command"
}

# choose_toolchain: makes cargo callable. rust-toolchain.toml pins the version; where rustup can neither find
# nor download it, the machine's default toolchain is used: Cargo.toml says how old that may be.
choose_toolchain() {
  if ! command -v cargo >/dev/null && [ -f "$HOME/.cargo/env" ]; then
    # shellcheck source=/dev/null
    . "$HOME/.cargo/env"
  fi
  if ! command -v cargo >/dev/null; then
    shout "cargo was not found. Install Rust with rustup, then run this again."
    return 1
  fi
  if ! cargo --version 2>/dev/null && ! { rustup toolchain install && cargo --version; }; then
    export RUSTUP_TOOLCHAIN=stable
    shout "The toolchain of rust-toolchain.toml is not available: using $(cargo --version)."
  fi
  local component
  for component in fmt:rustfmt clippy:clippy; do
    if ! cargo "${component%%:*}" --version; then
      rustup component add "${component##*:}" || return 1
    fi
  done
}

# pip_install ARGUMENT...: installs pip if it is missing.
pip_install() {
  python3 -m pip --version >/dev/null 2>&1 || apt_install python3-pip || return 1
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore "$@"
}

# pinned_tools DIRECTORY: installs the programs of tests/tools.txt there, and puts them first in PATH.
pinned_tools() {
  local list=tests/tools.txt
  if ! cmp -s "$list" "$1/$(basename "$list")"; then
    rm -rf "$1"
    pip_install --no-deps --require-hashes --target "$1" --requirement "$list" || return 1
    cp "$list" "$1/"
  fi
  export PATH="$1/bin:$PATH"
}

# count_results LOG: prints "PASSED FAILED" from the closing lines of `cargo test` and of nextest in a log.
count_results() {
  sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
    /^test result: / {
      for (i = 2; i <= NF; i++) {
        if ($i == "passed;") passed += $(i - 1)
        if ($i == "failed;") failed += $(i - 1)
      }
    }
    /^ *Summary \[.*\] .* tests? run: / {
      ran = $0
      sub(/ tests? run: .*/, "", ran)
      sub(/.*[^0-9]/, "", ran)
      good = $0
      sub(/.* tests? run: /, "", good)
      passed += good + 0
      failed += ran - (good + 0)
    }
    END { print passed + 0, failed + 0 }'
}
