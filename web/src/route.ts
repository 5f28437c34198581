// Where one is, in the part of the address after #: `#/map?at=16/52.5/13.4&frame=…`. Every view can be linked to.

export type ViewName = "map" | "driver" | "operator";
export interface Route {
  view: ViewName;
  params: URLSearchParams;
}

const VIEWS: readonly string[] = ["map", "driver", "operator"];

export function route(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const view = (VIEWS.includes(path) ? path : "map") as ViewName;
  return { view, params: new URLSearchParams(query) };
}

/** The address of a view; what is undefined or empty is left out. */
export function link(view: ViewName, params: Record<string, string | undefined> = {}): string {
  const given = Object.entries(params).filter((entry): entry is [string, string] => Boolean(entry[1]));
  // Slashes and colons need no escape after the question mark, and read better without.
  const query = new URLSearchParams(given).toString().replaceAll("%2F", "/").replaceAll("%3A", ":");
  return `#/${view}${query ? `?${query}` : ""}`;
}

/** Changes parameters of the view at hand; `keep` makes no step in the browser's history. */
export function amend(params: Record<string, string | undefined>, keep = false): void {
  const { view, params: before } = route();
  const next = link(view, { ...Object.fromEntries(before), ...params });
  if (next === location.hash) return;
  if (keep) history.replaceState(null, "", next);
  else {
    history.pushState(null, "", next);
    dispatchEvent(new HashChangeEvent("hashchange"));
  }
}
