/** A shader without comments and indentation. */
export function plainWgsl(code: string): string {
  return code.replaceAll(/\/\/.*$/gm, "").split("\n").map((line) => line.trim()).filter((line) => line !== "").join(
    "\n",
  );
}
