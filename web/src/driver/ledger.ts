// What is asked about drivers and what they are paid.

import { Failure, ask } from "../api";
import type { Proof } from "./proof";

export interface EpochSummary {
  epoch: string;
  snapshot: string;
  pool: string;
  remainder: string;
  drivers: number;
  payouts_root: string | null;
}

export interface Payout {
  driver: string;
  payout_address: string;
  passes: number;
  points_ppm: number;
  amount: string;
}

export interface ProvenPayout {
  epoch: string;
  payout: Payout;
  proof: Proof;
  payouts_root: string | null;
}

export interface Clip {
  clip_id: string | null;
  captured_at_ms: number | null;
  verdict: string | null;
  detail: string;
  frames_accepted: number;
  frames_refused: Record<string, number>;
  amount: string | null;
}

export interface Clips {
  clips: Clip[];
  total: number;
  is_complete: boolean;
}

export const epochs = async (signal: AbortSignal): Promise<EpochSummary[]> =>
  (await ask<{ epochs: EpochSummary[] }>("/v1/epochs", signal)).epochs;

export const payouts = async (epoch: string, signal: AbortSignal): Promise<Payout[]> =>
  (await ask<{ payouts: Payout[] }>(`/v1/epochs/${epoch}/payouts`, signal)).payouts;

/** None if the driver was paid nothing in that epoch. */
export async function payout(epoch: string, driver: string, signal: AbortSignal): Promise<ProvenPayout | undefined> {
  try {
    return await ask<ProvenPayout>(`/v1/epochs/${epoch}/payouts/${encodeURIComponent(driver)}`, signal);
  } catch (error) {
    if (error instanceof Failure && error.status === 404) return undefined;
    throw error;
  }
}

/** The root that closed the epoch, from its record rather than from beside the proof. */
export const recordedRoot = async (epoch: string, signal?: AbortSignal): Promise<string | null> =>
  (await ask<{ payouts_root: string | null }>(`/v1/epochs/${epoch}`, signal)).payouts_root;

/** One question looks through some hundred files; until all were seen, it is asked again. */
export async function clips(driver: string, epoch: string, signal: AbortSignal, tell: (found: Clips) => void): Promise<void> {
  const path = `/v1/drivers/${encodeURIComponent(driver)}/clips?epoch=${epoch}`;
  for (;;) {
    const found = await ask<Clips>(path, signal);
    tell(found);
    if (found.is_complete) return;
  }
}
