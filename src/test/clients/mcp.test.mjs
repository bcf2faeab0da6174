// The official MCP client, as it is published, against a running agent. The Java test that starts it scripts the model's answers by their questions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as StatelessClient, StreamableHTTPClientTransport as StatelessTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from 'mcp-sdk-1.10/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from 'mcp-sdk-1.10/client/streamableHttp.js';

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
  assert.equal(first.content[1].text, `conversationId: ${first.structuredContent.conversationId}`);
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
  for (const [body, headers] of [['{'], ['[]'], ['[{"jsonrpc":"2.0","id":1,"method":"ping"}]'], ['{"id":1,"method":"ping"}'], ['{"jsonrpc":"2.0","id":{},"method":"ping"}']]) {
    const answer = await post(body, headers);
    assert.equal(answer.status, 400, body);
    const { jsonrpc, error } = await answer.json();
    assert.equal(jsonrpc, '2.0');
    assert.equal(error.code, body === '{' ? -32700 : -32600, body);
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

test('should serve the client of the stateless protocol', async () => {
  const modern = new StatelessClient({ name: 'test', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await modern.connect(new StatelessTransport(new URL(`${url}/mcp`)));
  assert.deepEqual((await modern.listTools()).tools.map((tool) => tool.name), ['ask']);
  const first = await modern.callTool({ name: 'ask', arguments: { message: 'tools' } });
  assert.equal(first.structuredContent.outcome, 'completed');
  const { conversationId } = first.structuredContent;
  const heard = [];
  const second = await modern.callTool({ name: 'ask', arguments: { message: 'text', conversationId } }, { onprogress: (progress) => heard.push(progress.progress) });
  assert.equal(second.structuredContent.conversationId, conversationId);
  assert.ok(heard.length > 0, 'no progress');
  const { contents } = await modern.readResource({ uri: `conversation:///${conversationId}` });
  assert.deepEqual(JSON.parse(contents[0].text).turns.map((turn) => turn.message), ['tools', 'text']);
  await modern.close();
});

test('should serve the oldest client that speaks this transport', async () => {
  const old = new OldClient({ name: 'test', version: '1' });
  await old.connect(new OldTransport(new URL(`${url}/mcp`)));
  assert.match((await old.callTool({ name: 'ask', arguments: { message: 'text' } })).content[0].text, /An answer/);
  await old.close();
});

test('should tell how a call gets on', async () => {
  const heard = [];
  const { structuredContent } = await ask('tools', {}, { onprogress: (progress) => heard.push(progress), resetTimeoutOnProgress: true });
  assert.equal(structuredContent.outcome, 'completed');
  assert.ok(heard.some(({ message }) => message.includes('get_customer')), JSON.stringify(heard));
  assert.ok(heard.every(({ progress }, i) => i === 0 || progress > heard[i - 1].progress), JSON.stringify(heard));
  const refused = await ask('refused', {}, { onprogress: () => {} });
  assert.ok(refused.isError);
  const blank = await ask(' ', {}, { onprogress: () => {} });
  assert.match(blank.content[0].text, /not blank/);
});

const version = 'io.modelcontextprotocol/protocolVersion';
const stateless = (method, params = {}, headers = {}, said = '2026-07-28') => fetch(`${url}/mcp`, { method: 'POST',
  headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', 'MCP-Protocol-Version': said, 'Mcp-Method': method, ...headers },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: { [version]: said, 'io.modelcontextprotocol/clientCapabilities': {} } } }) });

test('should say which versions it speaks', async () => {
  const { result } = await (await stateless('server/discover')).json();
  assert.deepEqual(result.supportedVersions, ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']);
  assert.equal(result.resultType, 'complete');
  const { result: listed } = await (await stateless('tools/list')).json();
  assert.ok(listed.ttlMs > 0 && listed.cacheScope === 'private');
  const unknown = await stateless('server/discover', {}, {}, '1999-01-01');
  assert.equal(unknown.status, 400);
  const { error } = await unknown.json();
  assert.equal(error.code, -32022);
  assert.equal(error.data.requested, '1999-01-01');
});

test('should refuse headers that say something else than the body', async () => {
  const wrong = [['tools/list', {}, { 'Mcp-Method': 'ping' }], ['tools/list', {}, { 'MCP-Protocol-Version': '2025-11-25' }], ['tools/call', { name: 'ask' }, {}],
    ['tools/call', { name: 'ask' }, { 'Mcp-Name': 'other' }], ['tools/call', { name: 'ask' }, { 'Mcp-Name': '=?base64?!?=' }]];
  for (const [method, params, headers] of wrong) {
    const answer = await stateless(method, params, headers);
    assert.equal(answer.status, 400, method + JSON.stringify(headers));
    assert.equal((await answer.json()).error.code, -32020);
  }
  const encoded = await stateless('tools/call', { name: 'ask', arguments: { message: 'text' } }, { 'Mcp-Name': `=?base64?${btoa('ask')}?=` });
  assert.equal((await encoded.json()).result.structuredContent.outcome, 'completed');
  const missing = await stateless('ping');
  assert.equal(missing.status, 404);
  assert.equal((await missing.json()).error.code, -32601);
});
