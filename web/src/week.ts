// ISO weeks in UTC, such as 2026-W47: the epochs.

const DAY_MS = 86_400_000;

/** The first moment after the week; none if it is not one. */
export function endOfWeek(epoch: string): number | undefined {
  const [, year, week] = /^(\d{4})-W(\d{2})$/.exec(epoch) ?? [];
  if (!year || !week) return undefined;
  // The week with the year's 4th of January is its first.
  const fourth = Date.UTC(Number(year), 0, 4);
  const weekday = (new Date(fourth).getUTCDay() + 6) % 7;
  return fourth - weekday * DAY_MS + Number(week) * 7 * DAY_MS;
}
