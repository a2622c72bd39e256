"""Asks a model with the OpenAI SDK, traced by OpenInference, and exports the traces to Phoenix.

    ask.py PHOENIX KEY PROJECT COUNT MODEL
"""

import sys

import openai
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

phoenix, key, project, count, model = sys.argv[1:]
provider = TracerProvider(resource=Resource({"openinference.project.name": project}))
exporter = OTLPSpanExporter(endpoint=phoenix + "/v1/traces", headers={"authorization": "Bearer " + key})
provider.add_span_processor(BatchSpanProcessor(exporter))
OpenAIInstrumentor().instrument(tracer_provider=provider)
client = openai.OpenAI(base_url=model, api_key="none")
tracer = provider.get_tracer("shop")
for number in range(int(count)):
    metadata = {"intent": ["refund", "shipping"][number % 2]}
    chain = {"openinference.span.kind": "CHAIN"}
    with using_attributes(session_id=f"session-{number}", metadata=metadata):
        with tracer.start_as_current_span("answer", attributes=chain):
            question = [{"role": "system", "content": "old"}, {"role": "user", "content": f"question {number}"}]
            options = {"stream": True, "stream_options": {"include_usage": True}}
            for _ in client.chat.completions.create(model="m", messages=question, temperature=0.2, **options):
                pass
provider.shutdown()
