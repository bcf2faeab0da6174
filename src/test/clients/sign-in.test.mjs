// Each client against an agent that asks who comes: with a good key (AGENT_KEY), with a bad one, and with one that has used up its requests (SPENT_KEY).
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { HttpAgent } from '@ag-ui/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import OpenAI from 'openai';

const url = process.env.AGENT_URL;
const openai = (apiKey) => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
const question = { model: 'mcp-agent', messages: [{ role: 'user', content: 'hello' }] };

test('should let the OpenAI client in by its key', async () => {
  // There are no tools here, and the answer says so.
  assert.match((await openai(process.env.AGENT_KEY).chat.completions.create(question)).choices[0].message.content, /^Hello\.\n\nThe tools are unavailable/);
});

test('should tell the OpenAI client that its key is bad', async () => {
  await assert.rejects(openai('bad').chat.completions.create(question), (error) => error instanceof OpenAI.AuthenticationError
    && error.code === 'invalid_api_key');
  await assert.rejects(openai('bad').chat.completions.create({ ...question, stream: true }), OpenAI.AuthenticationError);
});

test('should tell the OpenAI client that it asks too much', async () => {
  await assert.rejects(async () => {
    for (let i = 0; i < 5; i++) {
      await openai(process.env.SPENT_KEY).chat.completions.create(question);
    }
  }, (error) => error instanceof OpenAI.RateLimitError && error.code === 'rate_limit_exceeded' && Number(error.headers.get('retry-after')) > 0);
});

// As Open WebUI makes it, for each request.
const personToken = (sub, more = {}) => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const content = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub, role: 'user', iss: 'open-webui', iat: now, exp: now + 300, ...more })}`;
  return `${content}.${createHmac('sha256', process.env.FRONT_END_SECRET).update(content).digest('base64url')}`;
};

test('should take the OpenAI client of a front end for the person that its token names', async () => {
  const frontEnd = (headers) => new OpenAI({ baseURL: `${url}/v1`, apiKey: process.env.FRONT_END_KEY, maxRetries: 0, ...headers });
  const ann = frontEnd({ defaultHeaders: { 'X-OpenWebUI-User-Jwt': personToken('ann') } });
  assert.match((await ann.chat.completions.create(question)).choices[0].message.content, /^Hello\./);
  await assert.rejects(async () => {
    for (let i = 0; i < 6; i++) {
      await ann.chat.completions.create(question);
    }
  }, OpenAI.RateLimitError);
  // Another person has limits of their own.
  const bob = frontEnd({ fetch: (to, init) => {
    const headers = new Headers(init.headers);
    headers.set('X-OpenWebUI-User-Jwt', personToken('bob'));
    return fetch(to, { ...init, headers });
  } });
  assert.match((await bob.chat.completions.create(question)).choices[0].message.content, /^Hello\./);
  for (const headers of [{}, { 'X-OpenWebUI-User-Id': 'ann', 'X-OpenWebUI-User-Email': 'ann@example.com' },
    { 'X-OpenWebUI-User-Jwt': personToken('ann', { exp: 1 }) }, { 'X-OpenWebUI-User-Jwt': 'ann' }]) {
    await assert.rejects(frontEnd({ defaultHeaders: headers }).chat.completions.create(question), (error) => error instanceof OpenAI.AuthenticationError
      && error.code === 'invalid_api_key' && error.message.includes('X-OpenWebUI-User-Jwt'));
  }
});

const bearer = (key) => ({ Authorization: `Bearer ${key}` });

test('should let the AG-UI client in by its key, and nobody by a bad one', async () => {
  const agent = (key) => new HttpAgent({ url: `${url}/ag-ui`, headers: bearer(key), initialMessages: [{ id: '1', role: 'user', content: 'hello' }] });
  assert.equal((await agent(process.env.AGENT_KEY).runAgent()).result.answer, 'Hello.');
  await assert.rejects(agent('bad').runAgent(), (error) => error.status === 401);
});

test('should let the MCP client in by its key, show it only its own conversations, and let nobody in by a bad one', async () => {
  const connect = async (key) => {
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers: bearer(key) } }));
    return client;
  };
  const mine = await connect(process.env.AGENT_KEY);
  const { structuredContent } = await mine.callTool({ name: 'ask', arguments: { message: 'hello' } });
  const uri = `conversation:///${structuredContent.conversationId}`;
  assert.ok((await mine.listResources()).resources.some((resource) => resource.uri === uri));
  const other = await connect(process.env.OTHER_KEY);
  assert.deepEqual((await other.listResources()).resources, []);
  await assert.rejects(other.readResource({ uri }), (error) => error.code === -32002);
  const goneOn = await other.callTool({ name: 'ask', arguments: { message: 'hello', conversationId: structuredContent.conversationId } });
  assert.equal(goneOn.isError, true);
  await assert.rejects(connect('bad'), (error) => error.code === 401 || /401|Unauthorized/.test(String(error)));
  await mine.close();
  await other.close();
});
