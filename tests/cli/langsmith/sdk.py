"""LangSmith's own SDK against the fake: it sends runs as applications do, and reads back what is there.

    sdk.py send           traces calls of the wrapped OpenAI client, whose answers are made up here
    sdk.py read FEEDBACK  lists the project, its runs and their feedback, and reads the one that was written

The server, the key and the project are in LANGSMITH_ENDPOINT and its like.
"""

import asyncio
import json
import os
import sys
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from langsmith import Client, traceable
from langsmith.wrappers import wrap_openai
from openai import OpenAI

PROJECT = os.environ["LANGSMITH_PROJECT"]
USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12, "prompt_tokens_details": {"cached_tokens": 4}}
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}


class Model(BaseHTTPRequestHandler):
    """Chat completions: an answer, a call of a tool where one is offered, a refusal where it is asked for."""

    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "refuse" in json.dumps(asked["messages"]):
            return self.say(400, json.dumps({"error": {"message": "made to refuse"}}))
        call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
        message = {"role": "assistant", "content": "fine"}
        if asked.get("tools"):
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        reason = "tool_calls" if asked.get("tools") else "stop"
        head = {"id": "chatcmpl-1", "created": 1, "model": "m-2026"}
        if not asked.get("stream"):
            choice = {"index": 0, "message": message, "finish_reason": reason}
            return self.say(200, json.dumps(head | {"object": "chat.completion", "choices": [choice], "usage": USAGE}))
        head |= {"object": "chat.completion.chunk"}
        chunks = [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": part}}]} for part in ("fi", "ne")]
        chunks += [{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, {"choices": [], "usage": USAGE}]
        lines = [f"data: {json.dumps(head | chunk)}\n\n" for chunk in chunks]
        return self.say(200, "".join(lines) + "data: [DONE]\n\n", "text/event-stream")

    def say(self, status, text, kind="application/json"):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


def send(client):
    model = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=model.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{model.server_address[1]}/v1"
    openai = wrap_openai(OpenAI(base_url=url, api_key="k", max_retries=0), tracing_extra={"client": client})

    def ask(text, **more):
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
        return openai.chat.completions.create(model="m", messages=messages, temperature=0.2, **more)

    @traceable(run_type="retriever", client=client)
    def retrieve(query):
        return [{"page_content": "30 days", "type": "Document", "metadata": {"source": query}}]

    @traceable(client=client, tags=["prod"], metadata={"session_id": "s-1", "tier": "gold"})
    def support(text):
        retrieve(text)
        return ask(text).choices[0].message.content

    support("a plain question")
    list(ask("a stream", stream=True, stream_options={"include_usage": True}))
    ask("a tool", tools=[TOOL], tool_choice="auto")
    try:
        ask("refuse this")
    except Exception as error:  # it was made to fail
        assert "made to refuse" in str(error), error
    try:
        from langchain_core.tracers import LangChainTracer
        from langchain_openai import ChatOpenAI
    except ImportError:
        pass
    else:
        chat = ChatOpenAI(model="m", base_url=url, api_key="k", temperature=0.2, max_retries=0).bind_tools([TOOL])
        tracer = LangChainTracer(client=client, project_name=PROJECT)
        chat.invoke([("system", "Be brief."), ("user", "by LangChain")], config={"callbacks": [tracer]})
        tracer.wait_for_futures()
    client.flush()


def read(client, written):
    names = [project.name for project in client.list_projects()]
    assert PROJECT in names, names
    project = client.read_project(project_name=PROJECT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the first version of the API is deprecated
        first = {str(run.id): run for run in client.list_runs(project_id=project.id)}
    window = {"min_start_time": "2026-01-01T00:00:00Z", "max_start_time": "2100-01-01T00:00:00Z"}
    selects = ["ID", "NAME", "RUN_TYPE", "STATUS", "START_TIME", "FEEDBACK_STATS"]
    query = {"project_ids": [str(project.id)], "selects": selects, "page_size": 2} | window

    async def listed():
        return {run.id: run async for run in client.runs.query_v2(**query)}

    second = asyncio.run(listed())
    assert first and first.keys() == second.keys(), (len(first), len(second))
    said = list(client.list_feedback(run_ids=list(first)))
    feedback = client.read_feedback(written)
    assert str(feedback.id) in {str(each.id) for each in said}
    stats = second[str(feedback.run_id)].feedback_stats
    assert feedback.key in stats and feedback.score == stats[feedback.key].avg, stats
    source = feedback.feedback_source
    print(f"{len(names)} projects, {len(first)} runs, {len(said)} feedback; {feedback.key} is {feedback.score} by {source.type}")


client = Client(auto_batch_tracing=True)
send(client) if sys.argv[1] == "send" else read(client, sys.argv[2])
