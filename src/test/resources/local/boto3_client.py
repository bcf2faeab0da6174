"""Talks to a local Bedrock as an AWS client does. usage: boto3_client.py URL SECRET_ACCESS_KEY

Prints one JSON object a line, one for each step."""
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

url, secret = sys.argv[1:3]
client = boto3.client("bedrock-runtime", endpoint_url=url, region_name="eu-north-1", aws_access_key_id="AKLOCAL",
                      aws_secret_access_key=secret, config=Config(retries={"max_attempts": 1, "mode": "standard"}))
model = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
question = [{"role": "user", "content": [{"text": "what did customer 7 order?"}]}]
tools = {"tools": [{"toolSpec": {"name": "search_orders", "description": "Lists orders", "inputSchema": {"json": {
    "type": "object", "properties": {"customer_id": {"type": "integer"}}}}}}]}


def step(name, call):
    try:
        print(json.dumps({"step": name, "value": call()}))
    except ClientError as error:
        print(json.dumps({"step": name, "error": type(error).__name__, "code": error.response["Error"]["Code"],
                          "message": error.response["Error"]["Message"],
                          "status": error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")}))


def converse():
    reply = client.converse(modelId=model, messages=question, toolConfig=tools)
    return {"stop": reply["stopReason"], "content": reply["output"]["message"]["content"], "usage": reply["usage"]}


def stream():
    events = list(client.converse_stream(modelId=model, messages=question, toolConfig=tools)["stream"])
    fragments = [e["contentBlockDelta"]["delta"] for e in events if "contentBlockDelta" in e]
    return {"order": [next(iter(e)) for e in events],
            "tool": [e["contentBlockStart"]["start"]["toolUse"]["name"] for e in events if "contentBlockStart" in e],
            "input": json.loads("".join(f["toolUse"]["input"] for f in fragments if "toolUse" in f) or "{}"),
            "text": "".join(f.get("text", "") for f in fragments),
            "reasoning": "".join(f["reasoningContent"].get("text", "") for f in fragments if "reasoningContent" in f),
            "stop": [e["messageStop"]["stopReason"] for e in events if "messageStop" in e]}


step("converse", converse)
step("stream", stream)
step("exception", stream)
step("throttled", converse)
question = [{"role": "assistant", "content": [{"text": "first"}]}]
step("invalid", converse)
