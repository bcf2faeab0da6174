// AG-UI's own client, as it is published, against a running agent. The Java test that starts it scripts the model's answers by their questions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpAgent, buildResumeArray } from '@ag-ui/client';

const url = process.env.AGENT_URL;
const headers = process.env.AGENT_KEY ? { Authorization: `Bearer ${process.env.AGENT_KEY}` } : {};
const newAgent = (more = {}) => new HttpAgent({ url: `${url}/ag-ui`, headers, ...more });
const show = async (thread) => (await fetch(`${url}/chat/${thread}`, { headers })).json();

let count = 0;

/** Asks, and gathers the events' types and the last event. */
async function ask(agent, content, parameters = {}) {
  if (content !== null) {
    agent.addMessage({ id: `question-${++count}`, role: 'user', content });
  }
  return run(agent, parameters);
}

async function run(agent, parameters) {
  const events = [];
  const outcome = await agent.runAgent(parameters, { onEvent: ({ event }) => { events.push(event); } });
  return { ...outcome, events, types: events.map((event) => event.type), last: events.at(-1) };
}

const resume = (agent, answers) => run(agent, { resume: buildResumeArray(agent.pendingInterrupts, answers) });
const approved = (yes) => ({ status: 'resolved', payload: { approved: yes } });

test('should have a conversation in the thread that the client named', async () => {
  const agent = newAgent();
  const first = await ask(agent, 'text', { runId: 'my-run' });
  assert.equal(first.events[0].type, 'RUN_STARTED');
  assert.equal(first.events[0].threadId, agent.threadId);
  assert.equal(first.events[0].runId, 'my-run');
  assert.equal(first.last.runId, 'my-run');
  assert.deepEqual(first.newMessages.map(({ role, content }) => ({ role, content })), [{ role: 'assistant', content: 'An answer, with “quotes” and an emoji 🎿.' }]);
  assert.equal(first.result.outcome, 'completed');
  assert.equal(first.result.conversationId, agent.threadId);
  await ask(agent, [{ type: 'text', text: 'text' }]);
  const stored = await show(agent.threadId);
  assert.deepEqual(stored.turns.map((turn) => turn.message), ['text', 'text']);
});

test('should show the tools that it calls, and their results', async () => {
  const agent = newAgent();
  const { types, newMessages } = await ask(agent, 'tools');
  assert.ok(types.includes('TOOL_CALL_START') && types.includes('TOOL_CALL_RESULT'));
  assert.deepEqual(newMessages.map((message) => message.role), ['assistant', 'tool', 'assistant']);
  assert.equal(newMessages[0].toolCalls[0].function.name, 'get_customer');
  assert.deepEqual(JSON.parse(newMessages[0].toolCalls[0].function.arguments), { customer_id: 1 });
  assert.equal(newMessages[2].content, 'Customer 1 is there.');
});

test('should interrupt for an approval and carry on when it is given', async () => {
  const agent = newAgent();
  const asked = await ask(agent, 'write');
  assert.equal(asked.last.outcome.type, 'interrupt');
  assert.equal(agent.pendingInterrupts.length, 1);
  const [interrupt] = agent.pendingInterrupts;
  assert.equal(interrupt.metadata.tool, 'add_stock');
  assert.deepEqual(interrupt.metadata.arguments, { product_id: 1, quantity: 1 });
  assert.deepEqual(interrupt.responseSchema.required, ['approved']);
  assert.ok(Date.parse(interrupt.expiresAt) > Date.now());
  const done = await resume(agent, { [interrupt.id]: approved(true) });
  assert.ok(done.types.includes('TOOL_CALL_RESULT'));
  assert.equal(done.last.outcome.type, 'success');
  assert.equal(done.newMessages.at(-1).content, 'Written.');
  assert.deepEqual(agent.pendingInterrupts, []);
  assert.deepEqual((await show(agent.threadId)).turns[0].toolCalls.map((call) => call.outcome), ['ok']);
});

