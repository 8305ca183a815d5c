# Part of install.sh: settings, secrets and users of this machine.
# shellcheck shell=sh

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
