// Prints more than a pipe holds.
import { createTerminal } from "../../../cli/output/terminal.ts";

const terminal = createTerminal();
for (let i = 0; i < 10_000; i++) terminal.print("a line of results that nobody may be reading any more");
terminal.note("all said");
