// Signs of the map, drawn here: nothing is fetched, and every size and screen gets its own.

const SIDE = 30;
const MIDDLE = SIDE / 2;

type Pen = CanvasRenderingContext2D;

const RED = "#c8202f";
const WHITE = "#ffffff";
const INK = "#1c2326";

const SIGNS: Record<string, (pen: Pen) => void> = {
  "stop-sign": (pen) => {
    polygon(pen, 8, 12.4, Math.PI / 8, RED, WHITE);
    text(pen, "STOP", 7.2, WHITE, 15.3);
  },
  "yield-sign": (pen) => {
    polygon(pen, 3, 14.6, Math.PI / 2, RED, WHITE, 13);
    polygon(pen, 3, 8, Math.PI / 2, WHITE, WHITE, 13);
  },
  "no-entry-sign": (pen) => {
    disc(pen, 12, RED, WHITE);
    bar(pen, 7.5, 12.8, 15, 4.6, WHITE, 0.6);
  },
  "traffic-light": (pen) => {
    bar(pen, 9, 2.5, 12, 25, "#23292c", 4, WHITE);
    (["#ef4438", "#f6b73c", "#3fbf63"] as const).forEach((colour, i) => dot(pen, 15, 8 + i * 7, 2.7, colour));
  },
  "street-lamp": (pen) => {
    disc(pen, 11.5, "#3d5a80", WHITE);
    stroke(pen, WHITE, 1.8, [[11.5, 22], [11.5, 9.8], [14, 8.4], [18.5, 8.4]]);
    dot(pen, 18.8, 11, 2.2, "#ffd166");
  },
  hydrant: (pen) => {
    disc(pen, 11.5, "#b3422e", WHITE);
    bar(pen, 12, 9.5, 6, 12, WHITE, 1.4);
    bar(pen, 9.4, 13, 11.2, 3.4, WHITE, 1.4);
    dot(pen, 15, 9.4, 2.9, WHITE);
  },
};

/** The sign of a class, `scale` pixels of the screen to one of ours. */
export function sign(name: string, state: string, scale: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.round(SIDE * scale);
  const pen = canvas.getContext("2d");
  if (!pen) return canvas;
  pen.scale(canvas.width / SIDE, canvas.height / SIDE);
  if (state === "gone") {
    pen.globalAlpha = 0.5;
    pen.filter = "grayscale(1)";
  }
  (SIGNS[name] ?? speedLimit(name) ?? other(name))(pen);
  if (state === "gone") {
    pen.globalAlpha = 1;
    pen.filter = "none";
    stroke(pen, WHITE, 4.4, [[5, 25], [25, 5]]);
    stroke(pen, "#5b6468", 2.4, [[5, 25], [25, 5]]);
  } else if (state === "new") {
    dot(pen, 24, 6, 5.4, WHITE);
    dot(pen, 24, 6, 4.4, "#0c7f78");
    stroke(pen, WHITE, 1.5, [[24, 3.8], [24, 8.2]]);
    stroke(pen, WHITE, 1.5, [[21.8, 6], [26.2, 6]]);
  }
  return canvas;
}

/** The same as an element of the page. */
export function signElement(name: string, state = "present", side = 22): HTMLCanvasElement {
  const canvas = sign(name, state, (side / SIDE) * Math.max(2, devicePixelRatio));
  canvas.className = "sign";
  canvas.style.width = canvas.style.height = `${side}px`;
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}

/** The wedge beside a sign that says which way it faces; it points north. */
export function wedge(colour: string, scale: number): ImageData | undefined {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 54 * scale;
  const pen = canvas.getContext("2d");
  if (!pen) return undefined;
  pen.scale(scale, scale);
  pen.fillStyle = colour;
  pen.beginPath();
  pen.moveTo(27, 1.5);
  pen.lineTo(33.5, 9.5);
  pen.quadraticCurveTo(27, 6.8, 20.5, 9.5);
  pen.closePath();
  pen.fill();
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** The arrow of a frame: where its camera looked, to the north. */
export function arrow(colour: string, rim: string, scale: number): ImageData | undefined {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 18 * scale;
  const pen = canvas.getContext("2d");
  if (!pen) return undefined;
  pen.scale(scale, scale);
  pen.beginPath();
  pen.moveTo(9, 1.6);
  pen.lineTo(14.6, 15.4);
  pen.lineTo(9, 12.4);
  pen.lineTo(3.4, 15.4);
  pen.closePath();
  pen.lineJoin = "round";
  pen.lineWidth = 2.4;
  pen.strokeStyle = rim;
  pen.stroke();
  pen.fillStyle = colour;
  pen.fill();
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

function speedLimit(name: string): ((pen: Pen) => void) | undefined {
  const limit = /(?:speed|maxspeed)[-_.]?(?:limit)?[-_.]?(\d{1,3})/.exec(name)?.[1];
  if (!limit) return undefined;
  return (pen) => {
    disc(pen, 12, RED, WHITE);
    disc(pen, 8.8, WHITE, WHITE);
    text(pen, limit, limit.length > 2 ? 8 : 10.5, INK, 15.5);
  };
}

/** A class that has no sign of its own shows its first letter. */
function other(name: string): (pen: Pen) => void {
  return (pen) => {
    bar(pen, 4, 4, 22, 22, "#5a5f8c", 6, WHITE);
    text(pen, name.charAt(0).toUpperCase(), 13, WHITE, 15.5);
  };
}

function polygon(pen: Pen, corners: number, radius: number, turn: number, fillWith: string, rim: string, y = MIDDLE): void {
  pen.beginPath();
  for (let i = 0; i < corners; i += 1) {
    const angle = turn + (i * 2 * Math.PI) / corners;
    pen.lineTo(MIDDLE + radius * Math.cos(angle), y + radius * Math.sin(angle));
  }
  pen.closePath();
  pen.lineJoin = "round";
  paint(pen, fillWith, rim);
}

function disc(pen: Pen, radius: number, fillWith: string, rim: string): void {
  pen.beginPath();
  pen.arc(MIDDLE, MIDDLE, radius, 0, 2 * Math.PI);
  paint(pen, fillWith, rim);
}

function dot(pen: Pen, x: number, y: number, radius: number, fillWith: string): void {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = fillWith;
  pen.fill();
}

function bar(pen: Pen, x: number, y: number, width: number, height: number, fillWith: string, round: number, rim?: string): void {
  pen.beginPath();
  pen.roundRect(x, y, width, height, round);
  if (rim) paint(pen, fillWith, rim);
  else {
    pen.fillStyle = fillWith;
    pen.fill();
  }
}

/** A rim keeps signs apart from whatever is below them. */
function paint(pen: Pen, fillWith: string, rim: string): void {
  pen.lineWidth = 3;
  pen.strokeStyle = rim;
  pen.stroke();
  pen.fillStyle = fillWith;
  pen.fill();
}

function stroke(pen: Pen, colour: string, width: number, points: [number, number][]): void {
  pen.beginPath();
  points.forEach(([x, y]) => pen.lineTo(x, y));
  pen.lineCap = "round";
  pen.lineJoin = "round";
  pen.lineWidth = width;
  pen.strokeStyle = colour;
  pen.stroke();
}

function text(pen: Pen, value: string, size: number, colour: string, y: number): void {
  pen.font = `700 ${size}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillStyle = colour;
  pen.fillText(value, MIDDLE, y);
}
