// Approvals, stopping, and everything that goes wrong.
import assert from 'node:assert/strict';
import { ask, ended, holds, shown, violations } from './browser.mjs';

const lastCall = (page) => page.locator('.tool-call').last();
const lastTurn = (page) => page.locator('.turn').last();
const posts = (server) => server.state.requests.filter(({ method }) => method === 'POST');

/** Valid arguments that try to be read as others: look-alikes, invisible and turning characters, HTML, escapes, far numbers, nesting. */
function hostileArguments(count) {
  let seed = 20261130;
  const next = (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const pick = (from) => from[next(from.length)];
  const WORDS = ['mark order 42 as read', 'DELETE EVERYTHING', '</dd><dt>amount</dt><dd>1', '<img src=x onerror="hacked=1">', '<script>hacked=1</script>', '\\u{202e}', '\\u202e', '\\', '\\"', '"', "'", '&lt;',
    '\n', '\r\n', '\t', '\0', '\u001b[2J', '  ', '\u00a0', 'p\u0430ypal', '${hacked=1}', '", "approve": "yes', '{"a":1}', '1e400', 'null', '__proto__', 'constructor', '\u{1f680}', 'e\u0301', '12'];
  const SIGNS = [0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x180b, 0x180e, 0x2000, 0x200b, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x202f, 0x205f, 0x2060, 0x2061, 0x2066, 0x2069, 0x206f, 0x2800, 0x3000,
    0x3164, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xfffc, 0x1bca0, 0x1d173, 0xe0001, 0xe0041, 0xe0100, 0xe000, 0xfdd0, 0x85, 0x9b];
  const word = () => Array.from({ length: 1 + next(4) }, () => (next(2) ? pick(WORDS) : String.fromCodePoint(next(3) ? pick(SIGNS) : 1 + next(0xd7ff)))).join('');
  const number = () => pick(['0', '-0', '9007199254740992', '-9007199254740991', '1e300', '5e-324', '0.1', '1.0', '12.30', '1E2']);
  const value = (depth) => {
    const kind = next(depth > 0 ? 7 : 5);
    if (kind < 2) return JSON.stringify(word());
    if (kind < 4) return number();
    if (kind === 4) return pick(['true', 'false', 'null', '""', '[]', '{}']);
    if (kind === 5) return `[${Array.from({ length: 1 + next(3) }, () => value(depth - 1)).join(',')}]`;
    return object(depth - 1);
  };
  const object = (depth) => {
    const names = new Set(Array.from({ length: 1 + next(4) }, () => (next(3) ? pick(['amount', 'order_id', '', 'größe', 'a.b']) : word())));
    return `{${[...names].map((name) => `${JSON.stringify(name)}:${value(depth)}`).join(',')}}`;
  };
  return Array.from({ length: count }, () => object(pick([0, 1, 3, 12])));
}

const decline = async (page) => {
  await page.getByRole('button', { name: 'Decline' }).click();
  await page.getByRole('button', { name: 'Decline it' }).click();
};

export const decisions = [
  ['should_show_exactly_what_would_run_and_run_it_when_approved', async ({ page, server }) => {
    await ask(page, 'Cancel order 1042');
    await ended(page);
    const card = page.getByRole('group', { name: 'Approval needed' });
    assert.deepEqual(await card.locator('dt').allTextContents(), ['order_id', 'reason', 'notify']);
    assert.deepEqual(await card.locator('dd').allTextContents(), ['1042', '"The customer changed their mind"', 'true']);
    assert.equal(await card.locator('.tool-name').textContent(), 'cancel_order');
    assert.match(await card.locator('.countdown').textContent(), /^Expires in (5:00|4:5\d)$/);
    assert.equal(await lastCall(page).locator('.badge').textContent(), 'Needs approval');
    assert.equal(posts(server).length, 1, 'nothing is approved by itself');
    await card.getByRole('button', { name: 'Approve' }).click();
    await shown(page, 'gets a message').waitFor();
    await ended(page);
    assert.equal(await page.locator('.tool-call').nth(1).locator('.badge').textContent(), 'Done');
    assert.match(posts(server).at(-1).path, /^\/chat\/[\w-]+\/approvals\/[\w-]+$/);
    assert.ok(await card.getByRole('button', { name: 'Approve' }).isDisabled());
    assert.ok(await shown(page, 'You approved this.').isVisible());
  }],

  ['should_show_of_2000_hostile_arguments_what_the_tool_gets', async ({ page, seen }) => {
    const texts = hostileArguments(2000);
    const wrong = await page.evaluate(async (all) => {
      const { ApprovalCard } = await import('/page/approval.js');
      // What a reader sees: the code of what has no look, else the character itself.
      const read = (shown) => shown.replace(/\\(?:u\{([0-9a-f]+)\}|.)/gu, (whole, code) => (code ? String.fromCodePoint(parseInt(code, 16)) : whole));
      const place = document.body.appendChild(document.createElement('div'));
      return all.filter((text) => {
        const told = JSON.parse(text);
        const { element } = new ApprovalCard({ callId: 'c', tool: 'pay', arguments: told, expiresAt: '2999-01-01T00:00:00Z' }, () => {});
        place.replaceChildren(element);
        const [names, values] = ['dt', 'dd'].map((tag) => [...element.querySelectorAll(tag)]);
        const parts = [...names, ...values].map((part) => part.textContent);
        const hidden = parts.some((part) => /(?![ \n])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u.test(part)) || names.some(({ textContent }) => /\n/.test(textContent));
        const shown = Object.fromEntries(names.map((name, index) => [JSON.parse(`"${read(name.textContent)}"`), JSON.parse(read(values[index].textContent))]));
        const isText = [...names, ...values].every((part) => part.childElementCount === 0);
        return hidden || !isText || JSON.stringify(shown) !== JSON.stringify(told) || names.length !== Object.keys(told).length;
      });
    }, texts);
    assert.deepEqual(wrong.slice(0, 3), []);
    assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
    assert.equal(seen.dialogs, 0);
    console.log(`      ${texts.length} cards of hostile arguments`);
  }],

  ['should_decline_and_go_on', async ({ page }) => {
    await ask(page, 'Cancel order 1042');
    await ended(page);
    await decline(page);
    await shown(page, 'I left order 1042 as it was.').waitFor();
    await ended(page);
    assert.equal(await page.locator('.tool-call').nth(1).locator('.badge').textContent(), 'Declined');
  }],

  ['should_show_the_difference_before_changed_arguments_are_sent', async ({ page, server }) => {
    await ask(page, 'edit me');
    await ended(page);
    const card = page.getByRole('group', { name: 'Approval needed' });
    await card.getByRole('button', { name: 'Edit' }).click();
    assert.equal(await page.evaluate(() => document.activeElement.value), '7', 'the first field has the focus');
    assert.equal(await card.getByLabel('hidden').inputValue(), '"a\\u200bb"', 'what has no look can be seen');
    await card.getByLabel('order_id').fill('9007199254740993');
    await card.getByLabel('amount').fill('12,50');
    await card.getByRole('button', { name: 'Review' }).click();
    assert.ok(await card.getByText('amount must be a number').isVisible());
    assert.equal(server.state.decided.length, 0);
    await card.getByLabel('amount').fill('12.50');
    await card.getByLabel('note').fill('Sorry, "Ada"');
    await card.getByLabel('notify').selectOption('false');
    await card.getByLabel('lines').fill('[{"line": 2}]');
    assert.deepEqual(await violations(page), []);
    await card.getByRole('button', { name: 'Review' }).click();
    assert.equal(posts(server).length, 1, 'the difference is looked at first');
    assert.deepEqual(await card.locator('del').allTextContents(), ['was 7', 'was 12.5', 'was "Sorry"', 'was true', 'was [\n  {\n    "line": 1\n  }\n]']);
    assert.deepEqual(await card.locator('ins').allTextContents(), ['is now 9007199254740993', 'is now 12.50', 'is now "Sorry, \\"Ada\\""', 'is now false', 'is now [{"line": 2}]']);
    assert.deepEqual(await violations(page), []);
    await card.getByRole('button', { name: 'Approve with changes' }).click();
    await shown(page, 'It is refunded.').waitFor();
    await ended(page);
    const [sent] = server.state.decided;
    assert.ok(sent.includes('"arguments":{"order_id":9007199254740993,"amount":12.50,"note":"Sorry, \\"Ada\\"","notify":false,"hidden":"a'), `each digit is sent: ${sent}`);
    assert.equal(JSON.parse(sent).arguments.hidden, 'a\u200bb', 'what was not changed stays');
    assert.match(JSON.parse(sent).digest, /^[0-9a-f]{64}$/);
    await lastCall(page).locator('summary').click();
    assert.ok((await lastCall(page).locator('.arguments').textContent()).includes('"notify": false'), 'the call is shown as it ran');
  }],

  ['should_keep_changes_that_the_agent_refuses', async ({ page, server }) => {
    await ask(page, 'edit me');
    await ended(page);
    const card = page.getByRole('group', { name: 'Approval needed' });
    await card.getByRole('button', { name: 'Edit' }).click();
    await card.getByLabel('order_id').fill('7.5');
    await page.keyboard.press('Enter');
    await card.getByRole('button', { name: 'Approve with changes' }).click();
    await shown(page, 'must have at /order_id a value of type integer').waitFor();
    await card.getByRole('button', { name: 'Edit again' }).click();
    assert.equal(await card.getByLabel('order_id').inputValue(), '7.5');
    await card.getByRole('button', { name: 'Discard' }).click();
    await card.getByRole('button', { name: 'Approve', exact: true }).click();
    await shown(page, 'It is refunded.').waitFor();
    assert.equal(JSON.parse(server.state.decided[0]).arguments, undefined);
  }],

  ['should_send_of_2000_hostile_arguments_those_that_were_not_changed', async ({ page }) => {
    const texts = hostileArguments(2000);
    const wrong = await page.evaluate(async (all) => {
      const { ArgumentsEditor } = await import('/page/approval-edit.js');
      const place = document.body.appendChild(document.createElement('div'));
      return all.filter((text) => {
        const told = JSON.parse(text);
        const editor = new ArgumentsEditor(told, () => null);
        place.replaceChildren(editor.form(() => {}));
        return editor.isChanged || editor.check() !== null || JSON.stringify(JSON.parse(editor.json)) !== JSON.stringify(told);
      });
    }, texts);
    assert.deepEqual(wrong.slice(0, 3), []);
  }],

  ['should_give_the_model_the_reason_of_a_decline', async ({ page, server }) => {
    await ask(page, 'Cancel order 1042');
    await ended(page);
    await page.getByRole('button', { name: 'Decline' }).click();
    await page.getByLabel('Why not?').fill('  It has shipped already ');
    assert.deepEqual(await violations(page), []);
    await page.getByRole('button', { name: 'Decline it' }).click();
    await shown(page, 'I left order 1042 as it was.').waitFor();
    await ended(page);
    assert.equal(JSON.parse(server.state.decided[0]).reason, 'It has shipped already');
    assert.ok(await shown(page, 'You declined this: “It has shipped already”').isVisible());
  }],

  ['should_wait_for_a_second_person_and_look_again', async ({ page, server }) => {
    await ask(page, 'four eyes');
    await ended(page);
    const card = page.getByRole('group', { name: 'Another person has to approve this' });
    assert.ok((await card.textContent()).includes('group:finance has to approve it first'));
    assert.equal(await card.getByRole('button', { name: 'Approve' }).count(), 0);
    const [conversation] = server.state.conversations.values();
    conversation.approvals[0].approvedBy = 'key:carol';
    await card.getByRole('button', { name: 'Look again' }).click();
    const now = page.getByRole('group', { name: 'Approval needed' });
    assert.ok((await now.textContent()).includes('key:carol has approved this.'));
    assert.equal(await now.getByRole('button', { name: 'Edit' }).count(), 0, 'what was approved is what runs');
    await now.getByRole('button', { name: 'Approve' }).click();
    await shown(page, 'It is refunded.').waitFor();
  }],

  ['should_show_a_second_approver_what_waits_and_take_their_word', async ({ page, server }) => {
    const waiting = (id, more) => ({ id, tool: 'refund', arguments: { order_id: 7, amount: 12.5 }, digest: `digest-${id}`, expiresAt: '2999-01-01T00:00:00Z', askedBy: 'key:alice', approvers: ['group:finance'], ...more });
    server.state.waiting = [waiting('one'), waiting('two'), waiting('three', { askedBy: 'mallory\u202e', conversationId: 'c', callId: 'd' })];
    await page.reload();
    await page.getByRole('link', { name: 'Approvals 2+' }).click();
    await page.locator('.waiting .approval').nth(1).waitFor();
    assert.equal(await page.locator('#title').textContent(), 'Approvals');
    assert.ok(await page.locator('#composer').isHidden());
    assert.deepEqual(await violations(page), []);
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByRole('link', { name: 'Open the conversation' }).waitFor();
    const [first, second] = [page.locator('.waiting .approval').nth(0), page.locator('.waiting .approval').nth(1)];
    assert.ok((await first.textContent()).includes('key:alice asks for this.'));
    await first.getByRole('button', { name: 'Edit' }).click();
    await first.getByLabel('amount').fill('10.00');
    await first.getByRole('button', { name: 'Review' }).click();
    await first.getByRole('button', { name: 'Approve with changes' }).click();
    await shown(page, 'You approved this with your changes.').waitFor();
    await second.getByRole('button', { name: 'Decline' }).click();
    await second.getByLabel('Why not?').fill('Too much');
    await second.getByRole('button', { name: 'Decline it' }).click();
    await holds(() => assert.deepEqual(server.state.decided, ['{"approve":true,"digest":"digest-one","arguments":{"order_id":7,"amount":10.00}}', '{"approve":false,"reason":"Too much","digest":"digest-two"}']));
    await page.getByRole('link', { name: 'Approvals 1' }).waitFor();
    await page.goBack();
    await page.locator('#composer').waitFor();
    server.state.waiting = [];
    await page.goForward();
    await shown(page, 'Nothing waits for you.').waitFor();
  }],

  ['should_say_that_somebody_else_was_faster', async ({ page, server }) => {
    server.state.waiting = [{ id: 'one', tool: 'refund', arguments: {}, digest: 'd', expiresAt: '2999-01-01T00:00:00Z', askedBy: 'key:alice' }];
    await page.goto(`${server.base}/#/approvals`);
    const approve = page.getByRole('button', { name: 'Approve' });
    await approve.waitFor();
    server.state.waiting = [];
    await approve.click();
    await shown(page, 'It never waited, is over, or is not for you to decide.').waitFor();
    assert.ok(await approve.isDisabled());
  }],

  ['should_keep_the_focus_in_the_conversation_after_a_decision', async ({ page, server }) => {
    const focused = () => page.evaluate(() => document.activeElement.textContent);
    await ask(page, 'Cancel order 1042');
    await ended(page);
    server.state.isDown = true;
    await page.getByRole('button', { name: 'Approve' }).focus();
    await page.keyboard.press('Enter');
    await shown(page, 'No connection').waitFor();
    await holds(async () => assert.equal(await focused(), 'Approve', 'it can be decided again'));
    server.state.isDown = false;
    await page.getByRole('button', { name: 'Decline' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await shown(page, 'I left order 1042 as it was.').waitFor();
    await ended(page);
    assert.equal(await focused(), 'You declined this. It will not run.');
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement.closest('.turn') !== null), 'Tab goes on from there');
  }],

  ['should_ask_for_each_of_two_approvals', async ({ page }) => {
    await ask(page, 'two approvals');
    await ended(page);
    assert.equal(await page.locator('.approval').count(), 2);
    await page.locator('.approval').nth(0).getByRole('button', { name: 'Approve' }).click();
    await shown(page, 'Approved 1.').waitFor();
    await ended(page);
    await page.locator('.approval').nth(1).getByRole('button', { name: 'Decline' }).click();
    await page.getByRole('button', { name: 'Decline it' }).click();
    await shown(page, 'Declined 2.').waitFor();
    await ended(page);
    assert.equal(await page.locator('.approval').count(), 2);
  }],

  ['should_offer_a_pending_approval_after_a_reload', async ({ page }) => {
    await ask(page, 'Cancel order 1042');
    await ended(page);
    await page.reload();
    await page.getByRole('button', { name: 'Approve' }).click();
    await shown(page, 'gets a message').waitFor();
  }],

  ['should_let_an_approval_expire', async ({ page }) => {
    await ask(page, 'soon expired');
    await ended(page);
    await shown(page, 'Nobody decided in time').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Approve' }).isDisabled());
  }],

  ['should_reopen_an_approval_whose_decision_did_not_arrive', async ({ page, server }) => {
    await ask(page, 'Cancel order 1042');
    await ended(page);
    server.state.isDown = true;
    await page.getByRole('button', { name: 'Approve' }).click();
    await shown(page, 'No connection').waitFor();
    server.state.isDown = false;
    await page.getByRole('button', { name: 'Approve' }).click();
    await shown(page, 'gets a message').waitFor();
    await ended(page);
    assert.equal(await page.locator('.problem').count(), 0);
  }],

  ['should_stop_an_answer_and_keep_what_came', async ({ page, server }) => {
    await ask(page, 'Be slow');
    await shown(page, 'It takes a while.').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await ended(page);
    assert.ok(await shown(page, 'Stopped.').isVisible());
    assert.ok(await shown(page, 'It takes a while.').isVisible());
    assert.ok(server.state.requests.some(({ method, path: at }) => method === 'DELETE' && at.endsWith('/run')));
    assert.ok(await page.getByRole('button', { name: 'Send' }).isVisible());
  }],

  ['should_hang_up_if_the_agent_does_not_stop', async ({ page, server }) => {
    await ask(page, 'Be slow');
    await shown(page, 'It takes a while.').waitFor();
    server.state.runs.clear(); // the agent no longer finds the run
    await page.keyboard.press('Escape');
    await shown(page, 'Stopped.').waitFor();
  }],

  ['should_offer_a_retry_after_an_error_that_succeeds', async ({ page, server }) => {
    await ask(page, 'fail');
    await shown(page, 'The model could not be reached. Nothing was written.').waitFor();
    const [first] = posts(server);
    await page.getByRole('button', { name: 'Try again' }).click();
    await ended(page);
    assert.equal(await page.locator('.turn').count(), 1);
    assert.equal(posts(server).length, 2);
    assert.notEqual(posts(server)[1].headers['idempotency-key'], first.headers['idempotency-key'], 'a failed answer is asked anew');
  }],

  ['should_survive_a_lost_connection_and_repeat_with_the_same_key', async ({ page, server }) => {
    server.state.holdAfter = 'It begins well'; // a browser forgets what its page has not read yet when a connection breaks
    await ask(page, 'lose the connection');
    await shown(page, 'It begins well').waitFor();
    server.state.holdAfter = null;
    await shown(page, 'The connection was lost').waitFor();
    assert.ok(await shown(page, 'It begins well').isVisible(), 'what came stays');
    await page.getByRole('button', { name: 'Try again' }).click();
    await ended(page);
    assert.equal(posts(server)[1].headers['idempotency-key'], posts(server)[0].headers['idempotency-key'], 'the agent can tell that it is the same request');
    assert.deepEqual(server.state.asked[1], server.state.asked[0], 'a key belongs to one body');
    await page.getByRole('button', { name: 'Reload conversation' }).click();
    await page.locator('.problem').waitFor({ state: 'detached' });
  }],

  ['should_take_every_event_that_came_before_the_connection_broke', async ({ page }) => {
    const came = await page.evaluate(async () => {
      const { events } = await import('/page/events.js');
      const parts = ['data: {"n":1}\n\ndata: {"n":2}\n', '\ndata: {"n":3}\r\n\r', '\ndata: {"n":', '4}\n\n', 'data: {"n":"half'].map((part) => new TextEncoder().encode(part));
      const body = new ReadableStream({
        pull: (controller) => (parts.length ? controller.enqueue(parts.shift()) : controller.error(new TypeError('network error'))),
      }, { highWaterMark: 0 });
      const numbers = [];
      try {
        for await (const { n } of events(body)) numbers.push(n);
      } catch (error) {
        numbers.push(error.message);
      }
      return numbers;
    });
    assert.deepEqual(came, [1, 2, 3, 4, 'network error']);
  }],

  ['should_listen_while_events_that_are_there_already_are_taken', async ({ page }) => {
    const heard = await page.evaluate(async () => {
      const { Conversation } = await import('/page/conversation.js');
      let ticks = 0;
      async function* ask() {
        yield { type: 'RUN_STARTED', threadId: 'one', runId: 'one' };
        for (let n = 0; n < 500; n += 1) {
          for (const until = performance.now() + 1; performance.now() < until;) ; // what it costs to show one
          yield { type: 'TEXT_MESSAGE_CONTENT', messageId: 'one', delta: 'word ' };
        }
        yield { type: 'RUN_FINISHED', result: { answer: 'word' }, outcome: { type: 'success' } };
      }
      const clock = setInterval(() => { ticks += 1; }, 1);
      await new Conversation({ ask }).ask('anything');
      clearInterval(clock);
      return ticks;
    });
    assert.ok(heard >= 5, `in half a second of events the page heard its clock ${heard} times`);
  }],

  ['should_not_take_a_stream_that_just_ends_for_an_answer', async ({ page }) => {
    await ask(page, 'end without a word');
    await shown(page, 'The connection was lost').waitFor();
    await ended(page);
  }],

  ['should_tell_what_the_agent_refuses', async ({ page }) => {
    for (const [question, title, detail] of [['busy please', 'Conversation is busy', 'already has a turn'], ['too large please', 'Too large', '32,768'], ['overloaded please', 'Not available', 'restarted']]) {
      await ask(page, question);
      await ended(page);
      const card = page.locator('.problem').last();
      assert.ok((await card.textContent()).includes(title) && (await card.textContent()).includes(detail), question);
      assert.ok((await card.textContent()).includes('Trace 4bf92f35'), 'the trace is named');
    }
    assert.equal(await page.locator('.turn').nth(1).getByRole('button', { name: 'Try again' }).count(), 0, 'what is too large stays so');
  }],

  ['should_wait_as_long_as_the_agent_says', async ({ page }) => {
    await page.clock.install();
    await ask(page, 'too many please');
    const retry = page.locator('.problem button').first();
    await retry.waitFor();
    assert.match(await retry.textContent(), /^Try again in (1:[0-5]\d|2:00)$/);
    assert.ok(await retry.isDisabled());
    await page.clock.fastForward('02:00');
    await page.locator('.problem button:enabled', { hasText: /^Try again$/ }).waitFor();
  }],

  ['should_say_why_an_answer_ended_early', async ({ page }) => {
    for (const [question, sentence] of [['step limit', 'as many steps'], ['token limit', 'longest length'], ['guardrail', 'A guardrail ended'], ['without tools', 'The tools were not available for this answer.']]) {
      await ask(page, question);
      await ended(page);
      assert.ok((await lastTurn(page).locator('.note, .notice').textContent()).includes(sentence), question);
    }
  }],

  ['should_name_every_outcome_of_a_tool_call', async ({ page }) => {
    await ask(page, 'every outcome');
    await ended(page);
    assert.deepEqual(await page.locator('.badge').allTextContents(), ['Failed', 'No such tool', 'Not allowed', 'Declined', 'Unavailable', 'Timed out', 'Outcome unknown', 'Done', 'Done']);
    await page.locator('.tool-call summary').nth(0).click();
    await shown(page, 'The call ended as error.').waitFor();
  }],

  ['should_show_the_toolbox_that_is_away_and_its_return', async ({ page, server }) => {
    server.state.toolbox = 'unavailable';
    await page.reload();
    await shown(page, 'The tools can’t be reached right now.').waitFor();
    server.state.toolbox = 'available';
    await ask(page, 'hello');
    await ended(page);
    await shown(page, 'Ready').waitFor();
    await page.locator('#banner').waitFor({ state: 'hidden' });
  }],

  ['should_show_that_it_is_offline_and_recover', async ({ page, context }) => {
    await context.setOffline(true);
    await shown(page, 'You are offline.').waitFor();
    await ask(page, 'hello');
    await shown(page, 'The agent could not be reached.').waitFor();
    await context.setOffline(false);
    await page.locator('.status[data-state="ready"]').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await shown(page, 'You asked: hello').waitFor();
  }],
];
