// What the server is asked, and what it answers. Everything comes from the page's own origin.

export interface Snapshot {
  snapshot: string;
  published_at: string;
  epochs: string[];
  has_tiles: boolean;
}

/** The server said no, or nothing. */
export class Failure extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

const ACCEPTED = "application/json, application/geo+json, application/problem+json";

export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await reach(path, { headers: { accept: ACCEPTED }, signal: signal ?? null });
  if (!answer.ok) throw new Failure(answer.status, await reason(answer));
  return (await answer.json()) as T;
}

export async function askText(path: string, signal?: AbortSignal): Promise<string> {
  const answer = await reach(path, { signal: signal ?? null });
  if (!answer.ok) throw new Failure(answer.status, await reason(answer));
  return answer.text();
}

async function reach(path: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Failure(0, "The server cannot be reached.");
  }
}

/** RFC 9457, where it is one. */
async function reason(answer: Response): Promise<string> {
  try {
    const problem = (await answer.json()) as { detail?: string; title?: string };
    return problem.detail ?? problem.title ?? answer.statusText;
  } catch {
    return answer.statusText || `The server answered ${answer.status}.`;
  }
}

export const wasAborted = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError";

export const imageOf = (frame: string): string => `/v1/frames/${encodeURIComponent(frame)}/image`;
