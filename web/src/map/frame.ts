// One frame, as STAC describes it.

import { ask } from "../api";
import type { Place } from "./geometry";

export interface Frame {
  id: string;
  place: Place;
  capturedMs: number;
  headingDeg: number;
  fieldDeg: number;
  clip: string | undefined;
  driver: string | undefined;
  previous: string | undefined;
  next: string | undefined;
  /** What else is said of it: number by name. */
  figures: Record<string, number>;
  size: [width: number, height: number];
}

interface Item {
  id: string;
  geometry: { coordinates: Place };
  properties: Record<string, unknown>;
  links: { rel: string; href: string }[];
}

interface Orientation {
  field_of_view?: number;
  sensor_array_dimensions?: [number, number];
}

const FIELD_DEG = 60;
const PREFIX = "waymark:";
const KEPT = 200;
const frames = new Map<string, Promise<Frame>>();

/** What a snapshot says of a frame never changes: what was asked for once is kept for a while. */
export function frameOf(id: string, snapshot?: string): Promise<Frame> {
  const query = snapshot ? `?snapshot=${encodeURIComponent(snapshot)}` : "";
  const path = `/stac/collections/frames/items/${encodeURIComponent(id)}${query}`;
  const known = frames.get(path);
  if (known) return known;
  const asked = ask<Item>(path).then(read);
  frames.set(path, asked);
  asked.catch(() => frames.delete(path));
  const oldest = frames.keys().next().value;
  if (frames.size > KEPT && oldest) frames.delete(oldest);
  return asked;
}

function read({ id, geometry, properties, links }: Item): Frame {
  const text = (name: string): string | undefined => {
    const value = properties[PREFIX + name];
    return typeof value === "string" ? value : undefined;
  };
  const figures: Record<string, number> = {};
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith(PREFIX) && typeof value === "number") figures[name.slice(PREFIX.length)] = value;
  }
  const orientation = properties["pers:interior_orientation"] as Orientation | undefined;
  const neighbour = (rel: string): string | undefined => links.find((link) => link.rel === rel)?.href.split(/[/?]/).pop();
  return {
    id,
    place: geometry.coordinates,
    capturedMs: Date.parse(String(properties.datetime)),
    headingDeg: Number(properties["view:azimuth"] ?? 0),
    fieldDeg: orientation?.field_of_view ?? FIELD_DEG,
    clip: text("clip_id") ?? text("clip"),
    driver: text("driver"),
    previous: neighbour("prev"),
    next: neighbour("next"),
    figures,
    size: orientation?.sensor_array_dimensions ?? [16, 9],
  };
}
