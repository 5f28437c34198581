// A small curve of what was lately.

import { svg } from "../dom";

const WIDTH = 240;
const HEIGHT = 44;

/** `values` from left to right; the curve is filled down to zero. */
export function spark(values: number[], slots: number): SVGElement {
  const most = Math.max(...values, 1e-9);
  const x = (i: number): number => WIDTH - (values.length - 1 - i) * (WIDTH / (slots - 1));
  const y = (value: number): number => HEIGHT - 2 - (value / most) * (HEIGHT - 6);
  const points = values.map((value, i) => `${x(i).toFixed(1)} ${y(value).toFixed(1)}`);
  const chart = svg("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  if (points.length > 1) {
    const line = `M${points.join("L")}`;
    chart.append(svg("path", { class: "spark-fill", d: `${line}V${HEIGHT}H${x(0)}Z` }), svg("path", { class: "spark-line", d: line }));
  }
  return chart;
}
