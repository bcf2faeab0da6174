// OpenAI's own client, as it is published, against a running agent. The Java test that starts it scripts the model's answers by their questions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: `${process.env.AGENT_URL}/v1`, apiKey: process.env.AGENT_KEY ?? 'none', maxRetries: 0 });
const model = 'mcp-agent';
const user = (content) => ({ role: 'user', content });
const ask = (content, more = {}) => client.chat.completions.create({ model, messages: [user(content)], ...more });

async function read(stream) {
  const chunks = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return { chunks, text: chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('') };
}

async function refused(request, status, param, code) {
  await assert.rejects(request, (error) => {
    assert.ok(error instanceof OpenAI.APIError, String(error));
    assert.equal(error.status, status, error.message);
    assert.equal(error.param, param);
    assert.equal(error.code, code);
    assert.ok(error.message.length > 20, error.message);
    return true;
  });
}

test('should list itself as the one model', async () => {
  const ids = [];
  for await (const one of client.models.list()) {
    ids.push(one.id);
    assert.equal(one.object, 'model');
  }
  assert.deepEqual(ids, [model]);
  assert.equal((await client.models.retrieve(model)).id, model);
  await refused(client.models.retrieve('gpt-4o'), 404, 'model', 'model_not_found');
});

test('should answer as a whole', async () => {
  const completion = await ask('text');
  assert.match(completion.id, /^chatcmpl-[\w-]{22}$/);
  assert.equal(completion.object, 'chat.completion');
  assert.ok(Math.abs(completion.created - Date.now() / 1000) < 60);
  assert.equal(completion.model, model);
  assert.equal(completion.choices.length, 1);
  assert.deepEqual(completion.choices[0].message, { role: 'assistant', content: 'An answer, with “quotes” and an emoji 🎿.', refusal: null });
  assert.equal(completion.choices[0].finish_reason, 'stop');
  assert.deepEqual(completion.usage, { prompt_tokens: 16, completion_tokens: 7, total_tokens: 23, prompt_tokens_details: { cached_tokens: 5 } });
});

test('should answer as it comes, with the usage at the end', async () => {
  const { chunks, text } = await read(await ask('text', { stream: true, stream_options: { include_usage: true } }));
  assert.equal(text, 'An answer, with “quotes” and an emoji 🎿.');
  assert.ok(chunks.length > 4);
  assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
  assert.deepEqual(chunks[0].choices[0].delta, { role: 'assistant', content: '' });
  const last = chunks.at(-1);
  assert.deepEqual(last.choices, []);
  assert.deepEqual(last.usage, { prompt_tokens: 16, completion_tokens: 7, total_tokens: 23, prompt_tokens_details: { cached_tokens: 5 } });
  assert.equal(chunks.at(-2).choices[0].finish_reason, 'stop');
  assert.ok(chunks.slice(0, -1).every((chunk) => chunk.usage === null));
});

test('should say nothing of usage when it is not asked for', async () => {
  const { chunks } = await read(await ask('text', { stream: true }));
  assert.ok(chunks.every((chunk) => !('usage' in chunk) && chunk.choices.length === 1));
  assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
});

test('should end a stream with [DONE]', async () => {
  const response = await ask('text', { stream: true }).asResponse();
  assert.match(response.headers.get('content-type'), /^text\/event-stream/);
  assert.ok((await response.text()).endsWith('data: [DONE]\n\n'));
});

test('should call its tools inside and show only the answer', async () => {
  const completion = await ask('tools');
  assert.equal(completion.choices[0].message.content, 'Let me look.\n\nCustomer 1 is there.');
  assert.equal(completion.choices[0].message.tool_calls, undefined);
  assert.equal(completion.choices[0].finish_reason, 'stop');
  const { chunks, text } = await read(await ask('tools', { stream: true }));
  assert.equal(text, 'Let me look.\n\nCustomer 1 is there.');
  assert.ok(chunks.every((chunk) => !chunk.choices[0].delta.tool_calls));
});

test("should work with the client's own helper for streams", async () => {
  const stream = client.chat.completions.stream({ model, messages: [user('tools')] });
  assert.equal(await stream.finalContent(), 'Let me look.\n\nCustomer 1 is there.');
});

test('should tell how an answer ended', async () => {
  assert.equal((await ask('cut by length')).choices[0].finish_reason, 'length');
  assert.equal((await ask('guardrail')).choices[0].finish_reason, 'content_filter');
  const { chunks } = await read(await ask('cut by length', { stream: true }));
  assert.equal(chunks.at(-1).choices[0].finish_reason, 'length');
});

