// The drawn map: MapLibre with our style, and what can be done to it.

import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { type GeoJSONSource, LngLatBounds, Map as GlMap, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import type { GeoJSONFeature, LngLatBoundsLike, MapMouseEvent, PointLike, StyleSpecification } from "maplibre-gl";
import type { Snapshot } from "../api";
import { theme } from "../theme";
import { endOfWeek } from "../week";
import type { Thing } from "./feature";
import type { Frame } from "./frame";
import { type Place, sector } from "./geometry";
import { arrow, sign, wedge } from "./icons";
import { type Group, type Look, SELECTION, type TileJson, ink, styleOf } from "./style";
import { AT, LAYERS, SOURCE } from "./tiles";

export interface Board {
  /** Shows the tiles of a snapshot; the first time, at `at` or at all of it. */
  load(tiles: TileJson, snapshot: Snapshot, at: string | null): Promise<void>;
  select(what: { frame?: Frame; thing?: Thing } | undefined): void;
  show(group: Group, isShown: boolean): void;
  toggleClass(name: string): void;
  repaint(): void;
  resize(): void;
}

export interface BoardEvents {
  pick(hit: { frame?: string; thing?: string; place: Place } | undefined): void;
  /** `at` as the address has it: zoom, latitude, longitude. */
  moved(at: string): void;
  counted(things: ReadonlyMap<string, number>, hidden: ReadonlySet<string>): void;
}

const SCALE = Math.max(2, Math.ceil(devicePixelRatio));
/** A finger is wider than a pointer's tip. */
const TOUCH_PX = 10;
const CLOSE_ZOOM = 17.5;
const VIEW_M = 28;
const CLICKABLE = ["things", "frame-arrows", "frames", "coverage"];

setWorkerUrl(workerUrl);

export function board(container: HTMLElement, events: BoardEvents, basemap: string | null): Board {
  const hidden = new Set<string>();
  const shown: Look["shown"] = { coverage: true, drives: true, things: true };
  let look: Look | undefined;
  let selected: { frame?: Frame; thing?: Thing } | undefined;
  const map = new GlMap({
    container,
    style: { version: 8, sources: {}, layers: [] },
    attributionControl: basemap ? { compact: true } : false,
    maxPitch: 0,
    dragRotate: false,
    pitchWithRotate: false,
    maxZoom: 21,
    fadeDuration: 120,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  map.addControl(new ScaleControl({}), "bottom-left");
  map.getCanvas().setAttribute("aria-label", "Map; arrow keys move it, plus and minus zoom");
  map.setMissingStyleImageResolver((id) => addImage(map, id));

  const restyle = (): void => {
    if (!look) return;
    look = { ...look, theme: theme(), hidden, shown };
    container.classList.toggle("is-dark", look.theme === "dark");
    map.setStyle(styleOf(look), { diff: true });
    mark();
  };
  const mark = (): void => {
    void map.getSource<GeoJSONSource>(SELECTION)?.setData(selection(selected));
    if (map.getLayer("choice-drive")) map.setFilter("choice-drive", ["==", ["get", AT.sequence], selected?.frame?.clip ?? ""]);
  };
  map.on("click", (event) => events.pick(hitAt(map, event)));
  map.on("mousemove", (event) => {
    map.getCanvas().style.cursor = hitAt(map, event) ? "pointer" : "";
  });
  map.on("moveend", () => {
    const { lng, lat } = map.getCenter();
    if (look) events.moved([map.getZoom().toFixed(2), lat.toFixed(6), lng.toFixed(6)].join("/"));
  });
  map.on("idle", () => {
    // A map without tiles is soon drawn, too.
    if (!map.getSource(SOURCE) || !map.areTilesLoaded()) return;
    container.setAttribute("aria-busy", "false");
    events.counted(count(map), hidden);
  });

  return {
    load: async (tiles, snapshot, at) => {
      const isFirst = !look;
      container.setAttribute("aria-busy", "true");
      const base = isFirst && basemap ? await fetchStyle(basemap) : look?.base;
      look = { theme: theme(), tiles, asOfMs: asOf(snapshot), hidden, shown, base };
      if (isFirst) place(map, at, tiles);
      restyle();
    },
    select: (what) => {
      selected = what;
      mark();
      const there = what?.frame?.place ?? what?.thing?.place;
      if (there) bringIntoSight(map, there);
    },
    show: (group, isShown) => {
      shown[group] = isShown;
      restyle();
    },
    toggleClass: (name) => {
      if (!hidden.delete(name)) hidden.add(name);
      restyle();
    },
    repaint: restyle,
    resize: () => map.resize(),
  };
}

/** A snapshot is looked at as of its last week's end, or of when it was published if that came first. */
function asOf(snapshot: Snapshot): number {
  const end = endOfWeek(snapshot.epochs.at(-1) ?? "") ?? Infinity;
  return Math.min(Date.parse(snapshot.published_at), end);
}

async function fetchStyle(address: string): Promise<StyleSpecification | undefined> {
  try {
    return (await (await fetch(address)).json()) as StyleSpecification;
  } catch {
    // Without the base map there is still the map.
    return undefined;
  }
}

function place(map: GlMap, at: string | null, tiles: TileJson): void {
  const [zoom, latitude, longitude] = (at ?? "").split("/").map(Number);
  if (zoom && latitude !== undefined && longitude !== undefined && Number.isFinite(latitude + longitude)) {
    map.jumpTo({ zoom, center: [longitude, latitude] });
  } else if (tiles.bounds) {
    fit(map, tiles.bounds);
    // The bounds of an archive may be wide; what there is, is known once it is drawn.
    map.once("idle", () => {
      const covered = map.querySourceFeatures(SOURCE, { sourceLayer: LAYERS.coverage }).flatMap(corners);
      if (covered.length > 0) fit(map, covered.reduce((all, at) => all.extend(at), new LngLatBounds()));
    });
  }
}

function fit(map: GlMap, bounds: LngLatBoundsLike): void {
  // The legend lies on the left, where there is room for both.
  const left = map.getContainer().clientWidth >= 700 ? 270 : 40;
  map.fitBounds(bounds, { padding: { top: 40, right: 60, bottom: 90, left }, animate: false, maxZoom: CLOSE_ZOOM });
}

const corners = (hit: GeoJSONFeature): Place[] =>
  hit.geometry.type === "Polygon" ? (hit.geometry.coordinates.flat() as Place[])
  : hit.geometry.type === "MultiPolygon" ? (hit.geometry.coordinates.flat(2) as Place[])
  : [];

/** What can be chosen at a point: what is drawn on top goes first. */
function hitAt(map: GlMap, { point, lngLat }: MapMouseEvent): { frame?: string; thing?: string; place: Place } | undefined {
  const box: [PointLike, PointLike] = [
    [point.x - TOUCH_PX / 2, point.y - TOUCH_PX / 2],
    [point.x + TOUCH_PX / 2, point.y + TOUCH_PX / 2],
  ];
  const layers = CLICKABLE.filter((layer) => map.getLayer(layer));
  const hits = map.queryRenderedFeatures(box, { layers });
  const ranked = hits.sort((a, b) => CLICKABLE.indexOf(a.layer.id) - CLICKABLE.indexOf(b.layer.id));
  for (const hit of ranked) {
    const [thing, frame] = [hit.properties[AT.feature], hit.properties[AT.frame]];
    if (typeof thing === "string") return { thing, place: placeOf(hit) ?? [lngLat.lng, lngLat.lat] };
    if (typeof frame === "string") return { frame, place: [lngLat.lng, lngLat.lat] };
  }
  return undefined;
}

const placeOf = (hit: GeoJSONFeature): Place | undefined =>
  hit.geometry.type === "Point" ? (hit.geometry.coordinates as Place) : undefined;

/** Things in sight, each counted once though it may lie in two tiles. */
function count(map: GlMap): Map<string, number> {
  const counts = new Map<string, number>();
  if (!map.getSource(SOURCE)) return counts;
  const seen = new Set<string>();
  const bounds = map.getBounds();
  for (const hit of map.querySourceFeatures(SOURCE, { sourceLayer: LAYERS.features })) {
    const id = String(hit.properties[AT.feature]);
    const there = placeOf(hit);
    if (seen.has(id) || !there || !bounds.contains(there)) continue;
    seen.add(id);
    const name = String(hit.properties[AT.className]);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function addImage(map: GlMap, id: string): void {
  const [kind, ...words] = id.split(":");
  const state = words.pop() ?? "";
  const colours = ink(state === "dark" ? "dark" : "light");
  const image =
    kind === "arrow" ? arrow(colours.dot, colours.rim, SCALE)
    : kind === "wedge" ? wedge(colours.drive, SCALE)
    : kind === "sign" ? pixels(sign(words.join(":"), state, SCALE))
    : undefined;
  if (image && !map.hasImage(id)) map.addImage(id, image, { pixelRatio: SCALE });
}

const pixels = (canvas: HTMLCanvasElement): ImageData | undefined =>
  canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height);

function selection(what: { frame?: Frame; thing?: Thing } | undefined): GeoJSON.FeatureCollection {
  const point = (kind: string, at: Place): GeoJSON.Feature => ({
    type: "Feature",
    properties: { kind },
    geometry: { type: "Point", coordinates: at },
  });
  const features: GeoJSON.Feature[] = [];
  if (what?.frame) {
    const { place: at, headingDeg, fieldDeg } = what.frame;
    const coordinates = [sector(at, headingDeg, fieldDeg, VIEW_M)];
    features.push({ type: "Feature", properties: { kind: "view" }, geometry: { type: "Polygon", coordinates } });
    features.push(point("frame", at));
  }
  if (what?.thing) features.push(point("thing", what.thing.place));
  return { type: "FeatureCollection", features };
}

/** Goes there if it is out of sight, below the panel or too far away to be told apart. */
function bringIntoSight(map: GlMap, there: Place): void {
  const { clientWidth: width, clientHeight: height } = map.getContainer();
  const isWide = width >= 700;
  const padding = isWide ? { right: 400, top: 0, bottom: 0, left: 0 } : { right: 0, top: 0, left: 0, bottom: height * 0.55 };
  const at = map.project(there);
  const margin = 60;
  const isInSight =
    at.x > margin && at.y > margin && at.x < width - padding.right - margin && at.y < height - padding.bottom - margin;
  if (isInSight && map.getZoom() >= 16) return;
  const offset: [number, number] = [-padding.right / 2, -padding.bottom / 2];
  map.easeTo({ center: there, zoom: Math.max(map.getZoom(), CLOSE_ZOOM), offset, duration: 450 });
}
