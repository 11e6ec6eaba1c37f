#!/bin/sh
# Installs the desk from this folder alone: no network, no compiler. Usage: sh install.sh [FOLDER]  (default: ./bihuan)
# 仅用本目录中的文件安装，不访问网络，不需要编译器。用法：sh install.sh [目录]（缺省为 ./bihuan）
set -eu
here=$(cd "$(dirname "$0")" && pwd)
to=${1:-bihuan}
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "需要 Python 3.11 或更新版本，可用 PYTHON=… 指定 / Python 3.11 or newer is needed; say which by PYTHON=…" >&2; exit 1; }
(cd "$here" && sha256sum --check --quiet SHA256SUMS) || {
  echo "文件与 SHA256SUMS 不符，已停止 / files differ from SHA256SUMS; nothing was installed" >&2; exit 1; }
"$python" -m venv "$to"
"$to/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --find-links "$here" \
  --only-binary :all: --require-hashes -r "$here/requirements.lock"
"$to/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --find-links "$here" --no-deps "$here"/bihuan-*.whl
echo "已安装 / installed: $to/bin/bihuan"
