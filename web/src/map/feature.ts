// Things on the map, as `/v1/features` tells of them.

import { ask } from "../api";
import { type Place, bearing, distanceM, turn } from "./geometry";
import type { Frame } from "./frame";

export interface Thing {
  id: string;
  place: Place;
  className: string;
  state: string;
  azimuthDeg: number | undefined;
  confidencePpm: number;
  accuracyMm: number;
  firstSeenMs: number;
  lastSeenMs: number;
  passes: number;
  frames: number;
  evidence: string[];
}

interface Collection {
  features: { id?: string; geometry: { coordinates: Place }; properties: Record<string, unknown> }[];
}

/** How far ahead a thing is listed with a frame. */
const REACH_M = 60;
const NEAR_M = 25;

export async function thingsNear(place: Place, radiusM: number, snapshot?: string, signal?: AbortSignal): Promise<Thing[]> {
  const query = new URLSearchParams({ point: place.join(","), radius_m: String(radiusM), limit: "200", state: "present,new,gone" });
  if (snapshot) query.set("snapshot", snapshot);
  const found = await ask<Collection>(`/v1/features?${query}`, signal);
  return found.features.map(read);
}

/** The thing `id`, which is about at `place`. */
export async function thing(id: string, place: Place, snapshot?: string, signal?: AbortSignal): Promise<Thing | undefined> {
  return (await thingsNear(place, NEAR_M, snapshot, signal)).find((found) => found.id === id);
}

export interface Sight {
  thing: Thing;
  metres: number;
  /** The frame is among those that the thing's place was made of. */
  isEvidence: boolean;
}

/** What lies in the view of a frame, near things first. */
export async function inView(frame: Frame, snapshot?: string, signal?: AbortSignal): Promise<Sight[]> {
  const around = await thingsNear(frame.place, REACH_M, snapshot, signal);
  return around
    .map((thing) => ({
      thing,
      metres: distanceM(frame.place, thing.place),
      isEvidence: thing.evidence.includes(frame.id),
    }))
    .filter(({ thing, isEvidence }) => {
      const off = turn(bearing(frame.place, thing.place), frame.headingDeg);
      return isEvidence || (off <= frame.fieldDeg / 2 && thing.state !== "gone");
    })
    .sort((a, b) => a.metres - b.metres);
}

function read({ id, geometry, properties }: Collection["features"][number]): Thing {
  const number = (name: string): number => Number(properties[name] ?? 0);
  const azimuth = properties.azimuth_deg;
  return {
    id: id ?? String(properties.feature_id),
    place: geometry.coordinates,
    className: String(properties.class),
    state: String(properties.state ?? "present"),
    azimuthDeg: typeof azimuth === "number" ? azimuth : undefined,
    confidencePpm: number("confidence_ppm"),
    accuracyMm: number("accuracy_mm"),
    firstSeenMs: moment(properties.first_seen_ms ?? properties.first_seen),
    lastSeenMs: moment(properties.last_seen_ms ?? properties.last_seen),
    passes: number("passes"),
    frames: number("frames"),
    evidence: Array.isArray(properties.evidence) ? properties.evidence.map(String) : [],
  };
}

const moment = (value: unknown): number => (typeof value === "string" ? Date.parse(value) : Number(value ?? 0));
