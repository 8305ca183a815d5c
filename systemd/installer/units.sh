# Part of install.sh: the units of systemd, their credentials and their health.
# shellcheck shell=sh

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
