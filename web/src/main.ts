// The frame around the views: which one is shown follows from the address.

import "./style.css";
import { GLYPHS, el, fill, glyph } from "./dom";
import { driverView } from "./driver/view";
import { mapView } from "./map/view";
import { operatorView } from "./operator/view";
import { type ViewName, link, route } from "./route";
import { onTheme, startTheme, theme, toggleTheme } from "./theme";

/** A view is made when it is first shown, and kept. */
export interface View {
  element: HTMLElement;
  /** Called when it is shown, and when its part of the address changes. */
  show(params: URLSearchParams): void;
  hide(): void;
}

const VIEWS: Record<ViewName, { title: string; icon: string; make: () => View }> = {
  map: { title: "Map", icon: GLYPHS.map, make: mapView },
  driver: { title: "Driver", icon: GLYPHS.driver, make: driverView },
  operator: { title: "Operator", icon: GLYPHS.operator, make: operatorView },
};

const made = new Map<ViewName, View>();
let shown: ViewName | undefined;

const main = el("main", { id: "main" });
const tabs = Object.entries(VIEWS).map(([name, { title, icon }]) =>
  el("a", { class: "tab", href: link(name as ViewName) }, glyph(icon), el("span", {}, title)),
);

function themeButton(): HTMLElement {
  const button = el("button", { class: "icon-button", type: "button", onclick: toggleTheme });
  const paint = (): void => {
    const other = theme() === "dark" ? "light" : "dark";
    fill(button, glyph(other === "dark" ? GLYPHS.moon : GLYPHS.sun));
    button.setAttribute("aria-label", `Switch to ${other} colours`);
  };
  onTheme(paint);
  paint();
  return button;
}

function header(): HTMLElement {
  const brand = el(
    "a",
    { class: "brand", href: link("map"), "aria-label": "Waymark, the map" },
    el("img", { src: "/favicon.svg", alt: "", width: "24", height: "24" }),
    el("span", {}, "Waymark"),
  );
  return el("header", { class: "bar" }, brand, el("nav", { "aria-label": "Views" }, ...tabs), themeButton());
}

function showRoute(): void {
  const { view: name, params } = route();
  if (shown && shown !== name) {
    made.get(shown)?.hide();
    made.get(shown)?.element.setAttribute("hidden", "");
  }
  let view = made.get(name);
  if (!view) {
    view = VIEWS[name].make();
    made.set(name, view);
    main.append(view.element);
  }
  view.element.removeAttribute("hidden");
  if (shown !== name) document.title = name === "map" ? "Waymark" : `${VIEWS[name].title} · Waymark`;
  Object.keys(VIEWS).forEach((key, i) => {
    if (key === name) tabs[i]?.setAttribute("aria-current", "page");
    else tabs[i]?.removeAttribute("aria-current");
  });
  shown = name;
  view.show(params);
}

startTheme();
document.body.append(el("a", { class: "skip", href: "#main", onclick: skip }, "Skip to the content"), header(), main);
addEventListener("hashchange", showRoute);
addEventListener("popstate", showRoute);
showRoute();

/** The part after # is the view's: the focus is moved without it. */
function skip(event: MouseEvent): void {
  event.preventDefault();
  main.tabIndex = -1;
  main.focus();
}
