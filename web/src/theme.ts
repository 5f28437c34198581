// Light or dark: as the system says, until somebody says otherwise.

export type Theme = "light" | "dark";

const KEY = "waymark-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<(theme: Theme) => void>();

export function theme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light";
}

export function toggleTheme(): void {
  const next = theme() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  remember(next);
  tell();
}

export function onTheme(listener: (theme: Theme) => void): void {
  listeners.add(listener);
}

export function startTheme(): void {
  const chosen = remembered();
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  dark.addEventListener("change", tell);
}

function tell(): void {
  listeners.forEach((listener) => listener(theme()));
}

// A browser that keeps nothing for us shows the page all the same.
function remember(value: Theme): void {
  try {
    localStorage.setItem(KEY, value);
  } catch {
    return;
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
