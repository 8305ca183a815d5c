#!/bin/sh
# Installs CoCoI from the release this file lies in, or removes it. Needs root, systemd and Node.js; no
# internet, no compiler. Running it again changes only what differs.
# shellcheck source-path=SCRIPTDIR
set -eu

OPT=/opt/cocoi
ETC=/etc/cocoi
UNITS=/usr/local/lib/systemd/system
COMMAND=/usr/local/bin/cocoi
# What each agent was started with, until the next boot.
STARTED=/run/cocoi-install
LOCK=/run/lock/cocoi-install
# Users, passwords, join token and certificates, as `cocoi init` makes them, in the broker's own folder.
ACCESS=/var/lib/private/cocoi-broker/access
HEALTHY_WITHIN_S=${COCOI_HEALTHY_WITHIN_S:-60}
SPARE_KB=20480

release=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")

if [ ! -d "$release/systemd/installer" ]; then
  echo "install.sh: $release is not an unpacked release: unpack cocoi-VERSION-linux-….tar.gz and run systemd/install.sh in it" >&2
  exit 1
fi

# Everything is read before anything happens, since it may remove itself.
# shellcheck source=installer/output.sh
. "$release/systemd/installer/output.sh"
# shellcheck source=installer/checks.sh
. "$release/systemd/installer/checks.sh"
# shellcheck source=installer/releases.sh
. "$release/systemd/installer/releases.sh"
# shellcheck source=installer/settings.sh
. "$release/systemd/installer/settings.sh"
# shellcheck source=installer/units.sh
. "$release/systemd/installer/units.sh"
# shellcheck source=installer/removal.sh
. "$release/systemd/installer/removal.sh"

usage() {
  cat <<'USAGE'
usage: install.sh ROLE [options]       ROLE: device, broker, coordinator, or all
       install.sh --upgrade            the roles that are installed here, from this release
       install.sh [ROLE] --uninstall   everything, or one role

  --broker URL          the broker, for example mqtt://192.0.2.1:1883 or mqtts://pi1.local:8883;
                        several of one cluster are separated by commas; without it, but with
                        --ca-file, it is looked for in the network
  --ca-file FILE        CA certificate of a broker at mqtts://
  --token-file FILE     file with the token that lets a device join; - reads it from standard input
  --token TOKEN         the token itself; it stays in the history of your shell
  --user NAME           coordinator or device: log in to a broker elsewhere as this user
  --password-file FILE  file with the password of that user
  --tls                 broker: make certificates and encrypt what leaves this machine
  --node FILE           Node.js to use: a program, or an archive from nodejs.org
  --keep-config         with --uninstall: leave /etc/cocoi
  --keep-data           with --uninstall: leave models, users and caches in /var/lib
  --dry-run             say what would be done
USAGE
}

main() {
  parse "$@"
  if [ "$action" = uninstall ]; then
    require_root
    uninstall
  else
    require_root
    check_release
    check_system
    check_node
    install_all
  fi
}

parse() {
  action=install role='' broker='' ca_file='' token='' token_file='' user='' password_file=''
  tls='' node_source='' keep_config='' keep_data='' dry_run=''
  while [ $# -gt 0 ]; do
    case $1 in
      device | broker | coordinator | all)
        [ -z "$role" ] || misuse "one role only: $role or $1; all three are 'all'"
        role=$1
        ;;
      --upgrade) action=upgrade ;;
      --uninstall) action=uninstall ;;
      --tls) tls=--tls ;;
      --keep-config) keep_config=yes ;;
      --keep-data) keep_data=yes ;;
      --dry-run) dry_run=yes ;;
      --help | -h)
        usage
        exit 0
        ;;
      --broker | --ca-file | --token | --token-file | --user | --password-file | --node)
        [ $# -ge 2 ] || misuse "$1 needs a value"
        option=$1
        shift
        set_option "$option" "$1"
        ;;
      *) misuse "$1 is not known here" ;;
    esac
    shift
  done
  if [ "$action" = install ] && [ -z "$role" ]; then misuse 'which role: device, broker, coordinator or all?'; fi
  if [ -n "$token" ] && [ -n "$token_file" ]; then misuse 'either --token or --token-file'; fi
  if [ -n "$user" ] && [ -z "$password_file" ]; then misuse '--user goes with --password-file'; fi
  if [ -z "$user" ] && [ -n "$password_file" ]; then misuse '--password-file goes with --user'; fi
  case $user:$role in :* | *:device | *:coordinator) ;; *) misuse '--user is for a coordinator or a device' ;; esac
  case $user in *[!A-Za-z0-9_.@-]*) misuse "--user $user: use letters, digits, . _ @ and -" ;; esac
  case $broker in
    '' | auto | mqtt://?* | mqtts://?* | ws://?* | wss://?*) ;;
    *) misuse "--broker $broker: write mqtt://HOST, mqtts://HOST, ws://HOST, wss://HOST or auto" ;;
  esac
  # Only a broker with a certificate of a known CA is believed.
  if [ "$broker" = auto ] && [ -z "$ca_file" ]; then misuse '--broker auto goes with --ca-file'; fi
  case $broker in *[\'\\]*) misuse "--broker $broker: a URL has no ' and no \\" ;; esac
}

