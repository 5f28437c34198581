// The card that checks a payout's proof.

import { type Child, GLYPHS, el, fill, glyph } from "../dom";
import { units } from "../format";
import { rows } from "../map/panel";
import { type ProvenPayout, recordedRoot } from "./ledger";
import { check } from "./proof";

export function proofCard({ epoch, payout, proof }: ProvenPayout): HTMLElement {
  const outcome = el("div", { class: "proof-outcome", "aria-live": "polite" });
  const button = el("button", { type: "button", class: "button", onclick: () => void run() }, "Check the proof");

  async function run(): Promise<void> {
    button.disabled = true;
    try {
      const root = await recordedRoot(epoch);
      if (!root) throw new Error("The epoch's record names no root.");
      const { path, leadsTo } = check(proof, root);
      fill(outcome, verdict(leadsTo), steps(path, root));
    } catch (error) {
      fill(outcome, el("p", { class: "proof-verdict is-bad" }, glyph(GLYPHS.cross), (error as Error).message));
    }
    button.disabled = false;
  }

  const isShared = proof.amount !== payout.amount;
  return el(
    "section",
    { class: "card proof" },
    el(
      "div",
      { class: "card-head" },
      el(
        "div",
        {},
        el("h2", {}, `${units(payout.amount)} units`),
        el("p", { class: "quiet" }, "Your browser can check this against the root that closed the week, without trusting this server's sums."),
      ),
      button,
    ),
    rows(
      ["Paid to", el("code", {}, proof.payout_address)],
      isShared && ["To that address in all", `${units(proof.amount)} units`],
    ),
    outcome,
  );
}

function verdict(leadsTo: boolean): HTMLElement {
  return leadsTo
    ? el("p", { class: "proof-verdict is-good" }, glyph(GLYPHS.check), "The proof holds: this sum is in the root.")
    : el("p", { class: "proof-verdict is-bad" }, glyph(GLYPHS.cross), "The proof does not hold: it leads to another root.");
}

/** The hashes on the way, for whoever wants to follow them. */
function steps(path: string[], root: string): Child {
  const name = (i: number): string => (i === 0 ? "leaf" : i === path.length - 1 ? "computed" : `step ${i}`);
  const step = (node: string, i: number): HTMLElement => el("li", {}, el("span", { class: "quiet" }, name(i)), el("code", {}, node));
  return el(
    "details",
    { class: "proof-path" },
    el("summary", {}, "The hashes"),
    el("ol", { class: "plain" }, ...path.map(step), el("li", {}, el("span", { class: "quiet" }, "recorded"), el("code", {}, root))),
  );
}
