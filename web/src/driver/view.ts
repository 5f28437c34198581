// The driver's view: what was paid, the proof of it, and what became of every clip.

import "./driver.css";
import type { View } from "../main";
import { type Snapshot, ask, wasAborted } from "../api";
import { type Child, el, fill } from "../dom";
import { plural, units } from "../format";
import { amend, link } from "../route";
import { clipList } from "./clips";
import { type EpochSummary, type ProvenPayout, clips, epochs, payout, payouts } from "./ledger";
import { proofCard } from "./prove";

/** Epochs of which the driver's pay is shown. */
const EPOCHS_SHOWN = 12;

export function driverView(): View {
  const results = el("div", { class: "driver-results" });
  const input = el("input", { id: "driver-name", name: "driver", type: "text", autocomplete: "off", spellcheck: "false", required: true, placeholder: "driver-001" });
  const form = el(
    "form",
    { class: "search", onsubmit: submit },
    el("label", { for: "driver-name" }, "Driver"),
    el("div", {}, input, el("button", { class: "button", type: "submit" }, "Show")),
  );
  const title = el("h1");
  const head = el("div", { class: "page-head" }, title, form);
  const element = el("div", { class: "page" }, el("div", { class: "column" }, head, results));
  let asking = new AbortController();
  let shown = "";

  function submit(event: Event): void {
    event.preventDefault();
    amend({ name: input.value.trim(), epoch: undefined });
  }

  async function show(name: string, epoch: string): Promise<void> {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    if (results.childElementCount === 0) fill(results, el("p", { class: "quiet", role: "status" }, "Loading…"));
    try {
      const closed = await epochs(signal);
      const content = name ? await ofDriver(name, epoch, closed, signal) : await everybody(closed, signal);
      if (!signal.aborted) fill(results, ...content);
    } catch (error) {
      if (!wasAborted(error)) fill(results, failed(error as Error, () => void show(name, epoch)));
    }
  }

  return {
    element,
    show: (params) => {
      const [name, epoch] = [params.get("name") ?? "", params.get("epoch") ?? ""];
      if (document.activeElement !== input) input.value = name;
      if (shown === `${name} ${epoch}` && results.childElementCount > 0) return;
      shown = `${name} ${epoch}`;
      title.textContent = name || "Drivers";
      void show(name, epoch);
    },
    hide: () => undefined,
  };
}

/** Without a name: who was paid last. */
async function everybody(closed: EpochSummary[], signal: AbortSignal): Promise<Child[]> {
  const latest = closed[0];
  if (!latest) return [nothingPaid()];
  const rows = (await payouts(latest.epoch, signal)).sort((a, b) => (BigInt(b.amount) > BigInt(a.amount) ? 1 : -1));
  const row = (paid: (typeof rows)[number]): HTMLElement =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, el("a", { href: link("driver", { name: paid.driver }) }, paid.driver)),
      el("td", { class: "number" }, plural(paid.passes, "slot pass").replace("passs", "passes")),
      el("td", { class: "number" }, units(paid.amount)),
    );
  return [
    el(
      "section",
      { class: "card" },
      el("h2", {}, `Paid for ${latest.epoch}`),
      el("p", { class: "quiet" }, `Of a pool of ${units(latest.pool)} units. Choose a driver to see clips and proofs.`),
      table(["Driver", "Seen", "Units"], rows.map(row)),
    ),
  ];
}

async function ofDriver(name: string, wanted: string, closed: EpochSummary[], signal: AbortSignal): Promise<Child[]> {
  const [paid, history] = await Promise.all([
    Promise.all(closed.slice(0, EPOCHS_SHOWN).map((epoch) => payout(epoch.epoch, name, signal))),
    ask<{ snapshots: Snapshot[] }>("/v1/snapshots", signal).catch(() => ({ snapshots: [] as Snapshot[] })),
  ]);
  const proven = paid.filter((found) => found !== undefined);
  // Clips of weeks that are not closed yet are in the latest snapshot's weeks.
  const weeks = [...new Set([...closed.map(({ epoch }) => epoch), ...(history.snapshots[0]?.epochs ?? [])])];
  weeks.sort().reverse();
  const epoch = weeks.includes(wanted) ? wanted : (proven[0]?.epoch ?? weeks[0]);
  if (!epoch) return [nothingPaid()];
  const chosen = proven.find((found) => found.epoch === epoch);
  const list = el("section", { class: "card" });
  void fillClips(list, name, epoch, signal);
  return [
    summary(name, proven, closed),
    earnings(proven, closed, epoch, name),
    el("div", { class: "epoch-head" }, el("h2", {}, epoch), weekPicker(weeks.slice(0, EPOCHS_SHOWN), epoch)),
    chosen && proofCard(chosen),
    list,
  ];
}

