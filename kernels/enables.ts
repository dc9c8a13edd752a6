const subgroupOperation = /\bsubgroup[A-Z]\w*\(|\bsubgroup_\w+\)/;

/** WGSL with the enable line for the subgroup operations in it, on the first line so that errors keep their places. */
export function withEnables(code: string, enableSubgroups: boolean): string {
  return enableSubgroups && subgroupOperation.test(code) ? `enable subgroups; ${code}` : code;
}
