# Part of install.sh: what it says, and how it changes things or says that it would.
# shellcheck shell=sh

say() { printf '%s\n' "$*"; }

fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

misuse() {
  printf 'install.sh: %s\n' "$*" >&2
  usage >&2
  exit 2
}

# Does it, or says that it would.
run() {
  if [ -n "$dry_run" ]; then say "would run: $*"; else "$@"; fi
}

# write MODE PATH: writes standard input in one step; a secret is never readable by others, not even shortly.
write() {
  if [ -n "$dry_run" ]; then
    cat >/dev/null
    say "would write: $2"
    return
  fi
  mkdir -p "$(dirname -- "$2")"
  (umask 077 && cat >"$2.new") || fail "$2 cannot be written: is the disk full?"
  chmod "$1" "$2.new"
  mv -f "$2.new" "$2"
}
