// The official MCP client, as it is published, against a running agent. The Java test that starts it scripts the model's answers by their questions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const url = process.env.AGENT_URL;
let client;

async function connect() {
  const connected = new Client({ name: 'test', version: '1' });
  await connected.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
  return connected;
}

const ask = (message, more = {}, options = {}) => client.callTool({ name: 'ask', arguments: { message, ...more } }, undefined, options);

before(async () => { client = await connect(); });
after(() => client.close());

test('should say what it is and what it offers', async () => {
  assert.equal(client.getServerVersion().name, 'mcp-agent');
  assert.deepEqual(client.getServerCapabilities(), { tools: {}, resources: {} });
  assert.match(client.getInstructions(), /ask/);
  await client.ping();
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name), ['ask']);
  assert.deepEqual(tools[0].inputSchema.required, ['message']);
});

test('should answer, and go on with a conversation', async () => {
  const first = await ask('tools');
  assert.ok(!first.isError);
  assert.equal(first.content[0].text, 'Customer 1 is there.');
  assert.equal(first.structuredContent.outcome, 'completed');
  const { conversationId } = first.structuredContent;
  assert.deepEqual(first.structuredContent.toolCalls.map((call) => [call.name, call.outcome]), [['get_customer', 'ok']]);
  const second = await ask('text', { conversationId });
  assert.equal(second.structuredContent.conversationId, conversationId);
  const { contents } = await client.readResource({ uri: `conversation:///${conversationId}` });
  assert.deepEqual(JSON.parse(contents[0].text).turns.map((turn) => turn.message), ['tools', 'text']);
});

test('should show the conversations as resources', async () => {
  const { structuredContent } = await ask('text');
  const { resources } = await client.listResources();
  const mine = resources.find((resource) => resource.uri === `conversation:///${structuredContent.conversationId}`);
  assert.equal(mine.title, 'text');
  assert.equal(mine.mimeType, 'application/json');
  assert.deepEqual((await client.listResourceTemplates()).resourceTemplates.map((template) => template.uriTemplate), ['conversation:///{id}']);
  await assert.rejects(client.readResource({ uri: 'conversation:///AAAAAAAAAAAAAAAAAAAAAA' }), (error) => error.code === -32002);
  await assert.rejects(client.readResource({ uri: 'file:///etc/passwd' }), (error) => error.code === -32002);
});

test('should say what waits for approval, and never run it', async () => {
  const { content, structuredContent, isError } = await ask('write');
  assert.ok(!isError);
  assert.equal(structuredContent.outcome, 'approval_required');
  assert.match(content[0].text, /`add_stock` waits for a person's approval/);
  const again = await ask('text', { conversationId: structuredContent.conversationId });
  assert.ok(again.isError);
  assert.match(again.content[0].text, /waits for approval/);
});

test('should tell a failure as a result that a model can read', async () => {
  const failures = [[{ message: 'refused' }, /model service refused/], [{ message: ' ' }, /not blank/], [{}, /not blank/], [{ message: 7 }, /must be a string/],
    [{ message: 'text', other: 1 }, /message and conversationId/], [{ message: 'text', conversationId: 'AAAAAAAAAAAAAAAAAAAAAA' }, /no such conversation/],
    [{ message: 'm'.repeat(70_000) }, /too large/]];
  for (const [args, why] of failures) {
    const { isError, content } = await client.callTool({ name: 'ask', arguments: args });
    assert.equal(isError, true, JSON.stringify(args).slice(0, 100));
    assert.match(content[0].text, why);
  }
});

test('should refuse what it does not offer', async () => {
  await assert.rejects(client.callTool({ name: 'other', arguments: {} }), (error) => error.code === -32602);
  await assert.rejects(client.request({ method: 'prompts/list' }, (await import('zod')).z.any()), (error) => error.code === -32601);
});

test('should refuse what is no request', async () => {
  const post = (body, headers = {}) => fetch(`${url}/mcp`, { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers }, body });
  for (const [body, headers] of [['{'], ['[]'], ['[{"jsonrpc":"2.0","id":1,"method":"ping"}]'], ['{"id":1,"method":"ping"}'], ['{"jsonrpc":"2.0","id":{},"method":"ping"}'],
    ['{"jsonrpc":"2.0","id":1,"method":"ping"}', { 'MCP-Protocol-Version': '1999-01-01' }]]) {
    const answer = await post(body, headers);
    assert.equal(answer.status, 400, body);
    const { jsonrpc, error } = await answer.json();
    assert.equal(jsonrpc, '2.0');
    assert.equal(error.code, -32600);
  }
  assert.equal((await post('{"jsonrpc":"2.0","method":"notifications/initialized"}')).status, 202);
  assert.equal((await fetch(`${url}/mcp`)).status, 405);
});

test('should stop a turn that its client calls off', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 700);
  await assert.rejects(ask('long as a whole', {}, { signal: stop.signal }));
});

test("should not let one client call off another's request", async () => {
  const other = await connect();
  const answer = other.callTool({ name: 'ask', arguments: { message: 'slow' } });
  for (let requestId = 0; requestId < 20; requestId++) {
    await client.notification({ method: 'notifications/cancelled', params: { requestId } });
  }
  assert.equal((await answer).content[0].text, 'Slowly.');
  await other.close();
});
