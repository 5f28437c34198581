// What is called how: classes of things, and reasons of refusals.

/** `no-entry-sign` reads "No entry sign"; `speed-limit-30` reads "Speed limit 30". */
export function className(name: string): string {
  const words = name.replaceAll(/[-_./]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A reason code as a phrase: `speed_implausible` reads "Speed implausible". */
export const reasonName = (code: string): string => className(code);
