/** Seconds by size, on two scales of powers of ten: how each line grows. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [size: number, seconds: number])[];
}

const COLOURS = ['#1677ff', '#fa8c16', '#52c41a', '#eb2f96', '#722ed1', '#8c8c8c'];
const [WIDTH, HEIGHT, LEFT, BOTTOM, PLOT, LABELS] = [360, 260, 48, 36, 250, 20];

function chart(title: string, curves: readonly Curve[], left: number): string {
  const points = curves.flatMap((curve) => curve.points);
  const range = (at: 0 | 1) => {
    const logs = points.map((point) => Math.log10(point[at]));
    return [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))] as const;
  };
  const [[x0, x1], [y0, y1]] = [range(0), range(1)];
  const x = (size: number) => LEFT + ((Math.log10(size) - x0) / (x1 - x0 || 1)) * PLOT;
  const bottom = HEIGHT - BOTTOM;
  const y = (seconds: number) => bottom - ((Math.log10(seconds) - y0) / (y1 - y0 || 1)) * (bottom - 30);
  const powers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  const lines = [
    `<text x="${LEFT}" y="16" font-weight="bold">${title}</text>`,
    ...powers(x0, x1).map(
      (size) =>
        `<text x="${x(size)}" y="${bottom + 16}" text-anchor="middle">${size.toLocaleString('en')}</text>`,
    ),
    ...powers(y0, y1).map(
      (seconds) =>
        `<line x1="${LEFT}" x2="${LEFT + PLOT}" y1="${y(seconds)}" y2="${y(seconds)}" stroke="#ddd"/><text x="${LEFT - 6}" y="${y(seconds) + 4}" text-anchor="end">${seconds} s</text>`,
    ),
    ...curves.flatMap(({ name, points }, i) => {
      const colour = COLOURS[i % COLOURS.length] ?? '';
      const at = points.map(([size, seconds]) => `${x(size).toFixed(1)},${y(seconds).toFixed(1)}`);
      return [
        `<polyline points="${at.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ...at.map((point) => {
          const [cx, cy] = point.split(',');
          return `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`;
        }),
        `<text x="${LEFT + PLOT + 8}" y="${40 + i * LABELS}" fill="${colour}">${name}</text>`,
      ];
    }),
  ];
  return `<g transform="translate(${left} 0)">${lines.join('')}</g>`;
}

/** An SVG with one chart beside the other. */
export function picture(
  charts: readonly { readonly title: string; readonly curves: readonly Curve[] }[],
): string {
  const step = WIDTH + 80;
  const drawn = charts.map(({ title, curves }, i) => chart(title, curves, i * step));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${step * charts.length} ${HEIGHT}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>${drawn.join('')}</svg>\n`;
}
