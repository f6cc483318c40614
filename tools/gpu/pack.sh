#!/usr/bin/env bash
# Packs everything that a GPU machine without a network needs for check.sh into a folder of at most 60 MiB: Node, the build and its
# dependencies, the Vulkan loader, a small model. Nothing is installed on that machine; models of other sizes are made there.
#
#   tools/gpu/pack.sh [FOLDER]       default: .gpu in the repository's root
#
# It needs npm's packages installed (npm ci), tar and xz; and apt-get for the loader's packages, which are omitted without it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target=${1:-$root/.gpu}
limit_mib=60
# The Vulkan loader, and the libraries that NVIDIA's driver needs on a system without a display.
debs=(libvulkan1 libglvnd0 libegl1 libglx0 libgl1 libopengl0 libgles2 libx11-6 libxext6 libxcb1 libxau6 libxdmcp6 libbsd0 libmd0)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log() { printf '%s\n' "$*" >&2; }

log 'building'
cd "$root"
npx tsc -p packages/tensor-core/tsconfig.lib.json
mkdir -p "$work/tree/bin" "$work/tree/model" "$work/made/deb"
npx tsc -p tools/gpu/tsconfig.pack.json --outDir "$work/tree/tools"

log 'copying'
node tools/gpu/copyPackages.mjs "$work/tree/node_modules" \
  @safe/tensor-core webgpu @tensorflow/tfjs-backend-webgpu fp-ts io-ts
cp "$(node -p process.execPath)" "$work/tree/bin/node"
cp packages/eval-redorca/assets/aligned/* "$work/tree/model/"
cp tools/bench/suite/reference.py "$work/tree/tools/bench/suite/"
cp tools/gpu/operations.json tools/gpu/operations.py "$work/tree/tools/gpu/"

if command -v apt-get >/dev/null; then
  for name in "${debs[@]}"; do
    (cd "$work/made/deb" && apt-get download "$name" >/dev/null 2>&1) || log "apt-get has no $name; it is omitted"
  done
else
  log 'no apt-get: the Vulkan loader is omitted, the GPU machine must have one'
fi

log 'compressing'
tar -C "$work/tree" -cf - . | xz -T0 -6 >"$work/made/pack.tar.xz"
cp tools/gpu/check.sh "$work/made/"

size=$(du -sk --apparent-size "$work/made" | cut -f1)
if ((size > limit_mib * 1024)); then
  log "the pack takes $((size / 1024)) MiB, more than $limit_mib"
  exit 1
fi
rm -rf "$target"
mkdir -p "$(dirname "$target")"
cp -r "$work/made" "$target"
log "$target: $((size / 1024)) MiB; run check.sh in it"
