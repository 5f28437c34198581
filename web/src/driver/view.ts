import type { View } from "../main";
import { el } from "../dom";
export function driverView(): View { return { element: el("div", {}), show: () => undefined, hide: () => undefined }; }
