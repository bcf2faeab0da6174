// Answers, the rows behind them and their charts.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ask, ended, holds, shown, violations } from './browser.mjs';

const lastCall = (page) => page.locator('.tool-call').last();
const lastTurn = (page) => page.locator('.turn').last();
const path = (page) => new URL(page.url()).hash;

async function csvOf(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), lastCall(page).getByRole('button', { name: 'CSV', exact: true }).click()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
}

/** How many pixels of a canvas are not empty. */
const inked = (canvas) => canvas.evaluate((one) => one.getContext('2d').getImageData(0, 0, one.width, one.height).data.filter((value, index) => index % 4 === 3 && value > 0).length);

export const answers = [
  ['should_keep_every_digit_of_a_number', async ({ page }) => {
    const numbers = ['9007199254740993', '-9223372036854775808', '12345678901234567890.123456789', '12.30', '1e400', '-1E+400', '1e-400', '1.2345678901234567891e5', '0.1'];
    const shown = await page.evaluate(async (all) => {
      const { rowsOf, textOf } = await import('/page/rows.js');
      return rowsOf(`[${all.map((number) => `{"n":${number}}`).join(',')}]`).rows.map(({ n }) => textOf(n));
    }, numbers);
    assert.deepEqual(shown, numbers);
  }],

  ['should_stream_an_answer_and_show_its_receipt', async ({ page, server }) => {
    server.state.holdAfter = 'The year made';
    await ask(page, 'Sales by month from 2025-07-01 to 2026-06-30');
    await shown(page, 'The year made').waitFor();
    assert.ok(await page.locator('.answer[aria-busy]').isVisible(), 'the text was shown before the answer had ended');
    server.state.holdAfter = null;
    await ended(page);
    assert.equal(await lastTurn(page).locator('.prose strong').first().textContent(), '$116,002.80');
    const receipt = await lastTurn(page).locator('.receipt').textContent();
    for (const part of ['claude-sonnet-4-5', '2,148 in', '1,792 cached', '$0.0041', '1 tool call']) assert.ok(receipt.includes(part), `${part} in ${receipt}`);
    assert.match(receipt, /\d m?s/);
    assert.match(path(page), /^#\/c\/[\w-]+$/);
    assert.equal(await page.title(), 'Sales by month from 2025-07-01 to 2026-06-30 · mcp-agent');
  }],

  ['should_keep_text_and_tool_calls_in_the_order_in_which_they_came', async ({ page }) => {
    await ask(page, 'Top 5 products in March 2026');
    await ended(page);
    assert.deepEqual(await lastTurn(page).locator('.answer > *').evaluateAll((all) => all.map(({ className }) => className)), ['prose', 'tool-call', 'prose']);
  }],

  ['should_unfold_a_tool_call_to_its_arguments_and_rows', async ({ page }) => {
    await ask(page, 'Top 5 products in March 2026');
    await ended(page);
    const call = lastCall(page);
    assert.equal(await call.locator('summary').textContent(), 'top_productsDone5 rows · 41 ms');
    assert.equal(await call.locator('.rows').count(), 0, 'no table is built before somebody looks');
    await call.locator('summary').click();
    await call.locator('.rows tbody tr').first().waitFor();
    assert.deepEqual(JSON.parse(await call.locator('.arguments').textContent()), { from_date: '2026-03-01', to_date: '2026-03-31', rank_by: 'revenue', n: 5 });
    assert.deepEqual(await call.locator('.rows th').allTextContents(), ['product_id', 'sku', 'name', 'units', 'revenue']);
    assert.deepEqual(await call.locator('.rows tbody tr').first().locator('td').allTextContents(), ['17', 'WIN-017', 'Aurora Down Jacket', '41', '9,430']);
  }],

  ['should_sort_rows_by_each_header_both_ways_and_back', async ({ page }) => {
    await ask(page, 'Show many orders');
    await ended(page);
    await lastCall(page).locator('summary').click();
    const column = (index) => lastCall(page).locator(`.rows tbody tr td:nth-child(${index})`).allTextContents();
    const header = lastCall(page).locator('.rows th').nth(6);
    await header.getByRole('button').click();
    const rising = (await column(7)).map((text) => Number(text.replaceAll(',', '')));
    assert.deepEqual(rising, [...rising].sort((a, b) => a - b));
    assert.equal(await header.getAttribute('aria-sort'), 'ascending');
    await header.getByRole('button').click();
    const falling = (await column(7)).map((text) => Number(text.replaceAll(',', '')));
    assert.deepEqual(falling, [...falling].sort((a, b) => b - a));
    await header.getByRole('button').click();
    assert.deepEqual((await column(1)).slice(0, 3), ['1000', '1001', '1002']);
    await lastCall(page).locator('.rows th').nth(5).getByRole('button').click();
    assert.notEqual((await column(6))[0], '–', 'nothing comes last');
  }],

  ['should_page_long_tables_keep_their_header_in_sight_and_say_when_rows_were_cut', async ({ page }) => {
    await ask(page, 'Show many orders');
    await ended(page);
    const call = lastCall(page);
    await call.locator('summary').click();
    await call.getByText('Only the first 340 of 1,204 rows are shown.').waitFor();
    await call.locator('.rows tbody tr').first().waitFor(); // the table is loaded when somebody looks
    assert.equal(await call.locator('.rows tbody tr').count(), 100);
    await call.locator('.table-frame .scroll').evaluate((place) => { place.scrollTop = 1500; });
    const [frame, header] = [await call.locator('.table-frame .scroll').boundingBox(), await call.locator('.rows th').first().boundingBox()];
    assert.ok(Math.abs(frame.y - header.y) <= 2, 'the header sticks');
    await call.getByRole('button', { name: 'Show more (240 left)' }).click();
    await call.getByRole('button', { name: 'Show more (40 left)' }).click();
    assert.equal(await call.locator('.rows tbody tr').count(), 340);
  }],

  ['should_filter_rows_and_sum_those_that_are_left_to_the_last_digit', async ({ page }) => {
    await ask(page, 'Show exact rows');
    await ended(page);
    const call = lastCall(page);
    await call.locator('summary').click();
    await call.getByLabel('Filter Rows of exact').fill('paid ada');
    await holds(async () => assert.equal(await call.locator('.table-tools .hint').textContent(), '6 of 12 rows'));
    assert.equal(await call.locator('.rows tbody tr').count(), 6);
    await call.getByRole('button', { name: 'Sum' }).click();
    assert.deepEqual(await call.locator('.rows tfoot td').allTextContents(), ['Sum', '', '', '54,043,195,528,445,958', '0.60', '']);
    assert.deepEqual(await violations(page), []);
    await call.getByLabel('Filter Rows of exact').fill('mar 3,');
    await holds(async () => assert.deepEqual(await call.locator('.rows tbody tr td:nth-child(1)').allTextContents(), ['3']));
    assert.deepEqual(await call.locator('.rows tfoot td').allTextContents(), ['Sum', '', '', '9,007,199,254,740,993', '0.10', '']);
    await call.getByLabel('Filter Rows of exact').fill('');
    await holds(async () => assert.equal(await call.locator('.rows tbody tr').count(), 12));
  }],

  ['should_write_days_as_the_reader_does_and_guess_no_zone', async ({ page }) => {
    const shown = await page.evaluate(async () => {
      const { dayOf } = await import('/page/format.js');
      return ['2026-03-01', '2026-03-01T00:00:00Z', '2026-03-01T00:00:00.001Z', '2026-03-01 23:59:59', '2026-03-01T09:30:00.25+02:00', '2026-02-30', '2026-13-01', '26-01-01', '2026-03-01x'].map(dayOf);
    });
    assert.deepEqual(shown, ['Mar 1, 2026', 'Mar 1, 2026', 'Mar 1, 2026, 00:00:00.001', 'Mar 1, 2026, 23:59:59', 'Mar 1, 2026, 09:30:00.25 +02:00', null, null, null, null]);
  }],

  ['should_sum_2000_times_what_a_sum_of_whole_numbers_says', async ({ page }) => {
    const wrong = await page.evaluate(async () => {
      const { sumOf } = await import('/page/sum.js');
      let seed = 7;
      const next = (below) => { seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0; return Math.floor((seed / 2 ** 32) * below); };
      return Array.from({ length: 2000 }, () => {
        // Of cents that are known as whole numbers, written with two, one or no decimals.
        const cents = Array.from({ length: next(30) }, () => BigInt(next(2 ** 32)) * BigInt(next(2 ** 31)) * (next(2) ? 1n : -1n));
        const texts = cents.map((cent) => {
          const digits = String(cent < 0n ? -cent : cent).padStart(3, '0');
          const text = `${cent < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
          return text.endsWith('.00') ? text.slice(0, -3) : text.endsWith('0') ? text.slice(0, -1) : text;
        });
        const [whole, part = ''] = sumOf(texts).split('.');
        return BigInt(whole + part.padEnd(2, '0')) === cents.reduce((sum, cent) => sum + cent, 0n) ? null : texts;
      }).filter(Boolean);
    });
    assert.deepEqual(wrong.slice(0, 2), []);
  }],

  ['should_copy_rows_as_markdown_and_csv', async ({ page }) => {
    await ask(page, 'Show hostile rows');
    await ended(page);
    await lastCall(page).locator('summary').click();
    const copied = async (name) => {
      await lastCall(page).getByRole('button', { name }).click();
      await lastCall(page).getByRole('button', { name: 'Copied' }).first().waitFor();
      const text = await page.evaluate(() => navigator.clipboard.readText());
      await lastCall(page).getByRole('button', { name }).waitFor(); // it says so for a moment only
      return text;
    };
    assert.equal((await copied('Copy Markdown')).replaceAll('\r\n', '\n'), '| id | name | formula | plus | minus | at | tab | quote | price | negative | empty | nested |\n| --: | --- | --- | --- | --- | --- | --- | --- | --: | --: | --- | --- |\n'
      + '| 12345678901234567890 | &lt;img src=x onerror=alert(1)&gt; | =1+1 | +1 | -2+3 | @SUM(A1) | \t=1 | a "b", c d | 12.30 | -4.5 |  | {"a":[1]} |\n');
    assert.ok((await copied('Copy CSV')).startsWith('id,name,formula'));
  }],

  ['should_align_figures_in_a_table_of_the_answer', async ({ page }) => {
    await ask(page, 'plain table');
    await ended(page);
    await page.locator('.prose table').waitFor();
    assert.deepEqual(await page.locator('.prose th').evaluateAll((all) => all.map(({ textContent, align }) => `${textContent} ${align}`)), ['Product ', 'Units right', 'Revenue right', 'Share right', 'Code ', 'Left left']);
  }],

  ['should_ask_again_as_it_was_or_in_other_words', async ({ page, server }) => {
    await ask(page, 'first question');
    await ended(page);
    await page.getByRole('button', { name: 'Repeat' }).click();
    await page.locator('.turn').nth(1).locator('.receipt').waitFor();
    assert.deepEqual(server.state.asked.map(({ message }) => message), ['first question', 'first question']);
    await page.getByRole('button', { name: 'Edit question' }).first().click();
    assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), 'first question');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'message');
  }],

  ['should_download_csv_that_no_spreadsheet_runs', async ({ page }) => {
    await ask(page, 'Show hostile rows');
    await ended(page);
    await lastCall(page).locator('summary').click();
    const { name, text } = await csvOf(page);
    assert.equal(name, 'export.csv');
    assert.equal(text, '\ufeffid,name,formula,plus,minus,at,tab,quote,price,negative,empty,nested\r\n'
      + '12345678901234567890,<img src=x onerror=alert(1)>,"\'=1+1","\'+1","\'-2+3","\'@SUM(A1)","\'\t=1","a ""b"", c\nd",12.30,-4.5,,"{""a"":[1]}"\r\n');
    await lastCall(page).locator('.rows tbody td').first().waitFor();
    const cells = await lastCall(page).locator('.rows tbody td').allTextContents();
    assert.equal(cells[0], '12345678901234567890', 'no digit is lost');
    assert.equal(cells[1], '<img src=x onerror=alert(1)>', 'HTML is text');
    assert.equal(cells[8], '12.30', 'the cents stay');
  }],

  ['should_download_all_rows_and_not_only_the_shown_ones', async ({ page }) => {
    await ask(page, 'Show many orders');
    await ended(page);
    await lastCall(page).locator('summary').click();
    const { text } = await csvOf(page);
    assert.equal(text.trim().split('\r\n').length, 341);
    assert.ok(text.includes(`"'=HYPERLINK(""http://evil.example"",""x"")"`));
  }],

  ['should_draw_a_line_for_a_series_over_time', async ({ page, seen }) => {
    assert.ok(!seen.requests.some((url) => url.includes('uPlot')), 'the chart library is not loaded before');
    await ask(page, 'Sales by month from 2025-07-01 to 2026-06-30');
    await ended(page);
    const chart = page.locator('.chart.time');
    await chart.locator('canvas').waitFor();
    const label = await chart.getByRole('img').getAttribute('aria-label');
    assert.equal(label, 'Line chart by period, 2025-07 to 2026-06: revenue from 7,015.2 to 16,218.75. The table has the same figures.');
    await holds(async () => assert.ok(await inked(chart.locator('canvas')) > 2000, 'something is drawn'));
    await chart.getByRole('button', { name: 'orders' }).click();
    assert.equal(await chart.getByRole('button', { name: 'orders' }).getAttribute('aria-pressed'), 'true');
    assert.match(await chart.getByRole('img').getAttribute('aria-label'), /orders from 19 to 38; revenue/);
    await chart.locator('.u-over').hover({ position: { x: 200, y: 60 } });
    await holds(async () => assert.match(await chart.locator('.tip').textContent(), /^2025-1\dorders \d+revenue [\d,.]+$/));
  }],

  ['should_draw_bars_for_categories_and_hide_them_on_demand', async ({ page }) => {
    await ask(page, 'Top 5 products in March 2026');
    await ended(page);
    const chart = page.locator('.chart.category');
    await chart.locator('canvas').waitFor();
    assert.match(await chart.getByRole('img').getAttribute('aria-label'), /^Bar chart by name, Aurora Down Jacket to Skarv Trail Boots: revenue from 2,268 to 9,430/);
    await holds(async () => assert.ok(await inked(chart.locator('canvas')) > 2000, 'something is drawn'));
    await lastCall(page).locator('summary').click();
    await lastCall(page).getByRole('button', { name: 'Chart' }).click();
    assert.ok(await chart.isHidden());
  }],

  ['should_draw_no_chart_where_rows_are_no_series', async ({ page }) => {
    await ask(page, 'Show many orders');
    await ended(page);
    assert.equal(await page.locator('.chart-place:not([hidden])').count(), 0, 'none is loaded either');
    await lastCall(page).locator('summary').click();
    assert.equal(await lastCall(page).getByRole('button', { name: 'Chart' }).count(), 0);
  }],
];
