// Checks runs of AG-UI events with the protocol's own schemas, and the order of the events within each run.
// Standard input: one JSON event a line, runs one after the other. Ends with 1 if anything is wrong, and says what.
import { createInterface } from 'node:readline';
import { EventSchemas } from '@ag-ui/core/schemas';

const problems = [];
const seen = new Map();
let run = null;
let line = 0;

const wrong = (what) => problems.push(`line ${line}: ${what}`);
const expect = (condition, what) => condition || wrong(what);

function order(event) {
  if (event.type === 'RUN_STARTED') {
    expect(run === null, 'a run starts within a run');
    run = { texts: new Set(), calls: new Set(), ended: new Set(), thread: event.threadId, id: event.runId };
    return;
  }
  if (run === null) {
    wrong(`${event.type} outside a run`);
    return;
  }
  switch (event.type) {
    case 'TEXT_MESSAGE_START':
      expect(!run.texts.has(event.messageId), 'a text starts twice');
      run.texts.add(event.messageId);
      break;
    case 'TEXT_MESSAGE_CONTENT':
      expect(run.texts.has(event.messageId), 'text of a message that did not start');
      expect(event.delta.length > 0, 'an empty delta');
      break;
    case 'TEXT_MESSAGE_END':
      expect(run.texts.delete(event.messageId), 'the end of a message that did not start');
      break;
    case 'TOOL_CALL_START':
      run.calls.add(event.toolCallId);
      break;
    case 'TOOL_CALL_ARGS':
      expect(run.calls.has(event.toolCallId), 'arguments of a call that did not start');
      break;
    case 'TOOL_CALL_END':
      expect(run.calls.delete(event.toolCallId), 'the end of a call that did not start');
      run.ended.add(event.toolCallId);
      break;
    case 'RUN_FINISHED':
      expect(run.texts.size === 0 && run.calls.size === 0, 'a run finishes with an open text or call');
      expect(event.threadId === run.thread && event.runId === run.id, 'a run finishes as another one');
      run = null;
      break;
    case 'RUN_ERROR':
      run = null;
      break;
    default:
  }
}

for await (const text of createInterface({ input: process.stdin })) {
  line++;
  let event;
  try {
    event = JSON.parse(text);
  } catch {
    wrong('not JSON');
    continue;
  }
  const result = EventSchemas.safeParse(event);
  if (!result.success) {
    wrong(`${event.type}: ${JSON.stringify(result.error.issues)}`);
    continue;
  }
  const unknown = Object.keys(event).filter((key) => !(key in result.data));
  expect(unknown.length === 0, `${event.type} has members that the protocol does not know: ${unknown}`);
  seen.set(event.type, (seen.get(event.type) ?? 0) + 1);
  order(event);
}
expect(run === null, 'the last run did not end');
console.log(JSON.stringify(Object.fromEntries([...seen].sort())));
problems.slice(0, 20).forEach((problem) => console.error(problem));
process.exitCode = problems.length === 0 ? 0 : 1;
