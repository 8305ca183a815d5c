#!/bin/sh
# Installs CoCoI from the release this file lies in, or removes it. Needs root, systemd and Node.js; no
# internet, no compiler. Running it again changes only what differs.
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
  release=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
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

# --- what is wanted -----------------------------------------------------------------------------

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

# --- can it run here? ---------------------------------------------------------------------------

require_root() {
  if [ "$(id -u)" != 0 ] && [ -z "$dry_run" ]; then fail 'only root can install: run it with sudo'; fi
}

fact() { sed -n "s/.*\"$1\": *\"\\([^\"]*\\)\".*/\\1/p" "$2"; }

check_release() {
  [ -f "$release/release.json" ] ||
    fail "$release is not an unpacked release: unpack cocoi-VERSION-linux-….tar.gz and run systemd/install.sh in it"
  version=$(fact version "$release/release.json")
  build=$(fact build "$release/release.json")
  platform=$(fact platform "$release/release.json")
}

check_system() {
  machine=$(uname -m)
  case $machine in
    aarch64 | arm64) here=linux-arm64 ;;
    x86_64) here=linux-x64 ;;
    arm*) fail "this is a 32-bit kernel ($machine), for which there is no onnxruntime: install the 64-bit Raspberry Pi OS" ;;
    *) fail "there is no release for $machine: use a 64-bit ARM or x86 machine" ;;
  esac
  [ "$(getconf LONG_BIT)" = 64 ] ||
    fail "the kernel is 64-bit but the programs are 32-bit, for which there is no onnxruntime: install the 64-bit Raspberry Pi OS"
  [ "$here" = "$platform" ] ||
    fail "this release is for $platform, this machine needs cocoi-$version-$here.tar.gz"
  case $(ldd --version 2>&1) in *musl*) fail 'this system uses musl, for which there is no onnxruntime: use Debian or Raspberry Pi OS' ;; esac
  if [ ! -d /run/systemd/system ]; then
    [ -n "$dry_run" ] || fail 'systemd does not run here; without it start bin/cocoi device yourself'
    return
  fi
  systemd=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
  [ "${systemd:-0}" -ge 251 ] || fail "systemd $systemd is too old, 251 or newer is needed: use Debian 12 or Raspberry Pi OS of 2023 or newer"
}

node_is_fit() {
  "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number)
    process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' 2>/dev/null
}

# Finds a fit Node.js and whether it must be copied to where the services can see it.
check_node() {
  copy_node=''
  if [ -n "$node_source" ]; then
    [ -f "$node_source" ] || fail "--node $node_source: there is no such file"
    copy_node=$node_source
    case $node_source in *.tar.*) return ;; esac
    node=$node_source
  elif [ -x $OPT/node/bin/node ]; then
    node=$OPT/node/bin/node
  else
    node=$(command -v node || command -v nodejs || :)
  fi
  advice="install Node.js 20.19 or 22.12 or newer: 'apt install nodejs' on Debian 13, elsewhere take node-v22…-$here.tar.xz from nodejs.org and add --node FILE"
  [ -n "$node" ] || fail "Node.js is not installed: $advice"
  [ -x "$node" ] || fail "$node cannot be executed"
  node_is_fit "$node" || fail "$node is version $("$node" --version 2>/dev/null || echo 'of another system'): $advice"
  # Services see no home folders and have a short path.
  [ -n "$copy_node" ] || case $(readlink -f -- "$node") in
    /usr/* | /bin/* | $OPT/*) ;;
    *) copy_node=$(readlink -f -- "$node") ;;
  esac
}

check_space() {
  needed=$(($(du -sk "$release" | cut -f1) + SPARE_KB))
  folder=$OPT
  while [ ! -d "$folder" ]; do folder=$(dirname -- "$folder"); done
  free=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$needed" ] ||
    fail "$folder has $((free / 1024)) MB left, $((needed / 1024)) MB are needed: free some space, for example with 'apt clean' or 'journalctl --vacuum-size=50M'"
}

# --- installing ---------------------------------------------------------------------------------

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

# Builds of one version lie side by side.
copy_release() {
  name=$version
  if [ -f "$OPT/$name/release.json" ] && [ "$(fact build "$OPT/$name/release.json")" != "$build" ]; then
    name=$version+$build
  fi
  if [ -f "$OPT/$name/release.json" ]; then
    say "$OPT/$name is there already"
    return
  fi
  check_space
  say "copying to $OPT/$name"
  if [ -n "$dry_run" ]; then return; fi
  mkdir -p $OPT
  rm -rf "$OPT/.partial"
  if ! cp -RPp "$release" "$OPT/.partial"; then
    rm -rf "$OPT/.partial"
    fail "$OPT/$name could not be written; nothing was changed"
  fi
  cp "$OPT/.partial/systemd/installed.json5" "$OPT/.partial/config/local.json5"
  chown -R root:root "$OPT/.partial"
  chmod -R u+rwX,go+rX,go-w "$OPT/.partial"
  sync "$OPT/.partial/release.json"
  rm -rf "${OPT:?}/$name"
  mv "$OPT/.partial" "$OPT/$name"
}

copy_node() {
  if [ -z "$copy_node" ] || [ "$copy_node" = $OPT/node/bin/node ]; then return; fi
  say "copying $copy_node to $OPT/node"
  if [ -n "$dry_run" ]; then return; fi
  mkdir -p $OPT/node/bin
  case $copy_node in
    *.tar.*) tar -xOf "$copy_node" --wildcards '*/bin/node' >$OPT/node/bin/node.new ;;
    *) cat "$copy_node" >$OPT/node/bin/node.new ;;
  esac || fail "$copy_node could not be copied"
  chmod 755 $OPT/node/bin/node.new
  if ! node_is_fit $OPT/node/bin/node.new; then
    rm -f $OPT/node/bin/node.new
    fail "$copy_node holds no Node.js 20.19 or 22.12 or newer for $here"
  fi
  mv -f $OPT/node/bin/node.new $OPT/node/bin/node
}

