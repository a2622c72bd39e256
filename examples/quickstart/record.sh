#!/usr/bin/env bash
# Records this example again, with any OpenAI-compatible endpoint that knows response_format json_schema and streaming.
#   OPENAI_BASE_URL=http://127.0.0.1:8089/v1 OPENAI_API_KEY=none MODEL=qwen ./record.sh
# Needs Python 3.11 or newer and Rust; puts its packages into .venv in this folder, or into the folder that VENV names.
# EVAL_GATE names a built eval-gate to use instead of `cargo run`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
: "${OPENAI_BASE_URL:?the endpoint, ending in /v1}" "${OPENAI_API_KEY:?its key; any text if it needs none}"
export OPENAI_BASE_URL OPENAI_API_KEY MODEL=${MODEL:-qwen}
venv=${VENV:-.venv}

[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt

# 1. Production: the assistant answers every question of shop/questions.json; its traces are the recording.
mkdir -p traces
"$venv/bin/python" shop/record.py traces/support.otlp.jsonl.gz

# 2. eval-gate: traces to an evalset, then both candidates' answers and the judgements of them.
gate=${EVAL_GATE:-cargo run --quiet --release --}
$gate sample --config sample.yaml --to evalsets/support --replace
rm -f recordings/qwen.jsonl
for prompt in support friendlier; do
  # Exit code 1 is the friendlier prompt's: it is the point of the example.
  $gate run --config eval-gate.yaml --provider live --fresh --record recordings/qwen.jsonl --prompt "prompts/$prompt.prompt.yml" ||
    [ $? -eq 1 ]
done
