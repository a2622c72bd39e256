#!/usr/bin/env python3
"""Measures how fast eval-gate reads trace files, and in how much memory, beside DuckDB's and jq's reading of the same file.

Needs Python 3.11, a release build, `pip install duckdb opentelemetry-proto`, and jq on PATH.

    benches/traces.py --gigabytes 1 [--seed 1] [--folder /tmp] [--formats jsonl,gz,zst,pb] [--without jq]

Makes the file first, the same for the same seed: export requests as the OpenTelemetry Collector's file exporter writes
them, with OpenInference and OpenTelemetry GenAI spans, texts of 2 to 8 KB, three to six spans a trace. Two thirds of the
traces lie within one line; of the rest, a quarter have their spans tens of thousands of lines apart.

Prints seconds and peak memory for each reader: eval-gate with a plain sample, with `where` and with strata; what DuckDB
and jq take to count the model calls; and the time of `cat`, which is what the disk or the page cache allows.
"""

import argparse
import collections
import json
import multiprocessing
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import time

WORDS = """the a refund order was shipped late and customer asked for money back because item arrived broken we checked
status of payment card bank transfer takes three days please send photo policy allows return within thirty weeks
contact support if label missing address change "quoted text" not\npossible after dispatch""".split(" ")
CONFIG = """\
version: 1
traces:
  otlp: {{ files: ["{file}"] }}
{where}sample: {{ size: 200, seed: 7{strata} }}
"""
RUNS = {
    "plain": ("", ""),
    "where": ("  where: \"metadata.tier == 'pro' and documents | length > 0\"\n", ""),
    "strata": ("", ", strata: [metadata.intent]"),
}
# What a query engine must do for the same question: read every span and tell the model calls.
DUCKDB = """
import duckdb, sys
db = duckdb.connect()
db.execute("SET threads = 2; SET memory_limit = '4GB'")
print(db.execute('''
  SELECT count(*), count(DISTINCT s.traceId) FROM (
    SELECT unnest(ss.spans) AS s FROM (
      SELECT unnest(rs.scopeSpans) AS ss FROM (
        SELECT unnest(resourceSpans) AS rs FROM read_json(?, format = 'newline_delimited', maximum_object_size = 134217728,
          columns = {resourceSpans: 'STRUCT(scopeSpans STRUCT(spans STRUCT(traceId VARCHAR, attributes STRUCT("key" VARCHAR, value STRUCT(stringValue VARCHAR))[])[])[])[]'}))))
  WHERE list_contains([a.value.stringValue FOR a IN s.attributes IF a.key IN ('openinference.span.kind', 'gen_ai.operation.name')], 'LLM')
     OR list_contains([a.value.stringValue FOR a IN s.attributes IF a.key IN ('openinference.span.kind', 'gen_ai.operation.name')], 'chat')
''', [sys.argv[1]]).fetchone())
"""
JQ = (
    "[.resourceSpans[].scopeSpans[].spans[] | select(any(.attributes[]; .value.stringValue == \"LLM\" or "
    ".value.stringValue == \"chat\")) | .traceId] | length"
)


def texts(rng, count=400):
    """Texts of 2 to 8 KB; a file is a mix of them, as real traffic repeats its prompts."""
    pool = []
    for _ in range(count):
        size = rng.randint(2_000, 8_000)
        words = []
        while size > 0:
            word = rng.choice(WORDS)
            words.append(word)
            size -= len(word) + 1
        pool.append(" ".join(words))
    return pool


def attribute(key, value):
    return '{"key":"%s","value":{"stringValue":%s}}' % (key, value)


