// What the mock agent answers to which question. A script is a list of steps; see mock-server.mjs.
import { hostile } from './hostile.mjs';

const MONTHS = ['2025-07', '2025-08', '2025-09', '2025-10', '2025-11', '2025-12', '2026-01', '2026-02', '2026-03', '2026-04', '2026-05', '2026-06'];
const SALES = MONTHS.map((period, index) => ({ period, orders: [22, 24, 21, 26, 31, 38, 19, 20, 27, 25, 24, 23][index], revenue: [8120.4, 9044.1, 7890.55, 9912, 12040.3, 16218.75, 7015.2, 7433.8, 10388.9, 9701.45, 9377.1, 8860.25][index] }));

const PRODUCTS = [
  { product_id: 17, sku: 'WIN-017', name: 'Aurora Down Jacket', units: 41, revenue: 9430.0 },
  { product_id: 4, sku: 'CAM-004', name: 'Fjell 3-person Tent', units: 19, revenue: 7581.0 },
  { product_id: 29, sku: 'CYC-029', name: 'Gravel Pannier Set', units: 33, revenue: 3927.0 },
  { product_id: 11, sku: 'CLI-011', name: 'Granite Rope 60 m', units: 16, revenue: 3184.0 },
  { product_id: 38, sku: 'FOO-038', name: 'Skarv Trail Boots', units: 12, revenue: 2268.0 },
];

const rows = (list) => JSON.stringify(list);

const ORDERS = Array.from({ length: 340 }, (_, index) => ({
  order_id: 1000 + index,
  order_date: `2026-0${1 + (index % 6)}-${String(1 + (index * 7) % 28).padStart(2, '0')}`,
  status: ['paid', 'shipped', 'delivered', 'pending'][index % 4],
  customer: ['Ada Berg', 'Knut Solheim', 'Mona Lund', 'Ægir Ørsted', '=HYPERLINK("http://evil.example","x")'][index % 5],
  email: `someone.with.a.very.long.address.${index}@mail.subdomain.example.com`,
  note: index % 3 ? null : 'Please leave the parcel at the back door, and ring twice: the bell at the front has been broken since spring.',
  total: Number((((index * 7919) % 50_000) / 100).toFixed(2)),
}));

const HOSTILE_ROWS = '[{"id":12345678901234567890,"name":"<img src=x onerror=alert(1)>","formula":"=1+1","plus":"+1","minus":"-2+3","at":"@SUM(A1)","tab":"\\t=1","quote":"a \\"b\\", c\\nd","price":12.30,"negative":-4.5,"empty":null,"nested":{"a":[1]}}]';

const LONG = `## Summary\n\nSales grew by **14 %** over the year, carried by winter clothing.\n\n${Array.from({ length: 14 }, (_, index) => `### Part ${index + 1}\n\nThe ${['first', 'second', 'third'][index % 3]} group did *well*: see \`sales_by_period\`.\n\n1. Revenue rose\n2. Returns fell\n   - mostly footwear\n   - fewer in spring\n\n> A remark on the figures.\n`).join('\n')}\n\n| Category | Q1 | Q2 | Q3 | Q4 | Change | Remark that is rather long and would never fit a narrow screen |\n|---|--:|--:|--:|--:|--:|---|\n| Camping | 12,040 | 13,900 | 15,110 | 9,870 | +4 % | Tents lead |\n| Winter | 4,020 | 2,110 | 18,400 | 22,930 | +21 % | Jackets lead |\n\n\`\`\`sql\nSELECT category, sum(quantity * unit_price) AS revenue FROM order_items JOIN products USING (product_id) GROUP BY category ORDER BY revenue DESC LIMIT 10\n\`\`\`\n\nA word that does not break: ${'x'.repeat(300)}\n\nMore at [the handbook](https://example.com/handbook) or by [mail](mailto:help@example.com).`;

const CANCEL = { tool: 'cancel_order', arguments: { order_id: 1042, reason: 'The customer changed their mind', notify: true } };

