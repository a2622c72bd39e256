"""Asks the support assistant every question of questions.json and writes the traces as OTLP/JSON lines.

The file looks like one of the OpenTelemetry Collector's file exporter: one export request per line. A trace may lie in two.
"""

import argparse
import base64
import gzip
import json
import os
import sys
import time
from pathlib import Path

from google.protobuf.json_format import MessageToDict
from openinference.instrumentation import TracerProvider
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from assistant import HERE, Assistant


def hex_ids(node):
    """Turns protobuf's base64 ids into OTLP/JSON's hex ids, in place."""
    if isinstance(node, list):
        for item in node:
            hex_ids(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("traceId", "spanId", "parentSpanId"):
                node[key] = base64.b64decode(value).hex()
            else:
                hex_ids(value)


class FileExporter(SpanExporter):
    """Writes each export request as one line of JSON."""

    def __init__(self, path):
        self.file = gzip.open(path, "wt") if path.suffix == ".gz" else open(path, "w")

    def export(self, spans):
        """Writes these spans as one export request."""
        request = MessageToDict(encode_spans(spans), use_integers_for_enums=True)
        hex_ids(request)
        self.file.write(json.dumps(request, ensure_ascii=False, separators=(",", ":")) + "\n")
        self.file.flush()
        return SpanExportResult.SUCCESS

    def shutdown(self):
        """Closes the file."""
        self.file.close()


def questions(limit):
    """Every question with its session, in the order in which they were asked."""
    sessions = json.loads((HERE / "questions.json").read_text())
    return [(session, turn) for session in sessions for turn in session["turns"]][:limit]


def main():
    """Asks, one question after the other, and says how it goes."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("out", type=Path, help="the traces' file: .jsonl or .jsonl.gz")
    options.add_argument("--limit", type=int, help="only the first questions")
    args = options.parse_args()

    resource = Resource.create({"service.name": "kettlewick-support", "deployment.environment.name": "production"})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(FileExporter(args.out)))
    OpenAIInstrumentor().instrument(tracer_provider=provider)
    assistant = Assistant(provider.get_tracer("kettlewick.support", "1.4.0"), model=os.environ.get("MODEL"))

    asked = questions(args.limit)
    for n, (session, turn) in enumerate(asked, 1):
        start = time.monotonic()
        metadata = {"intent": turn["intent"], "tier": session["tier"]}
        text = assistant.answer(turn["question"], session["session"], session["user"], metadata)
        provider.force_flush()
        print(f"{n}/{len(asked)} {time.monotonic() - start:.1f} s {turn['intent']}: {text}", file=sys.stderr, flush=True)
    provider.shutdown()


if __name__ == "__main__":
    main()
