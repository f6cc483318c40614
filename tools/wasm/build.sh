#!/bin/sh
# Compiles the wasm engine's own kernels into the file that the engine reads. Needs clang with the wasm32 target and wasm-ld
# (Debian: apt install clang lld); needed only after a change of a kernel. Clang 14 of Debian 12 gives the committed file bit by bit.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target="$here/../../packages/tensor-core/src/engine/wasm/kernels.wasm"
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
# Products and copies gain from unrolled loops; the other kernels are bound by memory and stay small.
for source in "$here"/*.c; do
  name=$(basename "$source" .c)
  case $name in
    product | copies | exponentials) options='-O3' ;;
    *) options='-O2 -fno-unroll-loops -fno-vectorize -fno-slp-vectorize' ;;
  esac
  clang --target=wasm32 -msimd128 $options -fno-builtin -nostdlib -Wall -Werror -c "$source" -o "$objects/$name.o"
done
clang --target=wasm32 -nostdlib -Wl,--no-entry -Wl,--import-memory -Wl,--strip-all -Wl,-z,stack-size=0 \
  "$objects"/*.o -o "$target"
