# shellcheck shell=bash
# What more than one script needs. Read with `.`, never run.

# shout LINE...: what must not be overlooked.
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
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || true # an old list may do
  # Another test may be installing the same: dpkg's lock is waited for.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "$@"
}