test('should carry on without a call that was declined or abandoned', async () => {
  for (const answer of [approved(false), { status: 'cancelled' }]) {
    const agent = newAgent();
    await ask(agent, 'write');
    const done = await resume(agent, { [agent.pendingInterrupts[0].id]: answer });
    assert.equal(done.last.outcome.type, 'success');
    assert.deepEqual((await show(agent.threadId)).turns[0].toolCalls.map((call) => call.outcome), ['declined']);
  }
});

test('should take the answers to several interrupts at once', async () => {
  const agent = newAgent();
  await ask(agent, 'two writes');
  const [one, two] = agent.pendingInterrupts.map((interrupt) => interrupt.id);
  const done = await resume(agent, { [one]: approved(true), [two]: approved(false) });
  assert.equal(done.last.outcome.type, 'success');
  assert.deepEqual((await show(agent.threadId)).turns[0].toolCalls.map((call) => call.outcome), ['ok', 'declined']);
});

test('should do nothing when an answer is not clear, or one of them is to nothing that waits', async () => {
  const agent = newAgent();
  await ask(agent, 'write');
  const [{ id }] = agent.pendingInterrupts;
  const refusals = [[{ interruptId: id, status: 'resolved' }], [{ interruptId: id, status: 'resolved', payload: { approved: 'yes' } }],
    [{ interruptId: id, status: 'resolved', payload: true }], [{ interruptId: id, ...approved(true) }, { interruptId: id, ...approved(true) }]];
  for (const entries of refusals) {
    await assert.rejects(run(agent, { resume: entries }), (error) => error.status === 400);
  }
  await fails(run(agent, { resume: [{ interruptId: id, ...approved(true) }, { interruptId: 'other', ...approved(true) }] }), 'approval-not-found');
  assert.equal((await show(agent.threadId)).approvals.length, 1);
  await resume(agent, { [id]: { status: 'cancelled' } });
  await fails(run(agent, { resume: [{ interruptId: id, ...approved(true) }] }), 'approval-not-found', 'approval-decided');
});

/** The run ends with an error event of one of these codes; the client tells of it by a rejection or by its events. */
async function fails(running, ...codes) {
  const { last } = await running.catch((error) => ({ last: { type: 'RUN_ERROR', code: error.code ?? String(error) } }));
  assert.equal(last.type, 'RUN_ERROR', JSON.stringify(last));
  assert.ok(codes.includes(last.code), JSON.stringify(last));
}

test('should refuse a new question while an approval waits', async () => {
  const agent = newAgent();
  await ask(agent, 'write');
  const other = newAgent({ threadId: agent.threadId });
  await assert.rejects(ask(other, 'text'), (error) => error.status === 409);
});

test('should end a failed run with an error event', async () => {
  await fails(ask(newAgent(), 'refused'), 'model-refused');
});

test('should refuse what it can not answer', async () => {
  await assert.rejects(ask(newAgent({ threadId: 'no thread/../id' }), 'text'), (error) => error.status === 400);
  await assert.rejects(run(newAgent(), {}), (error) => error.status === 400);
  await assert.rejects(ask(newAgent(), ' '), (error) => error.status === 400);
  await assert.rejects(ask(newAgent(), 'm'.repeat(70_000)), (error) => error.status === 413);
  const image = { type: 'image', source: { type: 'data', value: 'AA==', mimeType: 'image/png' } };
  await assert.rejects(ask(newAgent(), [image]), (error) => error.status === 400);
  await assert.rejects(run(newAgent(), { resume: [{ interruptId: 'x', status: 'cancelled' }] }), (error) => error.status === 404);
});

test('should not mind what else a page sends along', async () => {
  const agent = newAgent({ initialState: { a: 1 } });
  const tool = { name: 'confirm', description: 'Asks', parameters: { type: 'object', properties: {} } };
  const { last } = await ask(agent, 'text', { tools: [tool], context: [{ description: 'page', value: 'home' }], forwardedProps: { x: 1 } });
  assert.equal(last.outcome.type, 'success');
});

test('should stop when the client does', async () => {
  const agent = newAgent();
  agent.addMessage({ id: 'stopped', role: 'user', content: 'long' });
  await agent.runAgent({}, { onTextMessageContentEvent: () => agent.abortRun() }).catch(() => {});
});
