// What the map looks like: our layers, on a plain ground or on a base map.

import type { ExpressionSpecification, LayerSpecification, SourceSpecification, StyleSpecification } from "maplibre-gl";
import type { Theme } from "../theme";
import { colourOf } from "./freshness";
import { AT, LAYERS, SOURCE } from "./tiles";

export const SELECTION = "selection";

export interface TileJson {
  tiles: string[];
  minzoom?: number;
  maxzoom?: number;
  bounds?: [number, number, number, number];
}

export interface Look {
  theme: Theme;
  tiles: TileJson;
  /** Ages are those at this moment. */
  asOfMs: number;
  /** Classes that are not shown. */
  hidden: ReadonlySet<string>;
  /** Groups of layers that are shown. */
  shown: Record<Group, boolean>;
  base: StyleSpecification | undefined;
}

export type Group = "coverage" | "drives" | "things";

const INK: Record<Theme, { ground: string; drive: string; dot: string; rim: string; choice: string }> = {
  light: { ground: "#eef1ef", drive: "#51656b", dot: "#24424a", rim: "#ffffff", choice: "#d9480f" },
  dark: { ground: "#12181b", drive: "#8fa3a8", dot: "#d5e3e4", rim: "#12181b", choice: "#ff922b" },
};

export const ink = (theme: Theme): (typeof INK)[Theme] => INK[theme];

export function styleOf(look: Look): StyleSpecification {
  const { tiles, base } = look;
  const bounds = tiles.bounds ? { bounds: tiles.bounds } : {};
  const ours: Record<string, SourceSpecification> = {
    [SOURCE]: {
      type: "vector",
      tiles: tiles.tiles.map(ofThisOrigin),
      minzoom: tiles.minzoom ?? 0,
      maxzoom: tiles.maxzoom ?? 14,
      ...bounds,
    },
    [SELECTION]: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
  };
  const ground: LayerSpecification = {
    id: "ground",
    type: "background",
    paint: { "background-color": INK[look.theme].ground },
  };
  return {
    ...(base ?? {}),
    version: 8,
    sources: { ...base?.sources, ...ours },
    layers: [...(base?.layers ?? [ground]), ...layers(look)],
  };
}

/** The server is told its public address; whoever comes by another one stays at that. */
function ofThisOrigin(address: string): string {
  return address.replace(/^https?:\/\/[^/]+/, location.origin);
}

function layers(look: Look): LayerSpecification[] {
  return [...coverage(look), ...drives(look), ...choice(look), ...things(look)];
}

const visibility = (isShown: boolean): { visibility: "visible" | "none" } => ({
  visibility: isShown ? "visible" : "none",
});

function coverage({ theme, asOfMs, shown }: Look): LayerSpecification[] {
  const colour = colourOf(theme, AT.lastSeen, asOfMs);
  const common = { source: SOURCE, "source-layer": LAYERS.coverage, layout: visibility(shown.coverage) };
  return [
    {
      id: "coverage",
      type: "fill",
      ...common,
      paint: { "fill-color": colour, "fill-opacity": ["interpolate", ["linear"], ["zoom"], 9, 0.85, 17, 0.6] },
    },
    {
      id: "coverage-rim",
      type: "line",
      ...common,
      minzoom: 12,
      paint: { "line-color": INK[theme].ground, "line-width": 1, "line-opacity": 0.9 },
    },
  ];
}

function drives({ theme, shown }: Look): LayerSpecification[] {
  const { drive, dot, rim } = INK[theme];
  const layout = visibility(shown.drives);
  return [
    {
      id: "sequences",
      type: "line",
      source: SOURCE,
      "source-layer": LAYERS.sequences,
      layout: { ...layout, "line-join": "round", "line-cap": "round" },
      paint: {
        "line-color": drive,
        "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.6, 14, 1.4, 18, 2.4],
        "line-opacity": 0.75,
      },
    },
    {
      id: "frames",
      type: "circle",
      source: SOURCE,
      "source-layer": LAYERS.frames,
      minzoom: 14,
      maxzoom: 17,
      layout,
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 14, 1.2, 17, 3.2],
        "circle-color": dot,
        "circle-stroke-color": rim,
        "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 15, 0, 17, 1],
      },
    },
    {
      id: "frame-arrows",
      type: "symbol",
      source: SOURCE,
      "source-layer": LAYERS.frames,
      minzoom: 17,
      layout: {
        ...layout,
        "icon-image": `arrow:${theme}`,
        "icon-rotate": ["to-number", ["get", AT.heading], 0],
        "icon-rotation-alignment": "map",
        "icon-allow-overlap": true,
        "icon-size": ["interpolate", ["linear"], ["zoom"], 17, 0.62, 20, 1.1],
      },
    },
  ];
}

/** The frame or thing that is looked at: its drive, its field of view, its place. */
function choice({ theme }: Look): LayerSpecification[] {
  const { choice: colour, rim } = INK[theme];
  const of = (kind: string): ExpressionSpecification => ["==", ["get", "kind"], kind];
  return [
    { id: "choice-view", type: "fill", source: SELECTION, filter: of("view"), paint: { "fill-color": colour, "fill-opacity": 0.24 } },
    {
      id: "choice-drive",
      type: "line",
      source: SOURCE,
      "source-layer": LAYERS.sequences,
      filter: ["==", ["get", AT.sequence], ""],
      layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": colour, "line-width": 3 },
    },
    {
      id: "choice-ring",
      type: "circle",
      source: SELECTION,
      filter: of("thing"),
      paint: { "circle-radius": 21, "circle-color": colour, "circle-opacity": 0.25, "circle-stroke-color": colour, "circle-stroke-width": 2 },
    },
    {
      id: "choice-place",
      type: "circle",
      source: SELECTION,
      filter: of("frame"),
      paint: { "circle-radius": 7, "circle-color": colour, "circle-stroke-color": rim, "circle-stroke-width": 2.5 },
    },
  ];
}

function things({ theme, hidden, shown }: Look): LayerSpecification[] {
  const isShown: ExpressionSpecification = ["!", ["in", ["get", AT.className], ["literal", [...hidden]]]];
  const size: ExpressionSpecification = ["interpolate", ["linear"], ["zoom"], 13, 0.42, 16, 0.72, 19, 1];
  const common = { source: SOURCE, "source-layer": LAYERS.features, minzoom: 13 };
  return [
    {
      id: "thing-facing",
      type: "symbol",
      ...common,
      minzoom: 16,
      filter: ["all", isShown, ["has", AT.azimuth], ["!=", ["get", AT.state], "gone"]],
      layout: {
        ...visibility(shown.things),
        "icon-image": `wedge:${theme}`,
        "icon-rotate": ["to-number", ["get", AT.azimuth], 0],
        "icon-rotation-alignment": "map",
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "icon-size": size,
      },
    },
    {
      id: "things",
      type: "symbol",
      ...common,
      filter: isShown,
      layout: {
        ...visibility(shown.things),
        "icon-image": ["concat", "sign:", ["get", AT.className], ":", ["get", AT.state]],
        "icon-allow-overlap": ["step", ["zoom"], false, 16, true],
        "icon-padding": 1,
        "icon-size": size,
      },
    },
  ];
}
