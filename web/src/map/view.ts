// The map and what belongs to it: legend, time, and the panel of what was chosen.

import "./map.css";
import type { View } from "../main";
import { type Snapshot, ask, wasAborted } from "../api";
import { el, fill } from "../dom";
import { amend, route } from "../route";
import { onTheme } from "../theme";
import { type Board, board } from "./board";
import { inView, thing } from "./feature";
import { type Frame, frameOf } from "./frame";
import type { Place } from "./geometry";
import { legend } from "./legend";
import { panel } from "./panel";
import type { TileJson } from "./style";
import { timeline } from "./timeline";

interface State {
  /** Earliest first. */
  snapshots: Snapshot[];
  /** The frame that is shown, for the keys. */
  frame: Frame | undefined;
  /** Ends what is being fetched for an earlier choice. */
  asking: AbortController;
  /** What the panel shows, so that a change elsewhere in the address does not fetch it again. */
  chosen: string;
  board: Board | undefined;
}

interface PageSettings {
  basemap_style_url: string | null;
}

export function mapView(): View {
  const state: State = { snapshots: [], frame: undefined, asking: new AbortController(), chosen: "", board: undefined };
  const canvas = el("div", { class: "map", role: "region", "aria-label": "Map" });
  const notice = el("div", { class: "map-notice" });
  const side = panel({
    openFrame: (id) => amend({ frame: id, thing: undefined }),
    openThing: (found) => amend({ thing: address(found.id, found.place), frame: undefined }),
    close: () => amend({ frame: undefined, thing: undefined }),
  });
  const key = legend({
    toggleGroup: (group, isShown) => state.board?.show(group, isShown),
    toggleClass: (name) => state.board?.toggleClass(name),
  });
  const time = timeline((place) => {
    const isLatest = place === state.snapshots.length - 1;
    amend({ snapshot: isLatest ? undefined : state.snapshots[place]?.snapshot }, true);
    void showSnapshot();
  });
  const element = el("div", { class: "map-view" }, canvas, key.element, time.element, side.element, notice);

  const snapshot = (): string | undefined => route().params.get("snapshot") ?? undefined;

  async function start(): Promise<void> {
    fill(notice, el("p", { class: "card", role: "status" }, "Loading the map…"));
    try {
      const [history, settings] = await Promise.all([
        ask<{ snapshots: Snapshot[] }>("/v1/snapshots"),
        ask<PageSettings>("/page.json"),
      ]);
      state.snapshots = history.snapshots.filter((snapshot) => snapshot.has_tiles).reverse();
      if (state.snapshots.length === 0) return fill(notice, empty());
      state.board = board(canvas, { pick, moved: (at) => amend({ at }, true), counted: key.things }, settings.basemap_style_url);
      onTheme(() => {
        key.paint();
        state.board?.repaint();
      });
      await showSnapshot();
      choose();
    } catch (error) {
      if (!wasAborted(error)) fill(notice, failed(error as Error, () => void start()));
    }
  }

  async function showSnapshot(): Promise<void> {
    const wanted = snapshot();
    const found = state.snapshots.findIndex((known) => known.snapshot === wanted);
    const place = found < 0 ? state.snapshots.length - 1 : found;
    const shown = state.snapshots[place];
    if (!shown) return;
    time.show(state.snapshots, place);
    try {
      const tiles = await ask<TileJson>(`/tiles.json?snapshot=${shown.snapshot}`);
      await state.board?.load(tiles, shown, route().params.get("at"));
      fill(notice);
    } catch (error) {
      fill(notice, failed(error as Error, () => void showSnapshot()));
    }
  }

  /** A click goes to what is on top: a thing, a frame, or the best frame of a place. */
  function pick(hit: { frame?: string; thing?: string; place: Place } | undefined): void {
    if (hit?.thing) amend({ thing: address(hit.thing, hit.place), frame: undefined });
    else amend({ frame: hit?.frame, thing: undefined });
  }

  function choose(): void {
    const { params } = route();
    const [frame, found] = [params.get("frame"), params.get("thing")];
    const chosen = frame ?? found ?? "";
    if (chosen === state.chosen) return;
    state.chosen = chosen;
    state.asking.abort();
    state.asking = new AbortController();
    state.frame = undefined;
    if (frame) void showFrame(frame, state.asking.signal);
    else if (found) void showThing(found, state.asking.signal);
    else {
      side.hide();
      state.board?.select(undefined);
    }
  }

  async function showFrame(id: string, signal: AbortSignal): Promise<void> {
    side.loading("Frame");
    try {
      const frame = await frameOf(id, snapshot());
      if (signal.aborted) return;
      state.frame = frame;
      side.frame(frame);
      state.board?.select({ frame });
      [frame.previous, frame.next].forEach((near) => near && void frameOf(near, snapshot()).catch(() => undefined));
      side.sights(await inView(frame, snapshot(), signal));
    } catch (error) {
      if (!wasAborted(error) && !signal.aborted) side.failed("Frame", (error as Error).message);
    }
  }

  async function showThing(wanted: string, signal: AbortSignal): Promise<void> {
    const [id = "", longitude = "0", latitude = "0"] = wanted.split("/");
    side.loading("Thing");
    try {
      const place: Place = [Number(longitude), Number(latitude)];
      const found = await thing(id, place, snapshot(), signal);
      if (!found) return side.failed("Thing", "It is not on the map of this snapshot.");
      side.thing(found);
      state.board?.select({ thing: found });
    } catch (error) {
      if (!wasAborted(error) && !signal.aborted) side.failed("Thing", (error as Error).message);
    }
  }

  // Of the whole page, wherever the focus is. The map's own keys are the arrows, too, until a frame is open.
  const onKey = (event: KeyboardEvent): void => {
    if (element.hidden || event.target instanceof HTMLInputElement || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape" && state.chosen) amend({ frame: undefined, thing: undefined });
    else if (state.frame && event.key === "ArrowLeft") go(event, state.frame.previous);
    else if (state.frame && event.key === "ArrowRight") go(event, state.frame.next);
  };
  document.addEventListener("keydown", onKey, { capture: true });

  function go(event: KeyboardEvent, frame: string | undefined): void {
    event.preventDefault();
    event.stopPropagation();
    if (frame) amend({ frame }, false);
  }

  let isStarted = false;
  return {
    element,
    show: () => {
      if (!isStarted) {
        isStarted = true;
        void start();
        return;
      }
      state.board?.resize();
      if (state.board) choose();
    },
    hide: () => undefined,
  };
}

/** A thing is asked for by its place. */
const address = (id: string, place: Place): string => [id, ...place.map((degrees) => degrees.toFixed(6))].join("/");

function empty(): HTMLElement {
  return el(
    "div",
    { class: "card blank" },
    el("h1", {}, "Nothing is on the map yet"),
    el("p", {}, "Once clips have come in and were processed, what they show is published here as a snapshot."),
    el("p", { class: "quiet" }, "On the server: ", el("code", {}, "waymark build --store …"), " processes what has landed."),
  );
}

function failed(error: Error, again: () => void): HTMLElement {
  return el(
    "div",
    { class: "card blank", role: "alert" },
    el("h1", {}, "The map cannot be loaded"),
    el("p", {}, error.message),
    el("button", { type: "button", class: "button", onclick: again }, "Try again"),
  );
}

