const orange = [224, 124, 40], blue = [40, 104, 190];

/** Colours each square of a grid by the probability of the second class, and draws the points on it. */
export function drawBoundary(canvas, probabilities, { places, classes }) {
  const side = Math.sqrt(probabilities.length), image = new ImageData(side, side);
  probabilities.forEach((p, i) => {
    const colour = orange.map((part, j) => 255 + ((1 - p) * part + p * blue[j] - 255) * 0.6);
    image.data.set([...colour, 255], 4 * i);
  });
  const small = new OffscreenCanvas(side, side);
  small.getContext("2d").putImageData(image, 0, 0);
  const context = canvas.getContext("2d"), { width, height } = canvas;
  context.drawImage(small, 0, 0, width, height);
  classes.forEach((side, i) => {
    context.beginPath();
    context.arc((places[2 * i] + 1) / 2 * width, (1 - places[2 * i + 1]) / 2 * height, 6, 0, 2 * Math.PI);
    context.fillStyle = `rgb(${side === 0 ? orange : blue})`;
    context.fill();
    context.strokeStyle = "white";
    context.lineWidth = 2;
    context.stroke();
  });
}

const highest = 1, lowest = 1e-4, margin = { left: 112, right: 20, top: 20, bottom: 60 };

/** Draws the losses of all steps so far. */
export function drawLoss(canvas, losses, mostSteps) {
  const context = canvas.getContext("2d"), { width, height } = canvas;
  const right = width - margin.right, bottom = height - margin.bottom;
  const x = (step) => margin.left + step / mostSteps * (right - margin.left);
  const y = (loss) => {
    const part = Math.log(highest / Math.max(lowest, Math.min(highest, loss))) / Math.log(highest / lowest);
    return margin.top + part * (bottom - margin.top);
  };
  context.clearRect(0, 0, width, height);
  context.font = "24px system-ui, sans-serif";
  context.fillStyle = "#555";
  context.strokeStyle = "#ddd";
  context.lineWidth = 1;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const loss of [1, 0.1, 0.01, 0.001, 0.0001]) {
    context.fillText(String(loss), margin.left - 10, y(loss));
    line(context, [[margin.left, y(loss)], [right, y(loss)]]);
  }
  context.textBaseline = "top";
  for (const [part, align] of [[0, "left"], [0.5, "center"], [1, "right"]]) {
    context.textAlign = align;
    context.fillText(`${align === "center" ? "step " : ""}${part * mostSteps}`, x(part * mostSteps), bottom + 12);
  }
  context.strokeStyle = `rgb(${blue})`;
  context.lineWidth = 3;
  line(context, losses.map((loss, step) => [x(step), y(loss)]));
}

function line(context, points) {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
}
