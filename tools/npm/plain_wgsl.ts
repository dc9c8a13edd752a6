/** Operators that a space on either side parts from names and brackets alone; those of templates, < and >, stay. */
const operators = /(?<=[\w)\]]) ([-+*/%&|^]?=|[=!<>]=|[-+*/%&|^]|&&|\|\|) (?=[\w(])/g;

/** A shader without comments, and without spaces and ends of lines that part nothing. */
export function plainWgsl(code: string): string {
  const lines = code.replaceAll(/\/\/.*$/gm, "").split("\n").map((line) => line.trim()).filter((line) => line !== "");
  return lines.join("\n").replaceAll(/ ?([(){},;:]|->) ?/g, "$1").replaceAll(/([;{},])\n/g, "$1").replaceAll(operators, "$1");
}
