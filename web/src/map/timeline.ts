// The slider over snapshots.

import type { Snapshot } from "../api";
import { el } from "../dom";
import { date } from "../format";

export interface Timeline {
  element: HTMLElement;
  /** `snapshots` earliest first; `chosen` is the place of the one that is shown. */
  show(snapshots: Snapshot[], chosen: number): void;
}

export function timeline(choose: (place: number) => void): Timeline {
  const range = el("input", { type: "range", min: "0", step: "1", "aria-label": "Snapshot" });
  const ticks = el("div", { class: "ticks", "aria-hidden": "true" });
  const name = el("output", { class: "timeline-name" });
  const element = el("section", { class: "card timeline", "aria-label": "Time", hidden: true }, name, el("div", { class: "track" }, ticks, range));
  let all: Snapshot[] = [];

  const tell = (place: number): void => {
    const snapshot = all[place];
    if (!snapshot) return;
    const said = describe(snapshot, place === all.length - 1);
    name.textContent = said;
    range.setAttribute("aria-valuetext", said);
  };
  range.addEventListener("input", () => tell(Number(range.value)));
  range.addEventListener("change", () => choose(Number(range.value)));
  return {
    element,
    show: (snapshots, chosen) => {
      all = snapshots;
      element.hidden = snapshots.length < 2;
      range.max = String(snapshots.length - 1);
      range.value = String(chosen);
      // Beyond a few dozen, ticks say nothing.
      ticks.replaceChildren(...(snapshots.length <= 40 ? snapshots.map(() => el("i")) : []));
      tell(chosen);
    },
  };
}

function describe(snapshot: Snapshot, isLatest: boolean): string {
  const [first, last] = [snapshot.epochs[0], snapshot.epochs.at(-1)];
  const weeks = first === last ? first : `${first} to ${last}`;
  return [isLatest ? "Latest" : date(Date.parse(snapshot.published_at)), weeks].filter(Boolean).join(" · ");
}
