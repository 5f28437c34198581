// The operator's view: what waits, what was refused and why, how much comes in.

import "./operator.css";
import type { View } from "../main";
import { Failure, askText, wasAborted } from "../api";
import { type Child, el, fill } from "../dom";
import { bytes, count } from "../format";
import { reasonName } from "../words";
import { type Sample, byLabel, parse, total } from "./metrics";
import { spark } from "./spark";

const EVERY_MS = 5_000;
/** Ten minutes. */
const KEPT = 120;

interface Moment {
  atMs: number;
  samples: Sample[];
}

export function operatorView(): View {
  const live = el("p", { class: "quiet", role: "status" });
  const content = el("div", { class: "operator" });
  const element = el("div", { class: "page" }, el("div", { class: "column is-wide" }, el("div", { class: "page-head" }, el("h1", {}, "Operator"), live), content));
  const history: Moment[] = [];
  let timer: number | undefined;
  let asking = new AbortController();

  async function look(): Promise<void> {
    try {
      const [text, readiness] = await Promise.all([askText("/metrics", asking.signal), ready(asking.signal)]);
      history.push({ atMs: performance.now(), samples: parse(text) });
      if (history.length > KEPT) history.shift();
      live.textContent = `Counted since the server started; asked every ${EVERY_MS / 1000} seconds`;
      fill(content, ...cards(history, readiness));
    } catch (error) {
      if (wasAborted(error)) return;
      live.textContent = "";
      fill(content, el("div", { class: "card blank", role: "alert" }, el("h2", {}, "The server's counters cannot be read"), el("p", {}, (error as Error).message)));
    }
  }

  return {
    element,
    show: () => {
      if (timer !== undefined) return;
      asking = new AbortController();
      timer = window.setInterval(() => void look(), EVERY_MS);
      void look();
    },
    hide: () => {
      window.clearInterval(timer);
      timer = undefined;
      asking.abort();
    },
  };
}

/** Why no new clips are taken; none while they are. */
async function ready(signal: AbortSignal): Promise<string | undefined> {
  try {
    await askText("/readyz", signal);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

function cards(history: Moment[], unready: string | undefined): Child[] {
  const samples = history.at(-1)?.samples ?? [];
  const now = (name: string): number => total(samples, name) ?? 0;
  const disk = total(samples, "waymark_disk_free_bytes");
  const state = unready === undefined ? el("span", { class: "tag is-good" }, "Ready") : el("span", { class: "tag is-bad" }, "Not ready");
  return [
    el(
      "section",
      { class: "tiles", "aria-label": "Now" },
      tile("New clips", state, unready ?? "are taken"),
      tile("Backlog", count(now("waymark_backlog_clips")), "clips wait to be processed", series(history, "waymark_backlog_clips")),
      tile("Landed", count(now("waymark_clips_landed_total")), `clips; ${perMinute(history, "waymark_clips_landed_total")} a minute`, rates(history, "waymark_clips_landed_total")),
      processing(history),
      tile("Stored", bytes(now("waymark_media_stored_bytes_total")), `of media; ${bytes(rate(history, "waymark_media_stored_bytes_total"))}/s`, rates(history, "waymark_media_stored_bytes_total")),
      tile("Requests", count(now("waymark_http_answers_total")), `answered; ${rate(history, "waymark_http_answers_total").toFixed(1)} a second`, rates(history, "waymark_http_answers_total")),
      disk !== undefined && tile("Disk", bytes(disk), "free for the inbox"),
    ),
    el(
      "div",
      { class: "pair" },
      breakdown("Refused, by reason", byLabel(samples, "waymark_refusals_total", "reason"), reasonName, "Nothing was refused."),
      breakdown("Answers, by status", byLabel(samples, "waymark_http_answers_total", "status"), (status) => status, "Nothing was asked yet."),
    ),
    everything(samples),
  ];
}

function tile(name: string, value: Child, below: string, curve?: number[]): HTMLElement {
  return el(
    "article",
    { class: "card tile" },
    el("h2", {}, name),
    el("strong", {}, value),
    el("p", { class: "quiet" }, below),
    curve && spark(curve, KEPT / 2),
  );
}

/** How long a clip takes, on average since the server started. */
function processing(history: Moment[]): HTMLElement | undefined {
  const samples = history.at(-1)?.samples ?? [];
  const clips = total(samples, "waymark_processing_seconds_count");
  if (clips === undefined) return undefined;
  const seconds = clips > 0 ? (total(samples, "waymark_processing_seconds_sum") ?? 0) / clips : 0;
  const failed = total(samples, "waymark_clips_failed_total") ?? 0;
  return tile("Processing", clips > 0 ? `${seconds.toFixed(1)} s` : "–", `a clip; ${count(clips)} done, ${count(failed)} tries failed`, rates(history, "waymark_processing_seconds_count"));
}

const series = (history: Moment[], name: string): number[] =>
  history.slice(-KEPT / 2).map(({ samples }) => total(samples, name) ?? 0);

/** Growth a second between one look and the next; a server that started anew counts from zero. */
function rates(history: Moment[], name: string): number[] {
  return history.slice(-KEPT / 2 - 1).flatMap((moment, i, all) => {
    const before = all[i - 1];
    if (!before) return [];
    const grown = (total(moment.samples, name) ?? 0) - (total(before.samples, name) ?? 0);
    return [Math.max(0, grown) / ((moment.atMs - before.atMs) / 1000)];
  });
}

/** Over the last minute. */
function rate(history: Moment[], name: string): number {
  const [first, last] = [history.at(-Math.min(history.length, 13)), history.at(-1)];
  if (!first || !last || first === last) return 0;
  const grown = (total(last.samples, name) ?? 0) - (total(first.samples, name) ?? 0);
  return Math.max(0, grown) / ((last.atMs - first.atMs) / 1000);
}

const perMinute = (history: Moment[], name: string): string => (rate(history, name) * 60).toFixed(1);

function breakdown(title: string, entries: [string, number][], name: (key: string) => string, none: string): HTMLElement {
  const most = Math.max(...entries.map(([, value]) => value), 1);
  const row = ([key, value]: [string, number]): HTMLElement => {
    const bar = el("i", { "aria-hidden": "true" });
    bar.style.setProperty("--share", String(value / most));
    return el("li", {}, el("span", {}, name(key)), el("span", { class: "number" }, count(value)), bar);
  };
  return el(
    "section",
    { class: "card" },
    el("h2", {}, title),
    entries.length > 0 ? el("ul", { class: "breakdown plain" }, ...entries.map(row)) : el("p", { class: "quiet" }, none),
  );
}

let isOpen = false;

function everything(samples: Sample[]): HTMLElement {
  const labels = (sample: Sample): string => Object.entries(sample.labels).map(([key, value]) => `${key}=${value}`).join(" ");
  const row = (sample: Sample): HTMLElement =>
    el("tr", {}, el("th", { scope: "row" }, el("code", {}, sample.name)), el("td", { class: "quiet" }, labels(sample)), el("td", { class: "number" }, count(sample.value)));
  const details = el(
    "details",
    { class: "card", open: isOpen },
    el("summary", {}, "Every counter"),
    el("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Every counter" }, el("table", {}, el("tbody", {}, ...samples.map(row)))),
  );
  // The table is made anew with every look; whether it is open stays.
  details.addEventListener("toggle", () => {
    isOpen = details.open;
  });
  return details;
}
