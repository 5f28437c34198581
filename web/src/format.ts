// Numbers and moments as people read them.

const DAY_MS = 86_400_000;

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const MOMENT = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "UTC",
});

export const count = (value: number): string => WHOLE.format(value);

/** A day in UTC. */
export const date = (ms: number): string => DATE.format(ms);

/** A moment in UTC, to the second. */
export const moment = (ms: number): string => `${MOMENT.format(ms)} UTC`;

/** How long something is ago, in one word or two. */
export function age(ms: number): string {
  const days = ms / DAY_MS;
  if (days < 1) return "less than a day";
  if (days < 14) return plural(Math.floor(days), "day");
  if (days < 60) return plural(Math.floor(days / 7), "week");
  if (days < 730) return plural(Math.floor(days / 30.4), "month");
  return plural(Math.floor(days / 365), "year");
}

export const plural = (number: number, noun: string): string => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

/** Parts per million as a percentage. */
export function percent(ppm: number): string {
  const value = ppm / 10_000;
  return `${value >= 10 || value === 0 ? value.toFixed(0) : value.toFixed(1)} %`;
}

export const metres = (mm: number): string => `${(mm / 1000).toFixed(mm < 10_000 ? 1 : 0)} m`;

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(value < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`;
}

/** Whole units of money, in groups of three; they can be larger than a number may be. */
export const units = (amount: bigint | string): string => BigInt(amount).toLocaleString("en");

const POINTS = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];

/** A direction clockwise from north, with the name of its sector. */
export function heading(degrees: number): string {
  const sector = POINTS[Math.round(degrees / 45) % 8];
  return `${Math.round(degrees)}° ${sector}`;
}

/** The beginning of a long id. */
export const short = (id: string): string => (id.length > 12 ? `${id.slice(0, 8)}…` : id);
