// What the colours mean, what is shown, and which things are in sight.

import { GLYPHS, el, fill, glyph } from "../dom";
import { count } from "../format";
import { theme } from "../theme";
import { className } from "../words";
import { STEP_NAMES, colours } from "./freshness";
import { signElement } from "./icons";
import type { Group } from "./style";

export interface Legend {
  element: HTMLElement;
  /** How many things of each class are in sight. */
  things(counts: ReadonlyMap<string, number>, hidden: ReadonlySet<string>): void;
  paint(): void;
}

export interface LegendActions {
  toggleGroup(group: Group, isShown: boolean): void;
  toggleClass(name: string): void;
}

export function legend(actions: LegendActions): Legend {
  const ramp = el("ul", { class: "ramp plain" });
  const classes = el("ul", { class: "classes plain", "aria-label": "Things in sight; press to hide or show" });
  const paint = (): void => {
    const swatch = (i: number): HTMLElement => {
      const square = el("i", { class: "swatch", "aria-hidden": "true" });
      square.style.background = colours(theme())[i] ?? "none";
      return square;
    };
    fill(ramp, ...STEP_NAMES.map((name, i) => el("li", {}, swatch(i), name)));
  };
  const element = el(
    "details",
    { class: "card legend", open: matchMedia("(min-width: 700px)").matches },
    el("summary", {}, glyph(GLYPHS.layers), el("span", {}, "Layers")),
    group("coverage", "Coverage, last seen", actions, ramp),
    group("drives", "Drives and frames", actions),
    group("things", "Things", actions, classes, states()),
  );
  paint();
  return {
    element,
    paint,
    things: (counts, hidden) => {
      const names = [...new Set([...counts.keys(), ...hidden])].sort();
      fill(classes, ...names.map((name) => classButton(name, counts.get(name) ?? 0, hidden.has(name), actions)));
    },
  };
}

/** What a sign is marked with when it is not just there. */
function states(): HTMLElement {
  const state = (name: string, said: string): HTMLElement => el("li", {}, signElement("street-lamp", name, 20), said);
  return el("ul", { class: "states plain", "aria-label": "Marks" }, state("new", "new"), state("gone", "gone"));
}

function group(name: Group, title: string, actions: LegendActions, ...below: HTMLElement[]): HTMLElement {
  const box = el("input", { type: "checkbox", checked: true });
  box.addEventListener("change", () => {
    actions.toggleGroup(name, box.checked);
    below.forEach((part) => part.classList.toggle("is-off", !box.checked));
  });
  return el("div", { class: "legend-group" }, el("label", { class: "check" }, box, el("span", {}, title)), ...below);
}

function classButton(name: string, number: number, isHidden: boolean, actions: LegendActions): HTMLElement {
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", class: "row-button", "aria-pressed": String(!isHidden), onclick: () => actions.toggleClass(name) },
      signElement(name),
      el("span", {}, className(name)),
      el("span", { class: "quiet number" }, isHidden ? "hidden" : count(number)),
    ),
  );
}
