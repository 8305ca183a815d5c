# Part of install.sh: whether CoCoI can run here.
# shellcheck shell=sh

require_root() {
  if [ "$(id -u)" != 0 ] && [ -z "$dry_run" ]; then fail 'only root can install: run it with sudo'; fi
}

fact() { sed -n "s/.*\"$1\": *\"\\([^\"]*\\)\".*/\\1/p" "$2"; }

check_release() {
  [ -f "$release/release.json" ] || fail "$release is not an unpacked release: it has no release.json"
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
