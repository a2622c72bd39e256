#!/usr/bin/env python3
"""Measures eval-gate against the time that the calls alone must take, in one run.

Needs Python 3.11, a release build, and a mock of an OpenAI-compatible server that answers after a fixed latency, such as

    mockllm --port 8099 --latency-ms 50

and its workload as JSON lines ({"system", "user", ...} each). Every case is one completion and one judge call.

    benches/throughput.py --mock http://127.0.0.1:8099 --workload cases.jsonl [--runs 5] [--concurrency 32]

Prints, for each run: wall seconds, the ideal (calls x measured latency of a lone call / concurrency), their ratio, CPU
milliseconds a case, and peak memory. Then the start-up time of `eval-gate --version`, the median of 20.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.request

CONFIG = """\
version: 1
evalset: cases.jsonl
candidate: {{ model: mock, parameters: {{ temperature: 0 }} }}
baseline: recorded
providers:
  default: {{ openai: {{ base_url: "{mock}/v1", api_key: none, model: mock, concurrency: {concurrency}, stream: {stream} }} }}
scorers:
  valid: {{ json: {{}}, gate: {{ min: 0.5 }} }}
  helpful: {{ judge: {{ rubric: helpfulness }}, gate: {{ min: 1 }} }}
"""


def lone_latency(mock):
    """Seconds of a call that nothing else disturbs: the median of 20, over one kept connection a call."""
    body = json.dumps({"model": "mock", "messages": [{"role": "user", "content": "hello"}]}).encode()
    request = urllib.request.Request(mock + "/v1/chat/completions", body, {"Content-Type": "application/json"})
    times = []
    for _ in range(20):
        start = time.monotonic()
        urllib.request.urlopen(request, timeout=10).read()
        times.append(time.monotonic() - start)
    return statistics.median(times)


def write_evalset(workload, folder):
    """The workload in eval-gate's shape. Nothing is recorded, so only the candidate is asked and judged."""
    cases = [json.loads(line) for line in pathlib.Path(workload).read_text().splitlines()]
    with open(folder / "cases.jsonl", "w") as file:
        for number, case in enumerate(cases):
            roles = [("system", case["system"]), ("user", case["user"])]
            messages = [{"role": role, "content": content} for role, content in roles]
            file.write(json.dumps({"id": f"case-{number:05d}", "messages": messages}) + "\n")
    return len(cases)


def measured(command, **kwargs):
    """Wall seconds, CPU seconds, peak MiB and exit code of a command."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **kwargs)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, child.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mock", required=True, help="the mock's address, without /v1")
    parser.add_argument("--workload", required=True, help="JSON lines with system and user texts")
    parser.add_argument("--binary", default="target/release/eval-gate")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--no-stream", action="store_true", help="ask for whole answers")
    options = parser.parse_args()
    binary = str(pathlib.Path(options.binary).resolve())
    latency = lone_latency(options.mock)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        count = write_evalset(options.workload, folder)
        stream = "false" if options.no_stream else "true"
        config = CONFIG.format(mock=options.mock, concurrency=options.concurrency, stream=stream)
        (folder / "eval-gate.yaml").write_text(config)
        ideal = 2 * count * latency / options.concurrency
        print(f"{count} cases, {2 * count} calls, {latency * 1000:.1f} ms a lone call, ideal {ideal:.2f} s")
        for _ in range(options.runs):
            shutil.rmtree(folder / ".eval-gate", ignore_errors=True)
            wall, cpu, memory, code = measured([binary, "run"], cwd=folder)
            print(
                f"wall {wall:.2f} s = {wall / ideal:.3f} x ideal, CPU {cpu / count * 1000:.2f} ms a case, "
                f"peak {memory:.0f} MiB, exit {code}"
            )
    starts = [measured([binary, "--version"])[0] * 1000 for _ in range(20)]
    print(f"start-up {statistics.median(starts):.1f} ms")


if __name__ == "__main__":
    main()
