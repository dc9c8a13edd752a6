/** WebGPU's limits of an adapter or device as a plain record. */
export function limitsOf(limits: GPUSupportedLimits): Record<string, number> {
  const record: Record<string, number> = {};
  for (const name in limits) {
    const value: unknown = limits[name as keyof GPUSupportedLimits];
    if (typeof value === "number") record[name] = value;
  }
  return record;
}
