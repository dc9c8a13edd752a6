/** Deno's flags for each of the command's own commands, as the project's tasks have them; "" for any other. */
export function flagsByCommand(tasks: Readonly<Record<string, string>>): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [name, task] of Object.entries(tasks)) {
    const [, flags, command] = /^deno run (.*) cli\/main\.ts ?(\w*)$/.exec(task) ?? [];
    if (flags === undefined || flags.includes("--config")) continue;
    if (name === "metrograd" || name === command) found[command!] = flags.split(" ");
  }
  return found;
}