class Traffic:
    """Traces as lists of spans in JSON, all of their random parts drawn from one generator."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.number = 0
        self.pool = []
        for text in texts(self.rng):
            request = json.dumps({"model": "m-1", "temperature": 0.2, "messages": [{"role": "user", "content": text}]})
            genai = json.dumps([{"role": "user", "parts": [{"type": "text", "content": text}]}])
            self.pool.append((json.dumps(text), json.dumps(request), json.dumps(genai)))

    def span(self, trace, span, parent, name, start, attributes):
        return (
            '{"traceId":"%s","spanId":"%016x","parentSpanId":"%s","name":"%s","kind":1,"startTimeUnixNano":"%d",'
            '"endTimeUnixNano":"%d","attributes":[%s],"status":{"code":1}}'
            % (trace, span, "%016x" % parent if parent else "", name, start, start + 900_000_000, ",".join(attributes))
        )

    def trace(self):
        rng = self.rng
        self.number += 1
        trace = "%032x" % rng.getrandbits(128)
        base = rng.getrandbits(60) << 3
        start = 1_795_000_000_000_000_000 + self.number * 10_000_000
        tier = "pro" if rng.random() < 0.1 else "free"
        intent = rng.choice(["refund", "shipping", "account", "other"])
        metadata = json.dumps(json.dumps({"tier": tier, "intent": intent, "build": self.number % 50}))
        root = self.span(trace, base, 0, "answer", start, [
            attribute("openinference.span.kind", '"CHAIN"'), attribute("session.id", '"s-%d"' % (self.number // 3)),
            attribute("metadata", metadata),
        ])
        documents = [rng.choice(self.pool)[0] for _ in range(2)]
        retriever = [attribute("openinference.span.kind", '"RETRIEVER"')]
        for at, document in enumerate(documents):
            retriever.append(attribute("retrieval.documents.%d.document.id" % at, '"d%d"' % at))
            retriever.append(attribute("retrieval.documents.%d.document.content" % at, document))
        spans = [self.span(trace, base + 1, base, "search", start + 1_000_000, retriever)]
        for call in range(rng.randint(1, 4)):
            make = self.openinference if self.number % 2 else self.genai
            spans.append(self.span(trace, base + 2 + call, base, "call", start + (call + 2) * 1_000_000_000, make()))
        # Spans are exported when they end, so the root comes last.
        return spans + [root]

    def openinference(self):
        text, request, _ = self.rng.choice(self.pool)
        answer = self.rng.choice(self.pool)[0]
        return [
            attribute("openinference.span.kind", '"LLM"'), attribute("llm.model_name", '"m-1"'),
            attribute("llm.invocation_parameters", '"{\\"model\\":\\"m-1\\",\\"temperature\\":0.2}"'),
            attribute("input.value", request),
            attribute("llm.input_messages.0.message.role", '"user"'),
            attribute("llm.input_messages.0.message.content", text),
            attribute("llm.output_messages.0.message.role", '"assistant"'),
            attribute("llm.output_messages.0.message.content", answer),
            '{"key":"llm.token_count.prompt","value":{"intValue":"812"}}',
            '{"key":"llm.token_count.completion","value":{"intValue":"97"}}',
        ]

    def genai(self):
        _, _, messages = self.rng.choice(self.pool)
        answer = self.rng.choice(self.pool)[2].replace("user", "assistant")
        return [
            attribute("gen_ai.operation.name", '"chat"'), attribute("gen_ai.request.model", '"m-1"'),
            attribute("gen_ai.input.messages", messages), attribute("gen_ai.output.messages", answer),
            '{"key":"gen_ai.usage.input_tokens","value":{"intValue":"812"}}',
            '{"key":"gen_ai.usage.output_tokens","value":{"intValue":"97"}}',
        ]


def line(spans):
    return (
        '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},'
        '"scopeSpans":[{"scope":{"name":"bench"},"spans":[%s]}]}]}\n' % ",".join(spans)
    )


def generate(path, size, seed):
    """Writes about `size` bytes; gives the number of model calls."""
    traffic, rng = Traffic(seed), random.Random(seed + 1)
    far, written, calls = collections.deque(), 0, 0
    with open(path, "w", buffering=1 << 20) as file:
        while written < size:
            batch, here = [], rng.randint(1, 6)
            for _ in range(here):
                spans = traffic.trace()
                calls += len(spans) - 2
                draw = rng.random()
                if draw < 2 / 3:
                    batch += spans
                elif draw < 11 / 12:
                    cut = rng.randint(1, len(spans) - 1)
                    batch += spans[:cut]
                    far.append((written + rng.randint(0, 1 << 20), spans[cut:]))
                else:
                    batch += spans[:1]
                    far.append((written + rng.randint(1 << 20, max(1 << 21, size // 2)), spans[1:]))
            # Not in order of their time: what is late stays where it is until its turn comes.
            for _ in range(min(4, len(far))):
                due, spans = far.popleft()
                if due <= written:
                    batch += spans
                else:
                    far.append((due, spans))
            text = line(batch)
            written += len(text)
            file.write(text)
        while far:
            file.write(line(far.popleft()[1]))
    return calls


def run(command, folder):
    """Seconds and peak MiB of a command, by the system's own count of its children."""
    reader, writer = os.pipe()
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        os.dup2(writer, 1)
        os.dup2(writer, 2)
        os.execvp(command[0], command)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    _, status, usage = os.wait4(child, 0)
    seconds = time.monotonic() - start
    if status != 0:
        sys.exit(f"{' '.join(command)[:200]} failed: {said}")
    return seconds, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime, said


