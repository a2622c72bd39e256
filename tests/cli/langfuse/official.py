"""The vendor's own client against a Langfuse at an address: what it reads is printed as JSON.

usage: official.py ADDRESS PUBLIC_KEY SECRET_KEY
"""

import json
import sys

from langfuse import Langfuse

address, public, secret = sys.argv[1:]
client = Langfuse(public_key=public, secret_key=secret, base_url=address, tracing_enabled=False)
assert client.auth_check()

observations, cursor = [], None
while True:
    page = client.api.observations.get_many(fields="core,basic,time,io,metadata,model,usage,prompt,trace_context", limit=30, cursor=cursor)
    observations += page.data
    cursor = page.meta.cursor
    if not cursor:
        break

scores, cursor = [], None
while True:
    page = client.api.scores.get_many(fields="subject,details", limit=25, cursor=cursor)
    scores += page.data
    cursor = page.meta.cursor
    if not cursor:
        break

prompt = client.get_prompt("team/support", label="staging", type="chat")
messages = prompt.compile(who="customers", history=[{"role": "user", "content": "Hello"}])
call = next(row for row in observations if row.type == "GENERATION")
print(
    json.dumps(
        {
            "observations": len({row.id for row in observations}),
            "call": [call.model, call.input, call.usage_details, call.trace_name, call.metadata["resourceAttributes.service.name"]],
            "scores": sorted({score.name for score in scores}),
            "written": [
                [score.value, score.data_type, score.comment, score.metadata["by"], score.subject.kind, score.subject.id]
                for score in scores
                if score.name == "fine.candidate"
            ][:1],
            "prompt": [prompt.version, prompt.config, messages],
            "text": client.get_prompt("team/support").compile(),
        }
    )
)