function summary(name: string, proven: ProvenPayout[], closed: EpochSummary[]): HTMLElement {
  const total = proven.reduce((sum, { payout }) => sum + BigInt(payout.amount), 0n);
  const passes = proven.reduce((sum, { payout }) => sum + payout.passes, 0);
  const span = Math.min(closed.length, EPOCHS_SHOWN);
  const figure = (value: string, below: string): HTMLElement => el("div", {}, el("strong", {}, value), el("span", { class: "quiet" }, below));
  return el(
    "section",
    { class: "card figures", "aria-label": `What ${name} was paid` },
    figure(units(total), `units in ${plural(span, "closed week")}`),
    figure(String(passes), "slot passes paid"),
    figure(proven[0] ? shortAddress(proven[0].payout.payout_address) : "–", "paid to"),
  );
}

const shortAddress = (address: string): string => `${address.slice(0, 6)}…${address.slice(-4)}`;

/** A bar for each closed week, earliest first. */
function earnings(proven: ProvenPayout[], closed: EpochSummary[], chosen: string, name: string): HTMLElement {
  const weeks = closed.slice(0, EPOCHS_SHOWN).reverse();
  const amountOf = (epoch: string): bigint => BigInt(proven.find((found) => found.epoch === epoch)?.payout.amount ?? 0);
  const most = weeks.reduce((most, { epoch }) => (amountOf(epoch) > most ? amountOf(epoch) : most), 1n);
  const bar = ({ epoch }: EpochSummary): HTMLElement => {
    const amount = amountOf(epoch);
    const fillUp = el("i", { "aria-hidden": "true" });
    // Amounts may be larger than a number may be; a share never is.
    fillUp.style.setProperty("--share", String(Number((amount * 1000n) / most) / 1000));
    const current = epoch === chosen ? "true" : undefined;
    return el(
      "li",
      {},
      el("a", { href: link("driver", { name, epoch }), "aria-current": current }, fillUp, el("span", { class: "number" }, units(amount)), el("span", { class: "quiet" }, epoch)),
    );
  };
  return el("section", { class: "card" }, el("h2", {}, "Earned by week"), el("ol", { class: "bars plain" }, ...weeks.map(bar)));
}

function weekPicker(weeks: string[], chosen: string): HTMLElement {
  const pick = el("select", { "aria-label": "Week", onchange: () => amend({ epoch: pick.value }) });
  fill(pick, ...weeks.map((week) => el("option", { value: week, selected: week === chosen }, week)));
  return pick;
}

async function fillClips(list: HTMLElement, name: string, epoch: string, signal: AbortSignal): Promise<void> {
  fill(list, el("h2", {}, "Clips"), el("p", { class: "quiet", role: "status" }, "Looking through the verdicts…"));
  try {
    await clips(name, epoch, signal, (found) => fill(list, ...clipList(found)));
  } catch (error) {
    if (!wasAborted(error)) fill(list, el("h2", {}, "Clips"), failed(error as Error, () => void fillClips(list, name, epoch, signal)));
  }
}

export function table(names: string[], rows: HTMLElement[]): HTMLElement {
  const head = names.map((name, i) => el("th", { scope: "col", class: i > 0 ? "number" : "" }, name));
  return el("div", { class: "table" }, el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)));
}

function nothingPaid(): HTMLElement {
  return el(
    "section",
    { class: "card blank" },
    el("h2", {}, "No week is closed yet"),
    el("p", {}, "Once a week is over and its clips are in, it is closed and paid; then everyone's share and the proof of it are here."),
    el("p", { class: "quiet" }, "On the server: ", el("code", {}, "waymark pay --store … --epoch …")),
  );
}

function failed(error: Error, again: () => void): HTMLElement {
  return el(
    "div",
    { class: "card blank", role: "alert" },
    el("p", {}, error.message),
    el("button", { type: "button", class: "button is-plain", onclick: again }, "Try again"),
  );
}