const SCRIPTS = [
  [/top 5 products/i, [
    ['say', 'Let me look that up.'],
    ['call', { name: 'top_products', arguments: { from_date: '2026-03-01', to_date: '2026-03-31', rank_by: 'revenue', n: 5 }, content: rows(PRODUCTS), durationMs: 41 }],
    ['say', 'In March 2026 the **Aurora Down Jacket** sold best, with $9,430 from 41 pieces. The five together made **$26,390**.\n\n| # | Product | Units | Revenue |\n|--:|---|--:|--:|\n| 1 | Aurora Down Jacket | 41 | $9,430 |\n| 2 | Fjell 3-person Tent | 19 | $7,581 |\n| 3 | Gravel Pannier Set | 33 | $3,927 |\n| 4 | Granite Rope 60 m | 16 | $3,184 |\n| 5 | Skarv Trail Boots | 12 | $2,268 |\n\nThe tent earns more per piece than anything else on the list.'],
  ]],
  [/sales by month/i, [
    ['call', { name: 'sales_by_period', arguments: { from_date: '2025-07-01', to_date: '2026-06-30', period: 'month' }, content: rows(SALES), durationMs: 56 }],
    ['say', 'The year made **$116,002.80** from 300 orders.\n\n- **December 2025** was the best month with $16,218.75.\n- **January 2026** was the weakest with $7,015.20, and sales recovered by March.'],
  ]],
  [/many orders/i, [
    ['call', { name: 'search_orders', arguments: { status: null, limit: 340 }, content: `${rows(ORDERS)}\nOnly the first 340 of 1,204 rows are shown.`, durationMs: 1830 }],
    ['say', 'Here are 340 orders.'],
  ]],
  [/exact rows/i, [['call', { name: 'exact', arguments: {}, content: `[${Array.from({ length: 12 }, (_, index) => `{"id":${index + 1},"status":"${index % 2 ? 'open' : 'paid'}","customer":"Ada Berg","points":9007199254740993,"total":0.10,"ordered":"2026-03-${String(index + 1).padStart(2, '0')}"}`).join(',')}]` }], ['say', 'Twelve.']]],
  [/plain table/i, [['say', '| Product | Units | Revenue | Share | Code | Left |\n|---|---|---|---|---|:--|\n| Tent | 12 | $1,204.50 | 12 % | A1 | 1 |\n| Boots | 1,041 | -$3.00 | – | 17 | 2 |']]],
  [/hostile rows/i, [
    ['call', { name: 'export', arguments: { html: '<script>alert(1)</script>' }, content: HOSTILE_ROWS }],
    ['say', 'Done.'],
  ]],
  [/every outcome/i, [
    ...['error', 'unknown_tool', 'denied', 'declined', 'unavailable', 'timeout', 'outcome_unknown'].map((outcome) => ['call', { name: `tool_${outcome}`, arguments: {}, outcome, content: `The call ended as ${outcome}.`, durationMs: 12 }]),
    ['call', { name: 'no_rows', arguments: { query: 'nobody' }, content: '[]' }],
    ['call', { name: 'plain_text', arguments: {}, content: 'All is well.' }],
    ['say', 'Some of these failed.'],
  ]],
  [/cancel order/i, [
    ['call', { name: 'get_order', arguments: { order_id: 1042 }, content: rows([{ order_id: 1042, order_date: '2026-06-21', status: 'paid', customer: 'Ada Berg', total: 249.9, lines: [{ line: 1, product: 'Skarv Trail Boots', quantity: 1 }] }]) }],
    ['say', 'Order 1042 is paid but not shipped, so it can be cancelled.'],
    ['approve', { ...CANCEL,
      then: [['call', { name: 'cancel_order', isKnown: true, arguments: CANCEL.arguments, content: '[{"order_id":1042,"status":"cancelled"}]', durationMs: 77 }], ['say', 'Order 1042 is **cancelled**, and Ada Berg gets a message.']],
      otherwise: [['call', { name: 'cancel_order', isKnown: true, arguments: CANCEL.arguments, outcome: 'declined', content: 'A person declined this call.', durationMs: 0 }], ['say', 'I left order 1042 as it was.']] }],
  ]],
  [/two approvals/i, [1, 2].map((order_id) => ['approve', { tool: 'cancel_order', arguments: { order_id }, then: [['say', `Approved ${order_id}.`]], otherwise: [['say', `Declined ${order_id}.`]] }])],
  [/edit me/i, [['approve', { tool: 'refund', arguments: { order_id: 7, amount: 12.5, note: 'Sorry', notify: true, hidden: 'a\u200bb', lines: [{ line: 1 }] },
    then: [['call', { name: 'refund', isKnown: true, content: '[{"refunded":true}]' }], ['say', 'It is refunded.']], otherwise: [['say', 'Not refunded.']] }]]],
  [/four eyes/i, [['approve', { tool: 'refund', arguments: { order_id: 7 }, approvers: ['group:finance'], then: [['say', 'It is refunded.']], otherwise: [['say', 'Not refunded.']] }]]],
  [/soon expired/i, [['approve', { ...CANCEL, seconds: 2, then: [], otherwise: [] }]]],
  [/hidden characters/i, [['approve', { tool: 'run_\u202Esql', arguments: { statement: 'DELETE FROM orders WHERE note = \'\u202Eabc\u200B\'', html: '<b>x</b>' }, then: [], otherwise: [] }]]],
  [/slow/i, [['say', `It takes a while. ${'One more sentence that nobody needs. '.repeat(500)}`]]],
  [/hang/i, [['call', { name: 'first', arguments: {}, content: '[]' }], ['wait', 600_000]]],
  [/lose the connection/i, [['say', 'It begins well'], ['cut']]],
  [/end without a word/i, [['say', 'It begins well'], ['leave']]],
  [/fail/i, [['say', 'It begins well, then'], ['fail', 'The model could not be reached. Nothing was written.']]],
  [/step limit/i, [['say', 'So far.'], ['end', { outcome: 'step_limit' }]]],
  [/token limit/i, [['say', 'And then'], ['end', { outcome: 'max_tokens' }]]],
  [/guardrail/i, [['say', 'I can’t help with that.'], ['end', { outcome: 'guardrail' }]]],
  [/without tools/i, [['say', 'I can answer in general, but not look anything up at the moment.'], ['end', { notices: ['The tools were not available for this answer.'] }]]],
  [/hostile answer (\d+)/i, (match) => [['say', hostile[Number(match[1])].markdown]]],
  [/long answer/i, [['say', LONG]]],
  [/many parts/i, [['say', `${Array.from({ length: 200 }, (_, index) => `## Part ${index + 1}\n\n${'Some words of *it*. '.repeat(10)}\n\n`).join('')}The end.`]]],
  [/huge answer/i, [['say', `${'word **bold** '.repeat(20_000)}`]]],
];

const REFUSED = {
  busy: { status: 409, title: 'Conversation is busy', detail: 'This conversation already has a turn that runs.' },
  'too large': { status: 413, title: 'Too large', detail: 'A message has at most 32,768 characters.' },
  'too many': { status: 429, title: 'Too many requests', detail: 'You may ask 60 times a minute.', headers: { 'Retry-After': '120' } },
  overloaded: { status: 503, title: 'Not available', detail: 'The agent is being restarted.' },
};

export function scriptFor(message) {
  const refused = Object.keys(REFUSED).find((word) => message.toLowerCase().includes(`${word} please`));
  if (refused) return REFUSED[refused];
  for (const [pattern, steps] of SCRIPTS) {
    const match = pattern.exec(message);
    if (match) return { steps: typeof steps === 'function' ? steps(match) : steps };
  }
  return { steps: [['say', `You asked: ${message.slice(0, 200)}`]] };
}
