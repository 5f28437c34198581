// The panel beside the map: a frame with its neighbours and what is in its view, or a thing with its evidence.

import { imageOf } from "../api";
import { type Child, GLYPHS, el, fill, glyph } from "../dom";
import { date, heading, metres, moment, percent, plural, short } from "../format";
import { link } from "../route";
import { className } from "../words";
import type { Sight, Thing } from "./feature";
import type { Frame } from "./frame";
import { signElement } from "./icons";

export interface PanelActions {
  openFrame(id: string): void;
  openThing(thing: Thing): void;
  close(): void;
}

export interface Panel {
  element: HTMLElement;
  loading(title: string): void;
  failed(title: string, why: string): void;
  frame(frame: Frame): void;
  /** What is in the view of the frame that is shown. */
  sights(sights: Sight[] | undefined): void;
  thing(thing: Thing): void;
  hide(): void;
}

export function panel(actions: PanelActions): Panel {
  const title = el("h2", { tabindex: "-1" });
  const subtitle = el("p", { class: "quiet" });
  const body = el("div", { class: "panel-body" });
  const seen = el("section", { class: "sights" });
  const close = el("button", { class: "icon-button", type: "button", "aria-label": "Close", onclick: actions.close }, glyph(GLYPHS.close));
  const head = el("div", { class: "panel-head" }, el("div", {}, title, subtitle), close);
  const element = el("aside", { class: "panel", "aria-label": "What was chosen", hidden: true }, head, body);

  const open = (name: string, below: string, ...children: Child[]): void => {
    title.textContent = name;
    subtitle.textContent = below;
    fill(body, ...children);
    if (element.hidden) {
      element.hidden = false;
      body.scrollTop = 0;
    }
  };

  return {
    element,
    loading: (name) => element.hidden && open(name, "", el("div", { class: "photo is-loading" })),
    failed: (name, why) => open(name, "", el("p", { class: "notice", role: "alert" }, why)),
    frame: (frame) => {
      fill(seen);
      // Whoever goes along the drive by a button goes on with it.
      const at = [...body.querySelectorAll(".step")].indexOf(document.activeElement as Element);
      open("Frame", moment(frame.capturedMs), photo(frame, actions), figures(frame), seen);
      body.querySelectorAll<HTMLElement>(".step")[at]?.focus();
    },
    sights: (sights) => fill(seen, ...sightList(sights, actions)),
    thing: (thing) => open(className(thing.className), `Last seen ${date(thing.lastSeenMs)}`, ...about(thing, actions)),
    hide: () => {
      element.hidden = true;
    },
  };
}

function photo(frame: Frame, actions: PanelActions): HTMLElement {
  const image = el("img", {
    src: imageOf(frame.id),
    alt: `The street, looking ${heading(frame.headingDeg)}; faces and number plates are blurred`,
    width: String(frame.size[0]),
    height: String(frame.size[1]),
  });
  const holder = el("figure", { class: "photo is-loading" }, image);
  const settle = (failed: boolean) => (): void => {
    holder.classList.remove("is-loading");
    if (failed) fill(holder, el("p", { class: "notice", role: "alert" }, "The image cannot be loaded."));
  };
  image.addEventListener("load", settle(false));
  image.addEventListener("error", settle(true));
  return el("div", { class: "viewer" }, holder, steps(frame, actions));
}

/** To the frames before and after, along the drive. */
function steps(frame: Frame, actions: PanelActions): HTMLElement {
  const step = (id: string | undefined, name: string, icon: string): HTMLElement => {
    const thumbnail = id ? el("img", { src: imageOf(id), alt: "", loading: "lazy" }) : el("span", { class: "no-image" });
    const label = el("span", {}, name);
    const inside = name === "Before" ? [glyph(icon), thumbnail, label] : [label, thumbnail, glyph(icon)];
    const onclick = (): void => void (id && actions.openFrame(id));
    return el("button", { type: "button", class: "step", disabled: !id, onclick }, ...inside);
  };
  return el(
    "div",
    { class: "steps", role: "group", "aria-label": "Along the drive" },
    step(frame.previous, "Before", GLYPHS.back),
    step(frame.next, "After", GLYPHS.forward),
  );
}

