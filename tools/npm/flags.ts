/** Tasks that run the command: with Deno itself, or through the task that has the permissions of most. */
const direct = /^deno run (.*) cli\/main\.ts ?(\w*)$/, shared = /^(?:METROGRAD_NET=(\S+) )?deno task --quiet metrograd (\w+)$/;

/** Where the shared task takes up a permission that some commands need in addition. */
const addition = "$METROGRAD_NET";

/** Deno's flags for each of the command's own commands, as the project's tasks have them; "" for any other. */
export function flagsByCommand(tasks: Readonly<Record<string, string>>): Record<string, string[]> {
  const found: Record<string, string[]> = {}, most = direct.exec(tasks.metrograd!)![1]!.split(" ");
  const withNet = (net?: string) => most.flatMap((flag) => flag !== addition ? flag : net ?? []);
  found[""] = withNet();
  for (const [name, task] of Object.entries(tasks)) {
    const [, flags, command] = direct.exec(task) ?? [], [, net, shares] = shared.exec(task) ?? [];
    if (command === name) found[name] = flags!.split(" ");
    else if (shares === name) found[name] = withNet(net);
  }
  return found;
}