def compressed(path, formats):
    """The same file in other wrappings."""
    files = {"jsonl": path}
    if "gz" in formats:
        files["gz"] = path.with_name(path.name + ".gz")
        with open(files["gz"], "wb") as out:
            subprocess.run(["gzip", "-1", "-c", path], stdout=out, check=True)
    if "zst" in formats:
        files["zst"] = path.with_name(path.name + ".zst")
        subprocess.run(["zstd", "-q", "-f", "-T2", "-3", path, "-o", files["zst"]], check=True)
    if "pb" in formats:
        files["pb"] = path.with_name(path.name + ".pb")
        protobuf(path, files["pb"])
    return {name: files[name] for name in formats}


def protobuf(path, to):
    """As `format: proto` of the Collector's file exporter: four bytes of length before each message.

    Needs `pip install opentelemetry-proto`."""
    import base64
    from google.protobuf import json_format
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    with open(path) as lines, open(to, "wb") as out:
        for text in lines:
            export = json.loads(text)
            for group in export["resourceSpans"]:
                for span in (span for scope in group["scopeSpans"] for span in scope["spans"]):
                    for key in ("traceId", "spanId", "parentSpanId"):
                        span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
            message = json_format.ParseDict(export, ExportTraceServiceRequest()).SerializeToString()
            out.write(struct.pack(">I", len(message)) + message)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("/tmp"))
    parser.add_argument("--formats", default="jsonl")
    parser.add_argument("--without", default="", help="readers to leave out, such as jq,duckdb")
    parser.add_argument("--binary", type=pathlib.Path, default=pathlib.Path("target/release/eval-gate"))
    options = parser.parse_args()
    folder = options.folder / "eval-gate-traces"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "traces.jsonl"
    # In a process of its own: what a child's memory is counted from is its parent's.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        calls = pool.apply(generate, (path, int(options.gigabytes * 1e9), options.seed))
    size = path.stat().st_size
    print(f"{size / 1e9:.2f} GB, {calls} model calls")

    def show(name, seconds, peak, cpu, file):
        rate = file.stat().st_size / 1e6 / seconds
        print(f"{name:28} {seconds:7.2f} s  {cpu:7.2f} s of CPU  {peak:7.0f} MiB  {rate:6.0f} MB/s")
        return seconds

    print()
    show("cat", *run(["sh", "-c", 'cat "$0" > /dev/null', str(path)], folder)[:3], path)
    plain = None
    for form, file in compressed(path, options.formats.split(",")).items():
        for name, (where, strata) in RUNS.items():
            (folder / "eval-gate.yaml").write_text(CONFIG.format(file=file.name, where=where, strata=strata))
            command = [str(options.binary.resolve()), "sample", "--to", "out", "--replace"]
            seconds, peak, cpu, said = run(command, folder)
            if f"{calls} requests seen" not in said:
                sys.exit(f"not all calls were seen: {said}")
            show(f"eval-gate {name}, {form}", seconds, peak, cpu, file)
            plain = plain or seconds
    readers = {
        "duckdb": [sys.executable, "-c", DUCKDB, path.name],
        "jq": ["jq", "-c", JQ, path.name],
    }
    for name, command in readers.items():
        if name not in options.without.split(","):
            seconds, peak, cpu, said = run(command, folder)
            if name == "duckdb" and f"({calls}," not in said:
                sys.exit(f"DuckDB counts others than {calls} calls: {said}")
            show(name, seconds, peak, cpu, path)
            print(f"{'':28} {seconds / plain:7.1f} times eval-gate's plain sample")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
