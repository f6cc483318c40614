#!/usr/bin/env bash
# Checks the webgpu engine on this machine's GPU and compares its speed with PyTorch on the same card. It is in a folder made by
# pack.sh, needs no network and no privileges, and installs nothing. Checks run one after another; the others continue if one fails.
#
#   check.sh         tables on stdout; in OUT (the current folder) gpu-tables.md, gpu.json, and the programs' messages in gpu-logs.tar.gz
#
# Environment:
#   OUT=DIR          folder for the results
#   PYTHON=PROGRAM   a Python with torch, transformers and peft; without one nothing is compared
#   DEVICE=cuda      device of PyTorch (cpu for a dry run)
#   SHAPE=JSON       the model that is compared, by default SmolLM2's shape; with other numbers for a dry run: {"layers":2,"rows":1}
#   ROUNDS=2         processes of each side, alternating
#   BUDGET_S=440     seconds; checks not started by then are skipped
#   SKIP=NAME,...    checks to skip
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${OUT:-$PWD}
python=${PYTHON:-python3}
device=${DEVICE:-cuda}
default_shape='{"shape":"smollm2","products":[2048,4096]}'
shape=${SHAPE:-$default_shape}
rounds=${ROUNDS:-2}
budget=${BUDGET_S:-440}
skip=,${SKIP:-},

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
parts=$work/parts
mkdir -p "$parts" "$work/logs" "$work/files" "$work/small" "$work/tree" "$out"
SECONDS=0

# checks ------------------------------------------------------------------------------------------

record() { # NAME VERDICT SECONDS NOTE
  printf '%s\t%s\t%s\t%s\n' "$@" >>"$parts/checks.tsv"
  printf '%s %s (%s s) %s\n' "$2" "$1" "$3" "$4"
}

# The program's output is stored as the part of that name, its messages as a log.
check() { # NAME LONGEST PROGRAM...
  local name=$1 longest=$2 left=$((budget - SECONDS)) started=$SECONDS code=0 note=''
  shift 2
  if [[ $skip == *,$name,* ]]; then
    record "$name" SKIP 0 'as requested'
    return
  fi
  if ((left < 15)); then
    record "$name" SKIP 0 "the budget of $budget s is used up"
    return
  fi
  ((longest < left)) || longest=$left
  timeout -k 5 "$longest" "$@" >"$parts/$name" 2>"$work/logs/$name.log" || code=$?
  if ((code == 0)); then
    record "$name" PASS $((SECONDS - started)) ''
  else
    note=$(grep -v '^ *$' "$work/logs/$name.log" | tail -n 1 | tr '\t' ' ' | cut -c 1-300)
    ((code != 124)) || note="stopped after $longest s; $note"
    record "$name" FAIL $((SECONDS - started)) "ended with $code: $note"
  fi
}

# the pack ----------------------------------------------------------------------------------------

unpack() {
  if command -v xz >/dev/null; then
    tar -C "$work/tree" -xJf "$here/pack.tar.xz"
  else
    "$python" -c 'import sys, tarfile; tarfile.open(sys.argv[1], "r:xz").extractall(sys.argv[2])' \
      "$here/pack.tar.xz" "$work/tree"
  fi
}
if unpack 2>"$work/logs/unpack.log"; then
  record unpack PASS "$SECONDS" ''
else
  record unpack FAIL "$SECONDS" "$(tail -n 1 "$work/logs/unpack.log")"
fi
node=$work/tree/bin/node
tools=$work/tree/tools
core=$work/tree/node_modules/@safe/tensor-core/bin/tensor-core.cjs
cp "$tools/gpu/operations.json" "$parts/" 2>/dev/null
printf '%s\n' "$shape" >"$parts/shape"
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader >"$parts/card" 2>"$work/logs/nvidia-smi.log" ||
  rm -f "$parts/card"

# the driver --------------------------------------------------------------------------------------

