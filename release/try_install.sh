#!/bin/sh
# Installs a wheelhouse into an empty folder with the network off, and asks the desk its version.
set -eu
try=$(mktemp -d)
trap 'rm -rf "$try"' EXIT
# Where the kernel lets us, without any network at all; everywhere with an index that leads nowhere.
off=""; unshare -rn true 2>/dev/null && off="unshare -rn"
PIP_NO_INDEX=1 PIP_INDEX_URL=http://127.0.0.1:9/ PIP_CONFIG_FILE=/dev/null PIP_NO_CACHE_DIR=1 \
  $off sh "$1/install.sh" "$try/desk"
$off "$try/desk/bin/bihuan" --version
$off "$try/desk/bin/bihuan" packs check
echo "network off by: ${off:-PIP_NO_INDEX}"
