// Figures as people read them: three significant digits, the unit, the spread.
// No RFC.
import type { Figure, Result } from './result.ts';
import { verdictOf } from './result.ts';

/** Three digits that mean something, thousands apart. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.01))));
  return value.toLocaleString('en', { minimumFractionDigits: Math.min(2, digits), maximumFractionDigits: Math.min(2, digits) });
}

export function formatFigure({ unit, summary: { median } }: Figure): string {
  return `${formatNumber(median)} ${unit}`.trimEnd();
}

export function formatSpread({ unit, summary: { median, low, high, runs } }: Figure): string {
  const spread = runs > 1 ? ` (${formatNumber(low)}–${formatNumber(high)})` : '';
  return `${formatNumber(median)} ${unit}`.trimEnd() + spread;
}

/** For the terminal. */
export function formatResult(result: Result): string {
  const { name, users, score, figures } = result;
  const rest = figures.map((figure) => `${figure.label} ${formatFigure(figure)}`).join(', ');
  const most = score.most === undefined ? '' : `, at most ${formatNumber(score.most)}`;
  return `${name.padEnd(20)} ${users.toLocaleString('en').padStart(9)}  ${verdictOf(result).padEnd(11)} ${formatSpread(score)}${most}; ${rest}`;
}
