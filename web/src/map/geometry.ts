// Small distances on the ground.

export type Place = [longitude: number, latitude: number];

const DEGREE_M = 111_195;

/** Metres east and north from one place to another; right for a few kilometres. */
function offset(from: Place, to: Place): [number, number] {
  const east = (to[0] - from[0]) * DEGREE_M * Math.cos((from[1] * Math.PI) / 180);
  return [east, (to[1] - from[1]) * DEGREE_M];
}

export function distanceM(from: Place, to: Place): number {
  return Math.hypot(...offset(from, to));
}

/** Degrees clockwise from north. */
export function bearing(from: Place, to: Place): number {
  const [east, north] = offset(from, to);
  return ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360;
}

/** How far two directions are apart, in degrees. */
export const turn = (a: number, b: number): number => Math.abs(((a - b + 540) % 360) - 180);

function moved(from: Place, degrees: number, metres: number): Place {
  const angle = (degrees * Math.PI) / 180;
  const latitude = from[1] + (metres * Math.cos(angle)) / DEGREE_M;
  return [from[0] + (metres * Math.sin(angle)) / (DEGREE_M * Math.cos((from[1] * Math.PI) / 180)), latitude];
}

/** What a camera sees: a sector of `metres` from its place. */
export function sector(from: Place, heading: number, fieldDeg: number, metres: number): Place[] {
  const arc: Place[] = [];
  for (let i = 0; i <= 12; i += 1) arc.push(moved(from, heading + fieldDeg * (i / 12 - 0.5), metres));
  return [from, ...arc, from];
}
