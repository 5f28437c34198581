// How long ago a place was last seen, in five steps of colour.

import type { ExpressionSpecification } from "maplibre-gl";
import type { Theme } from "../theme";

const DAY_MS = 86_400_000;

/** Upper bounds in days; the last step has none. */
const STEPS = [7, 14, 28, 91] as const;
export const STEP_NAMES = ["within a week", "1–2 weeks", "2–4 weeks", "1–3 months", "longer ago"] as const;

/** From fresh to stale the light changes with the hue, so that those who see fewer colours see the steps, too. */
const COLOURS: Record<Theme, readonly [string, string, string, string, string]> = {
  light: ["#07877d", "#58b59a", "#c3c46c", "#e0a65c", "#a9a49f"],
  dark: ["#2fd6c2", "#4f9c88", "#a39b4a", "#b0713a", "#67635f"],
};

export const colours = (theme: Theme): readonly string[] => COLOURS[theme];

/** The colour of a feature by its attribute `attribute`, as seen at `asOfMs`. */
export function colourOf(theme: Theme, attribute: string, asOfMs: number): ExpressionSpecification {
  const [fresh, ...staler] = COLOURS[theme];
  const age: ExpressionSpecification = ["-", asOfMs, ["to-number", ["get", attribute], 0]];
  const steps = STEPS.flatMap((days, i) => [days * DAY_MS, staler[i] ?? fresh]);
  return ["step", age, fresh, ...steps] as ExpressionSpecification;
}
