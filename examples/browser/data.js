/** Points of each class. */
const each = 100;

/** Two spirals, one inside the other: the places of the points, from -1 to 1, and their classes. */
export function spirals() {
  const places = [], classes = [];
  for (const side of [0, 1]) {
    for (let i = 0; i < each; i++) {
      const part = i / each, angle = 3.2 * Math.PI * part + Math.PI * side, radius = 0.08 + 0.85 * part;
      places.push(radius * Math.cos(angle), radius * Math.sin(angle));
      classes.push(side);
    }
  }
  return { places, classes };
}

/** The centres of the squares of a grid, row by row from the top left. */
export function grid(side) {
  const centre = (i) => (2 * i + 1) / side - 1;
  return Float32Array.from({ length: side * side * 2 }, (_, i) => {
    const square = i >> 1;
    return i % 2 === 0 ? centre(square % side) : -centre(Math.floor(square / side));
  });
}
