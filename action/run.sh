#!/usr/bin/env bash
# Runs the binary with the action's inputs, which come by the environment only. Its exit code is the step's.
set -euo pipefail
unset CDPATH

cd -- "$ACTION_DIRECTORY" || { echo "::error::eval-gate: the input working-directory does not name a folder"; exit 2; }

# An argument a line, as it is: nothing here splits, expands or evaluates it.
arguments=("$ACTION_COMMAND")
while IFS= read -r line; do
  if [ -n "$line" ]; then arguments+=("$line"); fi
done <<<"$ACTION_ARGS"

# An input that is given but empty means its default, which the binary knows.
for name in EVAL_GATE_CONFIG EVAL_GATE_OUT EVAL_GATE_COMMENT_AUTHOR; do
  if [ -z "${!name-}" ]; then unset "$name"; fi
done

# Git for Windows would rewrite arguments that look like paths of its own.
export MSYS_NO_PATHCONV=1 MSYS2_ARG_CONV_EXCL='*'
exec "$ACTION_BINARY" "${arguments[@]}"
