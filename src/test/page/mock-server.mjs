// Serves the page as the agent does and speaks the agent's contract with scripted conversations.
//   node mock-server.mjs [PORT]      then look at http://127.0.0.1:PORT/
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createHash, randomUUID } from 'node:crypto';
import { scriptFor } from './scripts.mjs';

const HERE = import.meta.dirname;
const RESOURCES = join(HERE, '../../main/resources/chat-page');
const BUILT = join(HERE, '../../../target/classes/chat-page');
const TYPES = { '.html': 'text/html;charset=utf-8', '.js': 'text/javascript;charset=utf-8', '.css': 'text/css;charset=utf-8', '.svg': 'image/svg+xml' };

/** Where the build puts the libraries; for a checkout that was not built, the same files as npm packages. */
const VENDOR = {
  '/vendor/marked/marked.esm.js': 'marked/lib/marked.esm.js',
  '/vendor/dompurify/purify.min.js': 'dompurify/dist/purify.min.js',
  '/vendor/uplot/uPlot.esm.js': 'uplot/dist/uPlot.esm.js',
  '/vendor/uplot/uPlot.min.css': 'uplot/dist/uPlot.min.css',
};

/** A fault to serve, to show that a test notices it: path, search and replacement, see mutants.mjs. */
const FAULT = process.env.MUTATION ? Object.fromEntries(process.env.MUTATION.split('|||').map((value, index) => [['path', 'search', 'replacement'][index], value])) : null;

export const policyFor = (connect = '') => [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", `connect-src 'self'${connect ? ` ${connect}` : ''}`,
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", 'trusted-types dompurify',
].join('; ');

/**
 * @param {{port?: number, gzip?: boolean, signIn?: ?Object, keys?: string[]}} options signIn: what /sign-in.json answers, null for 404
 * @returns {Promise<Object>} `base`, `state` (to change while it runs; an answer waits at `holdAfter` until it is null, and comes word by word if `isWordy`), `close()`
 */
