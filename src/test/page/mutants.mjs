// node mutants.mjs [PART OF A PATH]: serves the page with one fault at a time; the named test has to notice it.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const MUTANTS = [
  ['/page/markdown.js', 'purify.sanitize(marked.parser([block]), HARMLESS)', "purify.sanitize(marked.parser([block]), { RETURN_DOM_FRAGMENT: true, ADD_ATTR: ['onclick'] })", 'readable_links'],
  ['/page/markdown.js', 'PLAIN_TAG.test(text.trim()) ? text : escape(text)', 'text', 'readable_event_handlers'],
  ['/page/markdown.js', "link.rel = 'noopener noreferrer nofollow';", '', 'keep_readable_reference_images'],
  ['/page/markdown.js', 'return `<a href="${escape(href)}">${escape(text || href)}</a>`;', 'return false;', 'turn_images_into_links'],
  ['/page/markdown.js', 'source.length <= LONGEST_PARAGRAPH', 'true', 'readable_beginnings_of_addresses', { SLOWER: '20' }],
  ['/page/markdown.js', 'this.#work + work > MOST_WORK', 'false', 'readable_paragraphs_of_stars', { SLOWER: '6' }],
  ['/page/answer-text.js', 'if (this.#isExpecting) return;', '', 'before_the_renderer'],
  ['/page/answer-text.js', 'size < STEP', 'true', 'in_steps'],
  ['/page/answer-text.js', "blocks.slice(end).map(({ raw }) => raw.trimEnd()).join('\\n\\n')", "''", 'hide_nothing_meanwhile'],
  ['/page/csv.js', "text = `'${text}`", 'text = text', 'csv_that_no_spreadsheet_runs'],
  ['/page/rows.js', 'exactly);', '(key, value) => value);', 'csv_that_no_spreadsheet_runs'],
  ['/page/table.js', 'order * sign', 'order', 'sort_rows'],
  ['/page/answer.css', 'position: sticky;', '', 'page_long_tables'],
  ['/page/format.js', 'String(text).replace(INVISIBLE', 'String(text).replace(/nothing/', 'hidden_characters'],
  ['/page/approval.js', "JSON.stringify(value, null, 2)", 'String(value)', 'exactly_what_would_run'],
  ['/page/approval.js', 'this.#expiresAt <= Date.now()', 'false', 'approval_expire'],
  ['/page/approval.js', 'if (hadFocus)', 'if (false)', 'keep_the_focus'],
  ['/page/approval.js', '{ ...verdict, digest: this.#digest }', 'verdict', 'second_approver'],
  ['/page/approval-edit.js', '(text) => text.trim(), (text) => (NUMBER', '(text) => String(Number(text)), (text) => (NUMBER', 'difference_before'],
  ['/page/approval-edit.js', 'visible(value) === value', 'true', 'difference_before'],
  ['/page/conversation.js', '[0, 400, 429, 503]', '[0, 429, 503]', 'changes_that'],
  ['/page/app.js', 'listing !== this.#listings', 'false', 'newest_list'],
  ['/page/events.js', 'rest = lines.pop();', 'lines.pop();', 'before_the_connection_broke'],
  ['/page/conversation.js', 'await this.#api.stop(this.id).catch(hangUp);', '', 'stop_an_answer'],
  ['/page/conversation.js', 'act: isSame ? again : () => turn.onRetry()', 'act: () => turn.onRetry()', 'same_key'],
  ['/page/conversation.js', 'this.#api.ask(turn.question, id, key, signal)', 'this.#api.ask(turn.question, this.id, key, signal)', 'same_key'],
  ['/page/conversation.js', 'await breathe();', '', 'should_listen'],
  ['/page/conversation.js', 'throw lost();', 'return;', 'stream_that_just_ends'],
  ['/page/series.js', 'new Set(names).size !== names.length', 'false', 'no_chart_where'],
  ['/page/scroll.js', 'this.#isFollowing = false;', '', 'unless_the_reader_goes_up'],
  ['/page/scroll.js', 'Math.min(end, this.#most())', 'end', 'fills_the_screen'],
  ['/page/sign-in.js', 'sessionStorage.setItem(KEY, key)', '(localStorage.setItem(KEY, key), sessionStorage.setItem(KEY, key))', 'tab_only'],
  ['/page/oidc.js', 'if (!begun || begun.state', 'if (begun && begun.state', 'not_begun_here'],
  ['/page/composer.js', 'event.shiftKey', 'false', 'keyboard_alone'],
  ['/page/turn.js', 'announce(`Calling ${toolCallName}`);', '', 'past_the_list'],
  ['/page/page.css', '--soft: light-dark(#5a6469', '--soft: light-dark(#a9b2b6', 'axe_violation_empty'],
  ['/index.html', '<label class="unseen" for="message">Message</label>', '', 'axe_violation_empty'],
  ['/page/answer.css', '.prose { display: flex; flex-direction: column; gap: 12px; min-width: 0; overflow-wrap: anywhere; }', '.prose { min-width: 900px; }', 'fit_a_phone'],
  ['/index.html', '<script src="/page/theme.js"></script>', '<script src="/page/theme.js"></script><script>1</script>', 'policy_that_forbids'],
  ['/page/app.js', "(globalThis.requestIdleCallback ?? setTimeout)(() => loadMarkdown());", "fetch('/vendor/uplot/uPlot.esm.js');", 'line_for_a_series'],
];

let caught = 0;
const only = process.argv[2] ?? '';
const chosen = MUTANTS.filter(([path]) => path.includes(only));
for (const [path, search, replacement, test, more] of chosen) {
  const { status, stdout } = spawnSync(process.execPath, [join(import.meta.dirname, 'test.mjs'), '--only', test], { env: { ...process.env, ...more, MUTATION: [path, search, replacement].join('|||') }, encoding: 'utf8' });
  const isCaught = status === 1 && /^FAIL/m.test(stdout);
  caught += Number(isCaught);
  console.log(`${isCaught ? 'ok   ' : 'ALIVE'} ${path}: ${search.slice(0, 60)} (${test})`);
}
console.log(`${caught} passed, ${chosen.length - caught} failed`);
process.exit(caught === chosen.length ? 0 : 1);
