#!/usr/bin/env bash
# install-tfjs-node.sh FOLDER
#
# Installs the native TensorFlow.js engine in a folder of its own, so that training runs several times faster
# than on WebAssembly. Afterwards:
#
#     export DEXTER_TFJS_NODE=FOLDER
#     npx dexter-train fit CONFIG        # says "engine: tfjs-node"
#
# @tensorflow/tfjs-node's own install step downloads libtensorflow from a storage host that many networks do not
# reach. This script takes the C library from the Python wheel of TensorFlow instead and compiles the binding against
# it. Linux x86_64; needs node, npm, python3 with pip, g++. Elsewhere: `npm install @tensorflow/tfjs-node` in FOLDER.
#
#   TENSORFLOW_VERSION   version of the wheel, 2.12 to 2.21 (default 2.15.1: the smallest)
#   TFJS_PACKAGE         tfjs-node (default), or tfjs-node-gpu with the wheel that is built for CUDA
set -euo pipefail

folder=${1:?usage: install-tfjs-node.sh FOLDER}
version=${TENSORFLOW_VERSION:-2.15.1}
name=${TFJS_PACKAGE:-tfjs-node}
wheel=tensorflow-cpu
[ "$name" = tfjs-node ] || wheel=tensorflow
fail() { echo "install-tfjs-node: $*" >&2; exit 1; }

[ "$(uname -sm)" = "Linux x86_64" ] || fail "this system is $(uname -sm); run \"npm install @tensorflow/$name\" in $folder instead"
for tool in node npm python3 g++; do command -v "$tool" >/dev/null || fail "needs $tool"; done

mkdir -p "$folder"
cd "$folder"
[ -f package.json ] || echo '{ "private": true }' >package.json
npm install --ignore-scripts --no-audit --no-fund --loglevel=error "@tensorflow/$name@4.22.0"
package=$PWD/node_modules/@tensorflow/$name

# The wheel's library under the names that the binding links to.
if [ ! -f "$package/deps/complete" ]; then
  download=$(mktemp -d)
  trap 'rm -rf "$download"' EXIT
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 311 \
    --dest "$download" "$wheel==$version"
  python3 - "$download"/*.whl "$download/content" <<'PYTHON'
import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
wanted = tuple("tensorflow/" + part for part in ("libtensorflow_", "include/tensorflow/", "include/tsl/", "include/xla/"))
archive.extractall(sys.argv[2], [entry for entry in archive.namelist() if entry.startswith(wanted)])
PYTHON
  rm -rf "$package/deps"
  mkdir -p "$package/deps/lib"
  mv "$download/content/tensorflow/include" "$package/deps/include"
  mv "$download"/content/tensorflow/libtensorflow_*.so.2 "$package/deps/lib/"
  for link in libtensorflow.so libtensorflow.so.2; do ln -sf libtensorflow_cc.so.2 "$package/deps/lib/$link"; done
  ln -sf libtensorflow_framework.so.2 "$package/deps/lib/libtensorflow_framework.so"
  touch "$package/deps/complete"
fi

# The binding uses Node-API alone: its headers lie beside node, or come from npm.
headers=$(node -p 'path.resolve(fs.realpathSync(process.execPath), "../../include/node")')
if [ ! -f "$headers/node_api.h" ]; then
  npm install --ignore-scripts --no-audit --no-fund --loglevel=error --no-save node-api-headers
  headers=$PWD/node_modules/node-api-headers/include
fi
binding=$(cd "$package" && node -p "require('@mapbox/node-pre-gyp').find(path.resolve('package.json'))")
mkdir -p "$(dirname "$binding")"
g++ -std=c++17 -O2 -w -shared -fPIC -DNAPI_VERSION=8 -DBUILDING_NODE_EXTENSION -I"$headers" -I"$package/deps/include" \
  "$package"/binding/*.cc -o "$binding" -L"$package/deps/lib" -ltensorflow -ltensorflow_framework -Wl,-rpath,'$ORIGIN/../../deps/lib'

TF_CPP_MIN_LOG_LEVEL=3 node -e "
  const util = require('util');  // Node 23 dropped two functions that the package calls
  util.isNullOrUndefined ??= (x) => x == null; util.isArray ??= Array.isArray;
  const tf = require('@tensorflow/$name');
  if (tf.matMul([[1, 2], [3, 4]], [[1], [1]]).dataSync()[1] !== 7) process.exit(1);" ||
  fail "compiled, but does not compute; try another TENSORFLOW_VERSION"
echo "Installed. Now: export DEXTER_TFJS_NODE=$PWD"