# Settings that are there stay as they are; secrets that were given replace older ones.
configure() {
  if [ -z "$dry_run" ]; then
    mkdir -p $ETC
    chmod 755 $ETC
  fi
  if [ -n "$token$token_file" ]; then
    read_token | write 600 $ETC/join-token
    run rm -f $ETC/device-password $ETC/device-user
  fi
  if [ -n "$password_file" ]; then
    [ -r "$password_file" ] || fail "--password-file $password_file cannot be read"
    write 600 "$ETC/$role-password" <"$password_file"
    say "$user" | write 644 "$ETC/$role-user"
  fi
  if [ -n "$ca_file" ]; then
    [ -r "$ca_file" ] || fail "--ca-file $ca_file cannot be read"
    write 644 $ETC/ca.crt <"$ca_file"
  fi
  if [ ! -e $ETC/local.json5 ]; then
    settings | write 644 $ETC/local.json5
  elif [ -n "$broker" ] && ! grep -qF "$broker" $ETC/local.json5; then
    say "$ETC/local.json5 is there and stays as it is: write mqtt.url '$broker' into it if that is the broker now"
  fi
  case " $roles" in *' broker '*) make_access ;; esac
}

read_token() {
  if [ -n "$token" ]; then
    printf '%s\n' "$token"
  elif [ "$token_file" = - ]; then
    cat
  else
    [ -r "$token_file" ] || fail "--token-file $token_file cannot be read"
    cat "$token_file"
  fi
}

settings() {
  say '// Settings of this machine; /opt/cocoi/current/config/README.md lists every key. install.sh has made this'
  say '// file and does not touch it again.'
  say '{'
  if [ -n "$broker$ca_file" ]; then
    say '  mqtt: {'
    say "    url: '${broker:-auto}',"
    if [ -n "$ca_file" ]; then say "    caFile: '$ETC/ca.crt',"; fi
    say '  },'
  fi
  say '}'
}

# The folder belongs to whom systemd lets the broker be; before its first start, to root.
make_access() {
  say "users, join token and certificates are in ${ACCESS%/access}"
  if [ -n "$dry_run" ]; then return; fi
  mkdir -p /var/lib/private
  chmod 700 /var/lib/private
  # A folder that came from a backup goes to where systemd keeps it.
  if [ -d /var/lib/cocoi-broker ] && [ ! -L /var/lib/cocoi-broker ]; then mv -T /var/lib/cocoi-broker "${ACCESS%/access}"; fi
  mkdir -p "${ACCESS%/access}"
  if [ ! -e /var/lib/cocoi-broker ]; then ln -s private/cocoi-broker /var/lib/cocoi-broker; fi
  # What is there already stays as it is.
  if ! "$OPT/$name/bin/cocoi" init --folder /var/lib/cocoi-broker/access $tls >/dev/null; then
    [ "$name" = "$previous" ] || rm -rf "${OPT:?}/$name"
    fail 'users and passwords could not be made, see above; what ran before still runs'
  fi
  chown -R --reference="${ACCESS%/access}" $ACCESS
}

# --- units --------------------------------------------------------------------------------------

switch_to() {
  say "starting $1"
  if [ -n "$dry_run" ]; then return; fi
  ln -sfn "$1" $OPT/.current
  mv -fT $OPT/.current $OPT/current
  mkdir -p "$(dirname -- $COMMAND)" $UNITS
  ln -sfn $OPT/current/bin/cocoi $COMMAND
  cp $OPT/current/systemd/cocoi.target $UNITS/
  for one in $roles; do
    cp "$OPT/current/systemd/cocoi-$one.service" $UNITS/
    credentials "$one"
  done
  systemctl daemon-reload
  systemctl --quiet enable cocoi.target
  for one in $roles; do restart "$one"; done
  systemctl --no-block start cocoi.target
}

