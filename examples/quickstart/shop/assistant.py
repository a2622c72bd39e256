"""The support assistant of Kettlewick, an invented shop for kettles and tea.

One request: find the two policies nearest to the question, put them into the system prompt, ask the model for a JSON
answer. Each request is one OpenInference trace: a CHAIN span, below it a RETRIEVER and an LLM span.
"""

import json
import math
import re
from collections import Counter
from pathlib import Path

import yaml
from openinference.instrumentation import OITracer, using_attributes, using_prompt_template
from openinference.semconv.trace import DocumentAttributes, SpanAttributes
from openai import OpenAI
from opentelemetry.trace import Status, StatusCode

HERE = Path(__file__).parent
STOP = set("a an and are as at be been but by can did do does for from get got had has have how i if in is it its just me my "
           "no not now of on or our so than that the them then there they this to too was we what when where which who will with "
           "would you your please hi hello thanks about after before still one any more out up off".split())


def words(text):
    """The lower-case words of a text, without stop words and with plain plural and verb endings cut off."""
    found = (w for w in re.findall(r"[a-z]+", text.lower()) if w not in STOP)
    return [re.sub(r"(ing|ed|es|s|e)$", "", w) if len(w) > 4 else w for w in found]


class Retriever:
    """BM25 over the policies."""

    def __init__(self, documents, k1=1.2, b=0.5):
        self.documents, self.k1, self.b = documents, k1, b
        self.counts = [Counter(words(d["title"] + " " + d["title"] + " " + d["text"])) for d in documents]
        self.mean = sum(sum(c.values()) for c in self.counts) / len(documents)
        self.df = Counter(w for c in self.counts for w in c)

    def score(self, query, counts):
        """The BM25 score of one document."""
        norm = self.k1 * (1 - self.b + self.b * sum(counts.values()) / self.mean)
        return sum(
            math.log(1 + (len(self.documents) - self.df[w] + 0.5) / (self.df[w] + 0.5)) * counts[w] * (self.k1 + 1) / (counts[w] + norm)
            for w in set(query) if counts[w]
        )

    def search(self, question, top=2):
        """The best documents with their scores, best first."""
        query = words(question)
        scored = [(round(self.score(query, c), 4), d) for c, d in zip(self.counts, self.documents)]
        return sorted(scored, key=lambda pair: -pair[0])[:top]


class Prompt:
    """A GitHub Models .prompt.yml file with one system message."""

    def __init__(self, path):
        file = yaml.safe_load(Path(path).read_text())
        self.template = file["messages"][0]["content"]
        self.model = file["model"]
        self.parameters = file["modelParameters"]
        self.response_format = {"type": "json_schema", "json_schema": json.loads(file["jsonSchema"])}

    def system(self, context):
        """The system message for these policies."""
        return self.template.replace("{{ context }}", context)


class Assistant:
    """Answers questions; the tracer sees everything it does."""

    def __init__(self, tracer: OITracer, prompt=HERE / "production.prompt.yml", version="7", model=None):
        self.tracer, self.version, self.prompt = tracer, version, Prompt(prompt)
        self.model = model or self.prompt.model
        self.client = OpenAI()
        self.retriever = Retriever(json.loads((HERE / "policies.json").read_text()))

    def answer(self, question, session, user, metadata):
        """Answers one question of one session; returns the model's text."""
        with using_attributes(session_id=session, user_id=user, metadata=metadata):
            with self.tracer.start_as_current_span("answer", openinference_span_kind="chain") as span:
                span.set_input(question)
                context = self.retrieve(question)
                variables = {"context": context, "question": question}
                with using_prompt_template(template=self.prompt.template, version=self.version, variables=variables):
                    text = self.complete(self.prompt.system(context), question)
                span.set_output(text, mime_type="application/json")
                span.set_status(Status(StatusCode.OK))
                return text

    def retrieve(self, question):
        """The two nearest policies, as one text."""
        with self.tracer.start_as_current_span("search policies", openinference_span_kind="retriever") as span:
            span.set_input(question)
            hits = self.retriever.search(question)
            for n, (score, document) in enumerate(hits):
                at = f"{SpanAttributes.RETRIEVAL_DOCUMENTS}.{n}."
                span.set_attribute(at + DocumentAttributes.DOCUMENT_ID, document["id"])
                span.set_attribute(at + DocumentAttributes.DOCUMENT_CONTENT, document["text"])
                span.set_attribute(at + DocumentAttributes.DOCUMENT_SCORE, score)
            span.set_status(Status(StatusCode.OK))
            return "\n".join(f"{d['title']}: {d['text']}" for _, d in hits)

    def complete(self, system, question):
        """One streamed chat completion."""
        stream = self.client.chat.completions.create(
            model=self.model,
            messages=[{"role": "system", "content": system}, {"role": "user", "content": question}],
            temperature=self.prompt.parameters["temperature"],
            max_tokens=self.prompt.parameters["maxTokens"],
            response_format=self.prompt.response_format,
            stream=True,
            stream_options={"include_usage": True},
        )
        return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