# Libraries in packages beside this script, for machines whose system has no Vulkan loader.
for package in "$here"/deb/*.deb; do
  [[ -e $package ]] && dpkg-deb -x "$package" "$work/deb" 2>>"$work/logs/deb.log"
done
carried=$work/deb/usr/lib/x86_64-linux-gnu:$work/deb/lib/x86_64-linux-gnu
mapfile -t manifests < <(find /usr/local/nvidia /usr/share/vulkan /etc/vulkan /usr/local/share/vulkan -name 'nvidia_icd*.json' 2>/dev/null)
mapfile -t folders < <(find /usr/local/nvidia /usr/lib /usr/lib64 -name 'libGLX_nvidia.so.0' -printf '%h\n' 2>/dev/null | sort -u)
driver=$(IFS=:; printf '%s' "${folders[*]}")

# Environments to start Dawn in; the first in which it finds a GPU is used, otherwise the first in which it starts.
environments=('' "LD_LIBRARY_PATH=$carried:${LD_LIBRARY_PATH:-}")
for manifest in "${manifests[@]}"; do
  environments+=("VK_DRIVER_FILES=$manifest"
    "VK_DRIVER_FILES=$manifest LD_LIBRARY_PATH=$carried:${LD_LIBRARY_PATH:-}"
    "VK_DRIVER_FILES=$manifest LD_LIBRARY_PATH=$carried:$driver:${LD_LIBRARY_PATH:-}")
done

chosen=()
adapter() {
  local environment words started=$SECONDS
  for environment in "${environments[@]}"; do
    read -ra words <<<"$environment"
    printf '== %s\n' "$environment" >>"$work/logs/adapter.log"
    if timeout -k 5 40 env "${words[@]}" VK_LOADER_DEBUG=error,warn "$node" "$core" info --engine webgpu --json \
      >"$work/info" 2>>"$work/logs/adapter.log"; then
      cat "$work/info" >>"$work/logs/adapter.log"
      [[ -e $parts/info ]] || { cp "$work/info" "$parts/info" && chosen=("${words[@]}"); }
      if grep -q '"gpu": *true' "$work/info"; then
        cp "$work/info" "$parts/info"
        chosen=("${words[@]}")
        record adapter PASS $((SECONDS - started)) "${environment:-unchanged}"
        return
      fi
    fi
  done
  if [[ -e $parts/info ]]; then
    record adapter PASS $((SECONDS - started)) "no GPU: a software renderer (${chosen[*]:-unchanged})"
  else
    record adapter FAIL $((SECONDS - started)) "$(grep -v '^==' "$work/logs/adapter.log" | tail -n 1 | cut -c 1-300)"
    sed 's/^/  /' "$work/logs/adapter.log" | tail -n 60
  fi
}
adapter
on_gpu() { # NAME LONGEST PROGRAM...
  check "$1" "$2" env "${chosen[@]}" "${@:3}"
}

# the checks --------------------------------------------------------------------------------------

export PYTHON=$python PYTHONUNBUFFERED=1 PYTHONWARNINGS=ignore
on_gpu contract 90 "$node" "$core" engine test --engine webgpu --json
on_gpu small 120 "$node" "$tools/gpu/smallModel.js" "$work/tree/model" "$work/small"
check files 90 "$node" "$tools/gpu/makeFiles.js" "$work/files" "$shape"
on_gpu operations-ours 90 "$node" "$tools/gpu/operations.js" webgpu "$tools/gpu/operations.json"
check operations-theirs 90 "$python" "$tools/gpu/operations.py" "$device" "$tools/gpu/operations.json"
row() { # NAME REPEAT
  on_gpu "$1" 200 "$node" "$tools/gpu/compareRow.js" "$1" "$work/files" "$shape" \
    --device "$device" --rounds "$rounds" --repeat "$2"
}
row lora-step-float32 10
row decode 5
on_gpu anatomy 90 "$node" "$tools/gpu/anatomy.js" "$work/files" "$shape"
row prefill 10

# results -----------------------------------------------------------------------------------------

"$node" "$tools/gpu/table.js" "$parts" "$out/gpu.json" | tee "$out/gpu-tables.md"
tar -C "$work" -czf "$out/gpu-logs.tar.gz" logs parts
printf '\n%s of %s checks passed, %s s\n' "$(grep -c "	PASS	" "$parts/checks.tsv")" "$(wc -l <"$parts/checks.tsv")" "$SECONDS"
! grep -q "	FAIL	" "$parts/checks.tsv"
