# Part of install.sh: the releases that lie side by side in /opt/cocoi, and their Node.js.
# shellcheck shell=sh

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
