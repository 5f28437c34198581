// A driver's clips of a week and what was decided on them.

import { type Child, el } from "../dom";
import { count, moment, plural, short, units } from "../format";
import { reasonName } from "../words";
import type { Clip, Clips } from "./ledger";

export function clipList({ clips, total, is_complete: isComplete }: Clips): Child[] {
  const head = el("h2", {}, "Clips");
  if (clips.length === 0 && isComplete) {
    return [head, el("p", { class: "quiet" }, "None came in for this week.")];
  }
  const shown = total > clips.length ? `The latest ${count(clips.length)} of ${count(total)}.` : plural(total, "clip");
  const state = isComplete ? shown : `${shown}; looking for more…`;
  return [head, el("p", { class: "quiet", role: "status" }, state), el("ul", { class: "clips plain" }, ...clips.map(row))];
}

function row(clip: Clip): HTMLElement {
  const isAccepted = clip.verdict === "accepted";
  return el(
    "li",
    {},
    el(
      "div",
      { class: "clip-head" },
      el("span", {}, clip.captured_at_ms === null ? "Time unknown" : moment(clip.captured_at_ms)),
      clip.clip_id !== null && el("code", { class: "quiet", title: clip.clip_id }, short(clip.clip_id)),
      el("span", { class: `tag ${isAccepted ? "is-good" : "is-bad"}` }, isAccepted ? "Accepted" : reasonName(clip.verdict ?? "undecided")),
      clip.amount !== null && el("span", { class: "number" }, `${units(clip.amount)} units`),
    ),
    clip.detail !== "" && el("p", { class: "quiet" }, clip.detail),
    isAccepted && frames(clip),
  );
}

function frames(clip: Clip): HTMLElement {
  const refused = Object.entries(clip.frames_refused).sort(([, a], [, b]) => b - a);
  if (clip.frames_accepted === 0 && refused.length === 0) {
    return el("p", { class: "quiet" }, "Waiting to be processed.");
  }
  const reasons = refused.map(([reason, number]) => el("span", { class: "tag is-plain" }, `${count(number)} × ${reasonName(reason).toLowerCase()}`));
  return el("p", { class: "clip-frames" }, `${plural(clip.frames_accepted, "frame")} on the map`, ...reasons);
}