export async function startServer({ port = 0, gzip = true, signIn = null, keys = [] } = {}) {
  const state = { toolbox: 'available', isDown: false, delay: 12, isWordy: false, holdAfter: null, conversations: new Map(), requests: [], asked: [], decided: [], waiting: [], tools: [{ name: 'top_products', use: 'allow', offered: true }, { name: 'cancelOrder', use: 'ask', offered: true }, { name: 'drop_table', use: 'deny', offered: false }], runs: new Map(), signIn, keys, tokens: new Set(), codes: new Map() };
  const server = createServer((request, response) => {
    handle(state, gzip, request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
      console.error(error);
    });
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${server.address().port}`;
  return { base, state, close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}

async function handle(state, gzip, request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
  state.requests.push({ method: request.method, path: pathname, headers: request.headers });
  if (state.isDown) return request.socket.destroy();
  if (pathname === '/health') return json(response, 200, { status: state.toolbox === 'available' ? 'UP' : 'DOWN', checks: [{ name: 'toolbox', status: 'UP', data: { state: state.toolbox } }] });
  if (pathname === '/sign-in.json') return state.signIn ? json(response, 200, state.signIn) : problem(response, 404, 'Not found', 'There is nothing here.');
  if (pathname === '/idp/authorize') return authorize(state, searchParams, response);
  if (pathname === '/idp/token') return token(state, request, response);
  if (pathname === '/tools') return json(response, 200, { tools: state.tools });
  if (pathname === '/approvals' || pathname.startsWith('/approvals/')) return approvalsOf(state, pathname, searchParams, request, response);
  if (pathname === '/chat' || pathname.startsWith('/chat/')) return chat(state, pathname, request, response);
  return file(pathname, gzip, request, response, state);
}

/** The queue of second approvers: `state.waiting`, in pages of two. A decision is kept in `state.decided`. */
async function approvalsOf(state, pathname, asked, request, response) {
  if (request.method === 'GET') {
    const from = Number(asked.get('after') ?? 0);
    return json(response, 200, { approvals: state.waiting.slice(from, from + 2), ...(from + 2 < state.waiting.length ? { next: String(from + 2) } : {}) });
  }
  const text = await bodyOf(request);
  const call = state.waiting.find(({ id }) => id === pathname.split('/')[2]);
  if (!call) return problem(response, 404, 'No such approval', 'It never waited, is over, or is not for you to decide.');
  const flaw = flawOf(JSON.parse(text));
  if (flaw) return problem(response, 400, 'Invalid request', flaw);
  state.waiting = state.waiting.filter((one) => one !== call);
  state.decided.push(text);
  return json(response, 200, { id: call.id, tool: call.tool, state: JSON.parse(text).approve ? 'approved' : 'declined', digest: call.digest });
}

/** As the agent checks edited arguments against the tool's schema. */
const flawOf = ({ arguments: edited }) => (edited && 'order_id' in edited && !Number.isInteger(edited.order_id) ? 'The arguments must have at /order_id a value of type integer.' : null);

const digestOf = (asked) => createHash('sha256').update(JSON.stringify(asked)).digest('hex');

async function chat(state, pathname, request, response) {
  const authorization = request.headers.authorization ?? '';
  if (state.signIn && !state.signIn.methods.includes('none') && !(authorization.startsWith('Bearer ') && (state.keys.includes(authorization.slice(7)) || state.tokens.has(authorization.slice(7))))) {
    return problem(response, 401, 'Sign in', 'This needs a valid key or token.');
  }
  const [, , id, part, callId] = pathname.split('/').map(decodeURIComponent);
  const route = `${request.method} ${['', id && 'id', part, callId && 'call'].filter((one) => one !== undefined).join('/')}`;
  const known = state.conversations.get(id);
  if (id && !known) return problem(response, 404, 'No such conversation', 'It does not exist or is not yours.');
  switch (route) {
    case 'GET ': return json(response, 200, { conversations: [...state.conversations.values()].sort((a, b) => b.updatedAt.localeCompare(a.updatedAt)).map(({ conversationId, title, createdAt, updatedAt, turns }) => ({ id: conversationId, title, createdAt, updatedAt, turns: turns.length })) });
    case 'POST ': return begin(state, JSON.parse(await bodyOf(request)), request, response);
    case 'GET /id': return json(response, 200, viewOf(known));
    case 'DELETE /id': state.conversations.delete(id); return response.writeHead(204).end();
    case 'DELETE /id/run': state.runs.get(id)?.stop(); return response.writeHead(204).end();
    case 'POST /id/approvals/call': return decide(state, known, callId, await bodyOf(request), response);
    default: return problem(response, 405, 'Not allowed', route);
  }
}

/** A turn that waits for approvals is not among the finished ones. */
function viewOf(conversation) {
  const { turns, approvals } = conversation;
  return approvals.length === 0 ? conversation : { ...conversation, turns: turns.slice(0, -1), pendingTurn: turns.at(-1) };
}

function begin(state, { message, conversationId }, request, response) {
  const now = new Date().toISOString();
  state.asked.push({ message, conversationId });
  const script = scriptFor(message);
  if (script.status) return problem(response, script.status, script.title, script.detail, script.headers);
  if (conversationId && !state.conversations.has(conversationId)) return problem(response, 404, 'No such conversation', 'It does not exist or is not yours.');
  const conversation = state.conversations.get(conversationId) ?? { conversationId: randomUUID(), title: message.slice(0, 80), createdAt: now, updatedAt: now, turns: [], approvals: [] };
  state.conversations.set(conversation.conversationId, conversation);
  const turn = { runId: randomUUID(), at: now, message, answer: '', model: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0', toolCalls: [], receipt: null };
  return run(state, conversation, turn, script.steps, response, () => conversation.turns.push(turn));
}

function decide(state, conversation, callId, text, response) {
  const { approve, digest, arguments: edited } = JSON.parse(text);
  const pending = conversation.approvals.find((one) => one.callId === callId);
  if (!pending) return problem(response, 409, 'Already decided', 'This approval was decided or has expired.');
  if (digest !== pending.digest) return problem(response, 409, 'The call has changed', 'Look at the conversation for what waits, and decide on that.');
  const flaw = flawOf({ arguments: edited });
  if (flaw) return problem(response, 400, 'Invalid request', flaw);
  state.decided.push(text);
  conversation.approvals = conversation.approvals.filter((one) => one !== pending);
  const turn = conversation.turns.at(-1);
  turn.toolCalls = turn.toolCalls.filter(({ id }) => id !== callId);
  const then = pending.then.map(([kind, one, ...rest]) => [kind, edited && kind === 'call' ? { ...one, arguments: edited } : one, ...rest]);
  return run(state, conversation, turn, approve ? then : pending.otherwise, response, () => {});
}

/** Plays the steps of a script; a step is `[kind, ...]`. */
async function run(state, conversation, turn, steps, response, keep) {
  const { conversationId } = conversation;
  let isOver = false;
  let wake = () => {};
  const stop = () => { isOver = true; wake(); };
  state.runs.set(conversationId, { stop });
  response.on('close', stop);
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const send = (event) => response.write(`data: ${JSON.stringify(event)}\n\n`);
  const pause = (millis) => new Promise((resolve) => { wake = resolve; setTimeout(resolve, millis); if (isOver) resolve(); });
  const begun = Date.now();
  const interrupts = [];
  let ending = { outcome: 'completed' };
  send({ type: 'RUN_STARTED', threadId: conversationId, runId: turn.runId });
  keep();
  for (const [kind, ...rest] of steps) {
    if (isOver) break;
    if (kind === 'say') await say(rest[0], turn, send, pause, () => isOver, state);
    else if (kind === 'call') await call(rest[0], turn, send, pause, state.delay);
    else if (kind === 'wait') await pause(rest[0]);
    else if (kind === 'approve') interrupts.push(interrupt(rest[0], conversation, turn, send));
    else if (kind === 'cut') return response.destroy();
    else if (kind === 'leave') return response.end();
    else if (kind === 'fail') { send({ type: 'RUN_ERROR', message: rest[0], code: 'model_error' }); return response.end(); }
    else if (kind === 'end') ending = { ...ending, ...rest[0] };
  }
  state.runs.delete(conversationId);
  if (response.destroyed) return undefined;
  const receipt = { modelCalls: 1 + turn.toolCalls.length, inputTokens: 2148, outputTokens: 96 + Math.round(turn.answer.length / 4), cacheReadTokens: turn.toolCalls.length ? 1792 : 0, cacheWriteTokens: 0, dollars: 0.0041, toolCalls: turn.toolCalls.length, milliseconds: Date.now() - begun };
  turn.receipt = receipt;
  conversation.updatedAt = new Date().toISOString();
  const outcome = isOver ? { type: 'cancelled' } : interrupts.length ? { type: 'interrupt', interrupts } : { type: 'success' };
  const approvals = conversation.approvals.map(({ then, otherwise, ...shown }) => shown);
  const result = { conversationId, runId: turn.runId, outcome: interrupts.length ? 'approval_required' : ending.outcome, answer: turn.answer, toolCalls: turn.toolCalls.map(({ result: _, ...one }) => one), usage: {}, model: turn.model, notices: ending.notices ?? [], receipt, approvals };
  send({ type: 'RUN_FINISHED', threadId: conversationId, runId: turn.runId, result, outcome });
  return response.end();
}

async function say(text, turn, send, pause, isOver, state) {
  const messageId = randomUUID();
  send({ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' });
  const piece = state.isWordy ? /\S*\s*/g : text.length > 20_000 ? /[^]{1,4000}/g : /[^]{1,7}/g;
  let sent = 0;
  for (const delta of text.match(piece) ?? []) {
    if (isOver()) break;
    turn.answer += delta;
    send({ type: 'TEXT_MESSAGE_CONTENT', messageId, delta });
    sent += 1;
    if (state.isWordy && sent % 20 > 0) continue; // words come in bursts
    do await pause(state.delay); while (state.holdAfter && turn.answer.includes(state.holdAfter) && !isOver());
  }
  send({ type: 'TEXT_MESSAGE_END', messageId });
}

async function call({ name, arguments: asked, content, outcome = 'ok', durationMs = 38, id = randomUUID(), isKnown = false }, turn, send, pause, delay) {
  if (!isKnown) announceCall(id, name, asked, send);
  await pause(delay * 12);
  send({ type: 'TOOL_CALL_RESULT', messageId: randomUUID(), toolCallId: id, content, role: 'tool', metadata: { outcome, durationMs } });
  turn.toolCalls.push({ id, name, arguments: asked, outcome, durationMs, result: content });
}

function announceCall(toolCallId, toolCallName, asked, send) {
  send({ type: 'TOOL_CALL_START', toolCallId, toolCallName, parentMessageId: randomUUID() });
  for (const delta of JSON.stringify(asked).match(/[^]{1,12}/g)) send({ type: 'TOOL_CALL_ARGS', toolCallId, delta });
  send({ type: 'TOOL_CALL_END', toolCallId });
}

function interrupt({ id = randomUUID(), tool, arguments: asked, approvers, seconds = 300, then, otherwise }, conversation, turn, send) {
  announceCall(id, tool, asked, send);
  const expiresAt = new Date(Date.now() + seconds * 1000).toISOString();
  const withId = (steps) => steps.map(([kind, first, ...rest]) => (kind === 'call' && first.isKnown ? [kind, { ...first, id }] : [kind, first, ...rest]));
  const digest = digestOf(asked);
  conversation.approvals.push({ callId: id, tool, arguments: asked, expiresAt, digest, approvers, then: withId(then), otherwise: withId(otherwise) });
  turn.toolCalls.push({ id, name: tool, arguments: asked, outcome: 'approval_required', durationMs: 0, result: '' });
  return { id, reason: 'tool_approval', message: `Approve ${tool}?`, toolCallId: id, expiresAt, metadata: { tool, arguments: asked, digest } };
}

/** A provider that signs everybody in at once. */
function authorize(state, asked, response) {
  const code = randomUUID();
  state.codes.set(code, asked);
  const target = new URL(asked.get('redirect_uri'));
  for (const [name, value] of Object.entries(state.denies ? { error: 'access_denied', error_description: 'You said no.', state: asked.get('state') } : { code, state: state.wrongState ?? asked.get('state'), iss: state.signIn.oidc.issuer })) target.searchParams.set(name, value);
  response.writeHead(302, { Location: target.href }).end();
}

async function token(state, request, response) {
  response.setHeader('Access-Control-Allow-Origin', state.allowed ?? '*');
  const told = new URLSearchParams(await bodyOf(request));
  const begun = state.codes.get(told.get('code'));
  const isRight = told.get('grant_type') === 'refresh_token'
    || (begun && createHash('sha256').update(told.get('code_verifier') ?? '').digest('base64url') === begun.get('code_challenge') && begun.get('redirect_uri') === told.get('redirect_uri'));
  if (!isRight) return json(response, 400, { error: 'invalid_grant' });
  state.codes.delete(told.get('code'));
  const accessToken = randomUUID();
  state.tokens.add(accessToken);
  return json(response, 200, { access_token: accessToken, token_type: 'Bearer', expires_in: state.tokenSeconds ?? 3600, refresh_token: randomUUID() });
}

async function file(pathname, gzip, request, response, state) {
  const path = normalize(pathname === '/' ? '/index.html' : pathname);
  const places = [join(RESOURCES, path), join(BUILT, path), ...(VENDOR[path] ? [join(HERE, 'node_modules', VENDOR[path])] : [])];
  const place = path.includes('..') ? undefined : places.find((one) => existsSync(one));
  if (!place || !TYPES[extname(place)]) return problem(response, 404, 'Not found', 'There is nothing here.');
  const right = await readFile(place);
  const plain = FAULT?.path === path ? Buffer.from(faulty(right.toString())) : right;
  const isSmall = gzip && (request.headers['accept-encoding'] ?? '').includes('gzip');
  const headers = { 'Content-Type': TYPES[extname(place)], 'Content-Security-Policy': policyFor(state.connect), 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-cache', ...(isSmall ? { 'Content-Encoding': 'gzip' } : {}) };
  response.writeHead(200, headers).end(isSmall ? gzipSync(plain) : plain);
}

function faulty(text) {
  if (!text.includes(FAULT.search)) throw new Error(`nothing to change: ${FAULT.search}`);
  return text.replaceAll(FAULT.search, FAULT.replacement);
}

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

function json(response, status, value) {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}

function problem(response, status, title, detail, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/problem+json', ...headers }).end(JSON.stringify({ type: 'about:blank', title, status, detail, traceId: '4bf92f3577b34da6a3ce929d0e0e4736' }));
}

if (process.argv[1] === import.meta.filename) {
  const { base } = await startServer({ port: Number(process.argv[2] ?? 28000) });
  console.log(base);
}
