#!/usr/bin/env bash
# Builds every fuzz target and runs each for so many seconds, as many at once as there are processors:
#   tests/fuzz/run.sh [SECONDS] [TARGET...]
# The checked-in corpus is only read. New inputs and finds go to a folder outside of the checkout, and serve the next run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seconds=${1:-600}
[ $# -eq 0 ] || shift
cache=${XDG_CACHE_HOME:-$HOME/.cache}/peerbrain
build=$cache/target-fuzz
work=$cache/fuzz
mkdir -p "$work/logs"

fuzz=$cache/tools/bin/cargo-fuzz
if [ "$("$fuzz" --version 2>/dev/null)" != 'cargo-fuzz 0.13.2' ]; then
  cargo install --quiet --locked cargo-fuzz --version 0.13.2 --root "$cache/tools"
fi

# Debug builds check arithmetic and assertions; the profile optimises them. Without a sanitizer the stable compiler will
# do, and our crates have no unsafe code for one to look at.
CARGO_INCREMENTAL=0 "$fuzz" build --fuzz-dir tests/fuzz --dev --sanitizer none --target-dir "$build"
bin=$build/$(rustc --print host-tuple)/debug

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for folder in tests/fuzz/corpus/*/; do
    targets+=("$(basename "$folder")")
  done
fi

fuzz() {
  local new=$work/corpus/$1 finds=$work/finds/$1 log=$work/logs/$1
  mkdir -p "$new" "$finds"
  # One input may take half a minute, for a machine that is busy, and a gigabyte.
  if "$bin/$1" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=1024 -max_len=8192 -artifact_prefix="$finds/" \
    -print_final_stats=1 "$new" "tests/fuzz/corpus/$1" >"$log" 2>&1; then
    printf '%s: %s inputs\n' "$1" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
  else
    printf '%s: FOUND, in %s\n' "$1" "$finds"
    grep -av '^#' "$log" | tail -n 25
    return 1
  fi
}

# Those that run at once are waited for together.
code=0 pids=()
for target in "${targets[@]}"; do
  fuzz "$target" &
  pids+=($!)
  if [ ${#pids[@]} -ge "$(nproc)" ]; then
    wait "${pids[0]}" || code=1
    pids=("${pids[@]:1}")
  fi
done
for pid in "${pids[@]}"; do
  wait "$pid" || code=1
done
exit $code