test('should say what needs approval, and that it did not run', async () => {
  for (const stream of [false, true]) {
    const answer = await ask('write', { stream });
    const text = stream ? (await read(answer)).text : answer.choices[0].message.content;
    assert.match(text, /`add_stock` was not called: it needs a person's approval/);
    assert.match(text, /"product_id":1/);
  }
});

test('should know the messages that it was sent', async () => {
  const messages = [{ role: 'system', content: 'Speak like a pirate.' }, user('first'), { role: 'assistant', content: 'The first answer.' },
    { role: 'developer', content: [{ type: 'text', text: 'Be short.' }] }, user([{ type: 'text', text: 'second,' }, { type: 'text', text: 'in parts' }])];
  const completion = await client.chat.completions.create({ model, messages });
  assert.equal(completion.choices[0].message.content, 'You sent it all.');
});

test('should ignore what clients send out of habit', async () => {
  await ask('text', { temperature: 0.2, top_p: 1, max_tokens: 100, max_completion_tokens: 100, seed: 1, user: 'u', presence_penalty: 0, frequency_penalty: 0,
    n: 1, logprobs: false, tools: [], tool_choice: 'auto', stop: null, response_format: { type: 'text' }, metadata: { a: 'b' }, store: false,
    parallel_tool_calls: true, reasoning_effort: 'low', modalities: ['text'], chat_id: 'x', keep_alive: '5m', top_k: 40, stop: '' });
});

test('should go on when the chat is long and each message is large', async () => {
  const history = Array.from({ length: 20 }, (_, i) => [user(`${i} ${'q'.repeat(60_000)}`), { role: 'assistant', content: `answer ${i}` }]).flat();
  const completion = await client.chat.completions.create({ model, messages: [...history, user('text')] });
  assert.match(completion.choices[0].message.content, /An answer/);
});

test('should refuse what it does not offer', async () => {
  const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } };
  const unsupported = { tools: [tool], tool_choice: 'required', functions: [tool.function], n: 2, logprobs: true, top_logprobs: 3, logit_bias: { 50256: -100 },
    stop: ['\n'], response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {} } }, modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'mp3' },
    prediction: { type: 'content', content: 'x' }, web_search_options: {} };
  for (const [name, value] of Object.entries(unsupported)) {
    await refused(ask('text', { [name]: value }), 400, name, 'unsupported_parameter');
    await refused(ask('text', { [name]: value, stream: true }), 400, name, 'unsupported_parameter');
  }
  await refused(ask([{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }]), 400, 'messages[0].content[0]', 'unsupported_parameter');
  await refused(ask([{ type: 'input_audio', input_audio: { data: '', format: 'mp3' } }]), 400, 'messages[0].content[0]', 'unsupported_parameter');
});

test('should refuse what is wrong', async () => {
  const send = (body) => client.chat.completions.create(body);
  await refused(send({ messages: [user('x')] }), 400, 'model', 'missing_required_parameter');
  await refused(send({ model: 'gpt-4o', messages: [user('x')] }), 404, 'model', 'model_not_found');
  await refused(send({ model }), 400, 'messages', 'missing_required_parameter');
  await refused(send({ model, messages: [] }), 400, 'messages', 'invalid_value');
  await refused(send({ model, messages: [user(' ')] }), 400, 'messages', 'invalid_value');
  await refused(send({ model, messages: [user(7)] }), 400, 'messages[0].content', 'invalid_value');
  await refused(send({ model, messages: [{ role: 'robot', content: 'x' }] }), 400, 'messages[0].role', 'invalid_value');
  await refused(send({ model, messages: [user('x')], stream: 'yes' }), 400, 'stream', 'invalid_value');
  await refused(send({ model, messages: [user('m'.repeat(70_000))] }), 413, null, 'too_large');
  await refused(client.post('/chat/completions', { body: [] }), 400, null, 'invalid_value');
  await refused(client.get('/nothing'), 404, null, 'not_found');
  await refused(client.get('/chat/completions'), 405, null, 'method_not_allowed');
  const broken = await fetch(`${client.baseURL}/chat/completions`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{' });
  assert.equal(broken.status, 400);
  assert.equal((await broken.json()).error.type, 'invalid_request_error');
});

test('should fail with the status of what went wrong, also in a stream that has not begun', async () => {
  await refused(ask('refused'), 502, null, 'model_refused');
  await refused(ask('refused', { stream: true }), 502, null, 'model_refused');
  await assert.rejects(ask('refused'), (error) => error instanceof OpenAI.InternalServerError && error.type === 'server_error');
});

test('should fail within a stream that has begun', async () => {
  await assert.rejects(async () => read(await ask('broken', { stream: true })), (error) => error instanceof OpenAI.APIError && error.code === 'model_failed');
});

test('should stop a turn whose client leaves', async () => {
  const stream = await ask('long', { stream: true });
  for await (const chunk of stream) {
    if (chunk.choices[0].delta.content) {
      break;
    }
  }
  const leaving = new AbortController();
  const whole = client.chat.completions.create({ model, messages: [user('long as a whole')] }, { signal: leaving.signal });
  setTimeout(() => leaving.abort(), 500);
  await assert.rejects(whole, OpenAI.APIUserAbortError);
});
