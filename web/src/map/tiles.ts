// The names in the vector tiles, in one place.

export const SOURCE = "waymark";

export const LAYERS = { coverage: "coverage", frames: "frames", features: "features", sequences: "sequences" } as const;

export const AT = {
  lastSeen: "last_seen_ms",
  frame: "frame_id",
  sequence: "sequence_id",
  heading: "heading_deg",
  feature: "feature_id",
  className: "class",
  azimuth: "azimuth_deg",
  state: "state",
} as const;
