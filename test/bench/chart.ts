// Bars as SVG, for a page that is read in the light and in the dark.
// SVG 2; Media Queries 5 section 12.5 (prefers-color-scheme), which holds inside an image, too.
import { formatNumber } from './figure-text.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Index of its colour. */
  readonly series: number;
}

export interface Chart {
  readonly title: string;
  readonly unit: string;
  /** Bars with a heading of their own. */
  readonly groups: readonly { readonly label: string; readonly bars: readonly Bar[] }[];
  /** A line across all bars, and what it says. */
  readonly mark?: { readonly at: number; readonly label: string };
  /** Equal ratios are equal lengths. */
  readonly isLogarithmic?: boolean;
}

const [width, labelWidth, valueWidth, rowHeight, padding] = [860, 340, 90, 22, 16];
const barWidth = width - labelWidth - valueWidth - 2 * padding;

const style = `
    svg { font: 13px system-ui, sans-serif }
    text { fill: #1f2328 } .quiet { fill: #59636e } .title { font-weight: 600; font-size: 15px } .group { font-weight: 600 }
    .mark { stroke: #59636e; stroke-dasharray: 4 3 } .quiet { paint-order: stroke; stroke: #fff; stroke-width: 4px }
    .s0 { fill: #0969da } .s1 { fill: #8c959f } .s2 { fill: #1a7f37 } .s3 { fill: #bc4c00 } .s4 { fill: #8250df }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc } .quiet { fill: #9198a1; stroke: #0d1117 } .mark { stroke: #9198a1 }
      .s0 { fill: #4493f8 } .s1 { fill: #7d8590 } .s2 { fill: #3fb950 } .s3 { fill: #db6d28 } .s4 { fill: #ab7df8 }
    }
  `;

export function drawChart({ title, unit, groups, mark, isLogarithmic = false }: Chart): string {
  const values = [...groups.flatMap(({ bars }) => bars.map(({ value }) => value)), ...(mark ? [mark.at] : [])].filter(Number.isFinite);
  const lengthOf = scaleTo(values, isLogarithmic);
  const lines: string[] = [`<text class="title" x="${padding}" y="26">${escape(isLogarithmic ? `${title} (logarithmic)` : title)}</text>`];
  let y = 44;
  const [top, first] = [y, lines.length];
  for (const { label, bars } of groups) {
    if (label !== '') {
      y += 8;
      lines.push(`<text class="group" x="${padding}" y="${y + 15}">${escape(label)}</text>`);
      y += rowHeight;
    }
    for (const bar of bars) {
      const length = Math.max(1, lengthOf(bar.value));
      const x = padding + labelWidth;
      lines.push(
        `<text x="${x - 8}" y="${y + 15}" text-anchor="end">${escape(bar.label)}</text>`,
        `<rect class="s${bar.series}" x="${x}" y="${y + 4}" width="${length.toFixed(1)}" height="${rowHeight - 8}" rx="2"/>`,
        `<text class="quiet" x="${(x + length + 6).toFixed(1)}" y="${y + 15}">${escape(`${formatNumber(bar.value)} ${unit}`)}</text>`,
      );
      y += rowHeight;
    }
  }
  if (mark) {
    const x = (padding + labelWidth + lengthOf(mark.at)).toFixed(1);
    // Behind all that is drawn.
    lines.splice(first, 0, `<line class="mark" x1="${x}" x2="${x}" y1="${top}" y2="${y + 4}"/>`);
    lines.push(`<text class="quiet" x="${x}" y="${y + 18}" text-anchor="middle">${escape(mark.label)}</text>`);
    y += rowHeight;
  }
  const height = y + padding;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">
  <style>${style}</style>
  ${lines.join('\n  ')}
</svg>
`;
}

/** @returns pixels of a value: from nothing, or logarithmic from half of the least */
function scaleTo(values: readonly number[], isLogarithmic: boolean): (value: number) => number {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const positive = Math.max(least, most / 1e6);
  const from = isLogarithmic ? Math.log(positive / 2) : 0;
  const to = isLogarithmic ? Math.log(most) : most;
  return (value) =>
    Number.isFinite(value) ? (((isLogarithmic ? Math.log(Math.max(value, positive / 2)) : value) - from) / (to - from)) * barWidth : 0;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
