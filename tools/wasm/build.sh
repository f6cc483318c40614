#!/bin/sh
# Compiles the wasm engine's own kernels and writes them, as base64, where the engine reads them. Needs clang with the
# wasm32 target and wasm-ld (Debian: apt install clang lld); only who changes product.c runs this.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target="$here/../../packages/tensor-core/src/engine/wasm/binary.ts"
object=$(mktemp)
trap 'rm -f "$object"' EXIT
clang --target=wasm32 -msimd128 -O3 -fno-builtin -nostdlib -Wall -Werror \
  -Wl,--no-entry -Wl,--import-memory -Wl,--strip-all -Wl,-z,stack-size=0 \
  "$here"/*.c -o "$object"
{
  echo '/** The kernels of tools/wasm, compiled by tools/wasm/build.sh: generated, not to be edited. */'
  echo '// prettier-ignore'
  echo 'export const binary ='
  base64 -w 110 "$object" | sed -e "s/.*/  '&' +/" -e '$ s/ +$//'
} > "$target"
