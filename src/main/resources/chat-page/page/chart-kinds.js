/** How lines and bars are drawn with uPlot. */

const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const exact = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });

const STEPS = { year: [1, 2, 5, 10, 20, 50], quarter: [1, 2, 4, 8, 20, 40], month: [1, 2, 3, 6, 12, 24, 60, 120], day: [1, 2, 7, 14, 28, 91, 182, 364, 1820], second: undefined };

/** Lines over time, filled if there is only one. */
export function lines(uPlot, { unit, positions, measures, colors }, width, look) {
  const first = positions[0];
  const last = positions.at(-1);
  return {
    data: [positions, ...measures.map(({ values }) => values)],
    options: {
      width,
      height: 250,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false, points: { size: 8 } },
      padding: [14, 24, 0, 0], // half of the last name under the axis
      scales: { x: { time: false, range: () => [first, last] }, y: { range: (_, low, high) => span(low, high) } },
      axes: [
        { ...axis(look), grid: { show: false }, size: 34, space: 64, incrs: STEPS[unit], values: (_, splits) => splits.map((at) => nameOf(unit, at)) },
        { ...axis(look), size: 56, values: (_, splits) => splits.map((value) => compact.format(value)) },
      ],
      series: [{}, ...measures.map((measure, index) => ({
        label: measure.name,
        stroke: colors[index],
        width: 2,
        fill: measures.length === 1 ? faded(colors[index]) : undefined,
        points: { show: positions.length <= 40, size: 6, fill: colors[index] },
      }))],
    },
  };
}

/** Bars from left to right with their names before and their figures behind them. */
export function bars(uPlot, { positions, names, measures, colors }, width, look) {
  const [{ values }] = measures;
  const room = Math.min(width * 0.4, 16 + 7 * Math.max(...names.map((name) => Math.min(name.length, 28))));
  const most = Math.floor((room - 14) / 6.6);
  return {
    data: [positions, values],
    options: {
      width,
      height: 34 * positions.length + 16,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, x: false, y: false, points: { show: false } },
      padding: [4, 64, 4, 0],
      scales: {
        x: { time: false, ori: 1, dir: -1, range: () => [-0.5, positions.length - 0.5] },
        y: { ori: 0, range: (_, low, high) => [Math.min(0, low), Math.max(0, high) || 1] },
      },
      axes: [
        { ...axis(look), grid: { show: false }, scale: 'x', side: 3, size: room, gap: 8, splits: () => positions, values: () => names.map((name) => short(name, most)) },
        { show: false, scale: 'y', side: 2 },
      ],
      series: [{}, { stroke: colors[0], fill: colors[0], width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.62, 26], radius: 0.25 }) }],
      hooks: { draw: [(plot) => figures(plot, positions, values, look)] },
    },
  };
}

function figures(plot, positions, values, look) {
  const { ctx } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = look.font.replace('12px', `${12 * ratio}px`);
  ctx.fillStyle = look.text;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    ctx.fillText(exact.format(value), plot.valToPos(Math.max(value, 0), 'y', true) + 8 * ratio, plot.valToPos(positions[index], 'x', true));
  }
  ctx.restore();
}

const axis = ({ text, grid, font }) => ({ stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { show: false }, border: { show: false } });

/** From zero unless the values lie far from it. */
function span(low, high) {
  const bottom = low >= 0 && low < 0.6 * high ? 0 : low - (high - low || Math.abs(low) || 1) * 0.1;
  return [bottom, high + (high - bottom || 1) * 0.08];
}

function nameOf(unit, at) {
  if (!Number.isInteger(at) && unit !== 'second') return '';
  const say = (date, options) => new Intl.DateTimeFormat(undefined, { timeZone: 'UTC', ...options }).format(date);
  if (unit === 'year') return String(at);
  if (unit === 'quarter') return `Q${(at % 4) + 1} ${Math.floor(at / 4)}`;
  if (unit === 'month') return say(new Date(Date.UTC(Math.floor(at / 12), at % 12)), { month: 'short', year: '2-digit' });
  if (unit === 'day') return say(new Date(at * 86_400_000), { day: 'numeric', month: 'short' });
  return say(new Date(at * 1000), { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
}

const short = (name, most) => (name.length > most ? `${name.slice(0, Math.max(1, most - 1))}…` : name);

/** The color, thinner: computed colors are rgb(…). */
function faded(color, share = 0.12) {
  const parts = color.match(/[\d.]+/g).slice(0, 3);
  return `rgba(${parts.join(',')},${share})`;
}