set_option() {
  case $1 in
    --broker) broker=$2 ;;
    --ca-file) ca_file=$2 ;;
    --token) token=$2 ;;
    --token-file) token_file=$2 ;;
    --user) user=$2 ;;
    --password-file) password_file=$2 ;;
    --node) node_source=$2 ;;
  esac
  [ -n "$2" ] || misuse "$1 needs a value"
}

installed_roles() {
  for one in broker coordinator device; do
    if [ -f "$UNITS/cocoi-$one.service" ]; then printf '%s ' "$one"; fi
  done
}

# The roles that are here afterwards, the broker first because the others wait for it.
wanted_roles() {
  wanted=" $(installed_roles)$role "
  if [ "$role" = all ]; then wanted=' broker coordinator device '; fi
  for one in broker coordinator device; do
    case $wanted in *" $one "*) printf '%s ' "$one" ;; esac
  done
}

install_all() {
  roles=$(wanted_roles)
  [ -n "$roles" ] || fail 'nothing is installed here that could be upgraded: name a role'
  previous=$(readlink $OPT/current || :)
  say "CoCoI $version (build $build) for: $roles"
  lock
  copy_release
  copy_node
  configure
  switch_to "$name"
  if wait_until_healthy; then
    finish
  else
    go_back
  fi
}

lock() {
  if [ -n "$dry_run" ]; then return; fi
  exec 9>$LOCK
  flock -n 9 || fail 'another install.sh is at work: wait until it has ended'
}

finish() {
  if [ -n "$dry_run" ]; then return; fi
  for folder in "$OPT"/*; do
    case ${folder##*/} in current | node | "$name" | "$previous") ;; *) rm -rf "$folder" ;; esac
  done
  say "healthy: $roles"
  case $role in broker | all) advise ;; esac
}

advise() {
  say "On each Pi, with what 'sudo cocoi users token' says here in a file join-token, run"
  if grep -q '^ *keyFile' $ACCESS/local.json5 2>/dev/null; then
    say "  sudo systemd/install.sh device --broker mqtts://$(hostname).local:8883 --ca-file ca.crt --token-file join-token"
    say "where ca.crt is a copy of /var/lib/cocoi-broker/access/tls/ca.crt, which is no secret."
  else
    say "  sudo systemd/install.sh device --broker mqtt://$(hostname).local:1883 --token-file join-token"
  fi
}

# What became of the unit, and then the release that ran before.
go_back() {
  printf 'install.sh: cocoi-%s is not healthy after %s s; it said last:\n' "$unhealthy" "$HEALTHY_WITHIN_S" >&2
  journalctl --unit "cocoi-$unhealthy.service" --lines 8 --no-pager --output cat >&2 || :
  if [ -z "$previous" ] || [ "$previous" = "$name" ]; then
    fail "it stays installed and goes on trying; see 'journalctl -u cocoi-$unhealthy' and 'cocoi $unhealthy --help'"
  fi
  failed=$name
  name=$previous
  switch_to "$name"
  if wait_until_healthy; then
    rm -rf "${OPT:?}/$failed"
    fail "$failed did not become healthy; $name runs again"
  fi
  fail "$failed did not become healthy, and $name does not either: is the broker running?"
}

main "$@"
exit
