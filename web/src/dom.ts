// Elements, made in one call.

export type Child = Node | string | null | undefined | false;

type Listeners = { [K in keyof HTMLElementEventMap as `on${K}`]?: (event: HTMLElementEventMap[K]) => void };
type Attributes = Listeners & { class?: string; [name: string]: unknown };

/** Makes an element: `on…` are listeners, `true` is an attribute without a value, false and undefined are left out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  apply(element, attributes);
  element.append(...present(children));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** The same for SVG. */
export function svg(tag: string, attributes: Record<string, unknown> = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  apply(element, attributes);
  element.append(...present(children));
  return element;
}

/** Puts `children` in the place of whatever is in `parent`. */
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(...present(children));
}

function present(children: Child[]): (Node | string)[] {
  return children.filter((child): child is Node | string => child != null && child !== false);
}

function apply(element: Element, attributes: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** A line drawing of 20 by 20 in the colour of the text around it, hidden from readers of the screen. */
export function glyph(path: string): SVGElement {
  return svg("svg", { class: "glyph", viewBox: "0 0 20 20", "aria-hidden": "true" }, svg("path", { d: path }));
}

export const GLYPHS = {
  back: "M12.5 4.5 7 10l5.5 5.5",
  forward: "M7.5 4.5 13 10l-5.5 5.5",
  close: "m5 5 10 10M15 5 5 15",
  sun: "M10 3v1.6M10 15.4V17M3 10h1.6M15.4 10H17M5 5l1.1 1.1M13.9 13.9 15 15M15 5l-1.1 1.1M6.1 13.9 5 15M13.2 10a3.2 3.2 0 1 1-6.4 0 3.2 3.2 0 0 1 6.4 0Z",
  moon: "M16 11.6A6.5 6.5 0 0 1 8.4 4a6.5 6.5 0 1 0 7.6 7.6Z",
  layers: "m10 3.5 7 3.7-7 3.7-7-3.7zM3.5 10.8 10 14.2l6.5-3.4M3.5 14 10 17.4l6.5-3.4",
  check: "m4.5 10.5 3.6 3.6 7.4-8",
  cross: "m5.5 5.5 9 9m0-9-9 9",
  map: "m3 5.5 4.7-2 4.6 2 4.7-2v11l-4.7 2-4.6-2-4.7 2zM7.7 3.5v11M12.3 5.5v11",
  driver: "M3 12.5v-2l1.8-4.2a1.6 1.6 0 0 1 1.5-1h7.4a1.6 1.6 0 0 1 1.5 1L17 10.5v4h-2.4m-9.2 0H3v-2m2.4 2a1.4 1.4 0 0 0 2.8 0 1.4 1.4 0 0 0-2.8 0Zm6.4 0a1.4 1.4 0 0 0 2.8 0 1.4 1.4 0 0 0-2.8 0Zm-3.6 0h3.6M4.2 9.8h11.6",
  operator: "M3 16.5V3.5M3 16.5h14M6 13l3-4 2.5 2.5L16 6",
} as const;