# Leaves an agent alone that runs with what it would be started with.
restart() {
  systemctl --quiet enable "cocoi-$1.service"
  now=$(fingerprint "$1")
  if [ "$(state_of "$1" ActiveState)" = active ] && [ "$now" = "$(cat "$STARTED/$1" 2>/dev/null)" ]; then return; fi
  systemctl reset-failed "cocoi-$1.service" 2>/dev/null || :
  # A device that waits for its broker would block here.
  systemctl --no-block restart "cocoi-$1.service"
  mkdir -p $STARTED
  printf '%s\n' "$now" >"$STARTED/$1"
}

# Of everything a start depends on.
fingerprint() {
  for file in "$OPT/$name/release.json" "$UNITS/cocoi-$1.service" "$UNITS/cocoi-$1.service.d"/* "$ETC"/* $ACCESS/local.json5; do
    if [ -f "$file" ]; then sha256sum "$file"; fi
  done | sha256sum
}

# Secrets reach a daemon as credentials of systemd, which reads the files as root.
credentials() {
  drop_in=$UNITS/cocoi-$1.service.d/credentials.conf
  rm -f "$drop_in"
  if [ -f "$ETC/$1-password" ]; then
    login "$ETC/$1-password" "$(cat "$ETC/$1-user")" | write 644 "$drop_in"
    return
  fi
  case $1 in
    coordinator)
      if [ -f $ACCESS/secrets/main ]; then login $ACCESS/secrets/main main | write 644 "$drop_in"; fi
      ;;
    device)
      for file in $ETC/join-token $ACCESS/join-token; do
        [ -f "$file" ] || continue
        credential join-token "$file" COCOI_DEVICE_JOIN_TOKEN_FILE | write 644 "$drop_in"
        return
      done
      ;;
  esac
}

login() {
  credential mqtt-password "$1" COCOI_MQTT_PASSWORD_FILE
  say "Environment=COCOI_MQTT_USERNAME=$2"
}

credential() {
  say '[Service]'
  say "LoadCredential=$1:$2"
  say "Environment=$3=%d/$1"
}

state_of() { systemctl show --property="$2" --value "cocoi-$1.service"; }

# Healthy: every unit has said that it is ready, and none has started anew a moment later.
wait_until_healthy() {
  if [ -n "$dry_run" ]; then return 0; fi
  deadline=$(($(date +%s) + HEALTHY_WITHIN_S))
  for one in $roles; do
    until [ "$(state_of "$one" ActiveState)" = active ]; do
      unhealthy=$one
      if [ "$(state_of "$one" ActiveState)" = failed ] || [ "$(date +%s)" -ge $deadline ]; then return 1; fi
      sleep 1
    done
  done
  before=$(restarts)
  sleep 3
  for one in $roles; do
    unhealthy=$one
    [ "$(state_of "$one" ActiveState)" = active ] || return 1
  done
  [ "$(restarts)" = "$before" ]
}

restarts() { for one in $roles; do state_of "$one" NRestarts; done; }

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

# --- removing -----------------------------------------------------------------------------------

uninstall() {
  lock
  roles=$(installed_roles)
  if [ -n "$role" ] && [ "$role" != all ]; then
    case " $roles" in *" $role "*) ;; *) fail "there is no $role installed here" ;; esac
    [ "$roles" = "$role " ] || {
      roles="$role "
      remove_roles
      reload
      return
    }
  fi
  remove_roles
  if [ -e $UNITS/cocoi.target ]; then
    run systemctl --quiet disable --now cocoi.target
    run rm -f $UNITS/cocoi.target
  fi
  run rm -rf $COMMAND $STARTED $LOCK
  run rm -rf $OPT
  if [ -z "$keep_config" ]; then run rm -rf $ETC; fi
  # Folders that only we needed.
  for folder in $UNITS "$(dirname -- $UNITS)"; do
    if [ -d "$folder" ]; then run rmdir --ignore-fail-on-non-empty "$folder"; fi
  done
  reload
  say 'CoCoI is removed'
}

remove_roles() {
  for one in $roles; do
    say "removing $one"
    run systemctl --quiet disable --now "cocoi-$one.service"
    run rm -rf "$UNITS/cocoi-$one.service" "$UNITS/cocoi-$one.service.d"
    if [ -z "$keep_config" ]; then run rm -rf "/etc/systemd/system/cocoi-$one.service.d"; fi
    if [ -z "$keep_data" ]; then run rm -rf "/var/lib/cocoi-$one" "/var/lib/private/cocoi-$one"; fi
  done
}

reload() {
  run systemctl daemon-reload
  for one in $roles; do run systemctl reset-failed "cocoi-$one.service" 2>/dev/null || :; done
}

# The whole file is read before anything happens, since it may remove itself.
main "$@"
exit