function figures(frame: Frame): HTMLElement {
  const { quality_ppm: quality, accuracy_mm: accuracy, redacted_ppm: redacted, speed_mps: speed } = frame.figures;
  return rows(
    ["Looking", heading(frame.headingDeg)],
    accuracy !== undefined && ["Position", `within ${metres(accuracy)}`],
    quality !== undefined && ["Quality", meter(quality)],
    redacted !== undefined && ["Blurred", `${percent(redacted)} of the image`],
    speed !== undefined && ["Speed", `${Math.round(speed * 3.6)} km/h`],
    frame.driver !== undefined && ["Driver", el("a", { href: link("driver", { name: frame.driver }) }, frame.driver)],
    frame.clip !== undefined && ["Clip", el("code", { title: frame.clip }, short(frame.clip))],
  );
}

function meter(ppm: number): HTMLElement {
  const bar = el("span", { class: "meter", "aria-hidden": "true" }, el("i"));
  bar.style.setProperty("--share", String(ppm / 1_000_000));
  return el("span", { class: "with-meter" }, bar, percent(ppm));
}

type Row = [string, Child] | false;

export function rows(...entries: Row[]): HTMLElement {
  const there = entries.filter((entry): entry is [string, Child] => entry !== false);
  return el("dl", { class: "rows" }, ...there.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function sightList(sights: Sight[] | undefined, actions: PanelActions): Child[] {
  if (!sights) return [];
  if (sights.length === 0) return [el("h3", {}, "In view"), el("p", { class: "quiet" }, "Nothing of the map is in view.")];
  const entry = ({ thing, metres: far, isEvidence }: Sight): HTMLElement =>
    el(
      "li",
      {},
      el(
        "button",
        { type: "button", class: "row-button", onclick: () => actions.openThing(thing) },
        signElement(thing.className, thing.state),
        el("span", {}, className(thing.className)),
        isEvidence && el("span", { class: "tag" }, "evidence"),
        el("span", { class: "quiet number" }, `${Math.round(far)} m`),
      ),
    );
  return [el("h3", {}, "In view"), el("ul", { class: "plain" }, ...sights.map(entry))];
}

const STATES: Record<string, string> = {
  present: "There, as far as anyone knows",
  new: "New: it was not there before",
  gone: "Gone: drives that should have seen it did not",
};

function about(thing: Thing, actions: PanelActions): Child[] {
  const evidence = thing.evidence.map((id, i) =>
    el(
      "button",
      { type: "button", class: "thumb", "aria-label": `Evidence, frame ${i + 1}`, onclick: () => actions.openFrame(id) },
      el("img", { src: imageOf(id), alt: "", loading: "lazy" }),
    ),
  );
  const state = el("p", { class: `state is-${thing.state}` }, STATES[thing.state] ?? thing.state);
  return [
    el("div", { class: "thing-head" }, signElement(thing.className, thing.state, 56), state),
    rows(
      ["Certainty", meter(thing.confidencePpm)],
      thing.azimuthDeg !== undefined && ["Facing", heading(thing.azimuthDeg)],
      ["Position", `within ${metres(thing.accuracyMm)}`],
      ["First seen", date(thing.firstSeenMs)],
      ["Last seen", date(thing.lastSeenMs)],
      ["Seen in", `${plural(thing.frames, "frame")} of ${plural(thing.passes, "pass").replace("passs", "passes")}`],
    ),
    el("h3", {}, "Evidence"),
    evidence.length > 0
      ? el("div", { class: "thumbs" }, ...evidence)
      : el("p", { class: "quiet" }, "The frames that show it are not published any more."),
  ];
}
