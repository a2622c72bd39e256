"""Sends export requests that are kept as OTLP/JSON to Phoenix, which takes protobuf alone. Ids are hex in the one and bytes in
the other.

    send.py PHOENIX KEY PROJECT FILE...
"""

import base64
import json
import sys
import urllib.request

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

IDS = {"traceId", "spanId", "parentSpanId"}


def in_bytes(value):
    if isinstance(value, dict):
        return {name: encoded(inner) if name in IDS else in_bytes(inner) for name, inner in value.items()}
    return [in_bytes(inner) for inner in value] if isinstance(value, list) else value


def encoded(hexadecimal):
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()


phoenix, key, project, *files = sys.argv[1:]
headers = {
    "authorization": "Bearer " + key,
    "content-type": "application/x-protobuf",
    "x-project-name": project,
}
for file in files:
    with open(file, encoding="utf-8") as text:
        rest = text.read().strip()
    while rest:
        document, end = json.JSONDecoder().raw_decode(rest)
        rest = rest[end:].strip()
        body = json_format.ParseDict(in_bytes(document), ExportTraceServiceRequest()).SerializeToString()
        urllib.request.urlopen(urllib.request.Request(phoenix + "/v1/traces", body, headers)).read()
