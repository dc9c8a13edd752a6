"""Calls a service by the clients that people have; prints what each understood, as JSON.

usage: python clients.py http://127.0.0.1:8000 METRIC
"""
import json
import sys

import cohere
import litellm
import openai

url, metric = sys.argv[1:3]
query, documents = "What is asked?", ["Short.", "An answer of some more words.", "Short."]


def ranks(results):
    return [{"index": one["index"], "score": one["relevance_score"]} for one in results]


litellm_results = litellm.rerank(
    model="hosted_vllm/tiny", api_base=url, query=query, documents=documents, top_n=2, instruction=metric
).results
litellm_vector = litellm.embedding(
    model="hosted_vllm/tiny", api_base=f"{url}/v1", input=["one", "two"], api_key="none"
)["data"]
model = f"tiny:{metric}"
v1 = cohere.Client("none", base_url=url).rerank(model=model, query=query, documents=documents)
v2 = cohere.ClientV2("none", base_url=url).rerank(model=model, query=query, documents=documents, top_n=2)
vectors = openai.OpenAI(base_url=f"{url}/v1", api_key="none").embeddings.create(model="tiny", input=["one", "two"])

print(json.dumps({
    "litellm": ranks(litellm_results),
    "litellm embeddings": [len(one["embedding"]) for one in litellm_vector],
    "cohere v1": ranks([one.model_dump() for one in v1.results]),
    "cohere v2": ranks([one.model_dump() for one in v2.results]),
    "openai": [one.embedding for one in vectors.data],
}))
