#!/bin/sh
# Compiles the wasm engine's own kernels and writes them, as base64, where the engine reads them. Needs clang with the
# wasm32 target and wasm-ld (Debian: apt install clang lld); only who changes a kernel runs this.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target="$here/../../packages/tensor-core/src/engine/wasm/binary.ts"
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
# Products and copies gain from unrolled loops; the other kernels wait for memory and stay small.
for source in "$here"/*.c; do
  name=$(basename "$source" .c)
  case $name in
    product | copies | exponentials) options='-O3' ;;
    *) options='-O2 -fno-unroll-loops -fno-vectorize -fno-slp-vectorize' ;;
  esac
  clang --target=wasm32 -msimd128 $options -fno-builtin -nostdlib -Wall -Werror -c "$source" -o "$objects/$name.o"
done
clang --target=wasm32 -nostdlib -Wl,--no-entry -Wl,--import-memory -Wl,--strip-all -Wl,-z,stack-size=0 \
  "$objects"/*.o -o "$objects/all.wasm"
{
  echo '/** The kernels of tools/wasm, compiled by tools/wasm/build.sh: generated, not to be edited. */'
  echo '// prettier-ignore'
  echo 'export const binary = ['
  base64 -w 110 "$objects/all.wasm" | sed -e "s/.*/  '&',/"
  echo "].join('')"
} > "$target"
