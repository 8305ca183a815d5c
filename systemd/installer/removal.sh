# Part of install.sh: taking away what was installed.
# shellcheck shell=sh

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
