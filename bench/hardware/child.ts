/** Permissions of the processes that a measurement starts: everything but the network. */
export const childPermissions: readonly string[] = ["--allow-all", "--deny-net", "--cached-only", "--no-prompt"];
