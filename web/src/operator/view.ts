import type { View } from "../main";
import { el } from "../dom";
export function operatorView(): View { return { element: el("div", {}), show: () => undefined, hide: () => undefined }; }
