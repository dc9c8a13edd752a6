/** How fast a device reads. */
export interface ReadSpeeds {
  /** Milliseconds for some reads of a storage buffer. */
  readonly buffer: number;
  /** Milliseconds for as many reads of a storage texture. */
  readonly texture: number;
}

const invocations = 512, readsOfEach = 64;
/** Reads repeat within so many texels, which are in the CPU's cache. */
const side = 64;
/** Passes of each kind that are timed; the shortest counts, since others may have been interrupted. */
const passes = 8;
/** Dispatches in a pass: Mesa 22.3 notes a pass's end without waiting for the last of them. */
const dispatches = 3;

/**
 * Measures how fast shaders read storage buffers and storage textures, in some 0.1 s and most of it for compiling.
 *
 * @returns undefined where the device has no timestamps
 */
export async function measureReads(device: GPUDevice): Promise<ReadSpeeds | undefined> {
  if (!device.features.has("timestamp-query")) return undefined;
  const label = "measure reads", { STORAGE, QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const buffer = (size: number, usage: number) => device.createBuffer({ label, size, usage });
  const source = buffer(side * side * 16, STORAGE), result = buffer(invocations * 4, STORAGE);
  const usage = GPUTextureUsage.STORAGE_BINDING;
  const texture = device.createTexture({ label, size: [side, side], format: "rgba32float", usage });
  const kinds = [{
    declaration: "var<storage, read> x: array<vec4f>",
    read: "x[at]",
    resource: { buffer: source },
  }, {
    declaration: "var x: texture_storage_2d<rgba32float, read>",
    read: `textureLoad(x, vec2u(at % ${side}u, at / ${side}u))`,
    resource: texture.createView(),
  }].map(({ declaration, read, resource }) => {
    const module = device.createShaderModule({ label, code: shader(declaration, read) });
    const pipeline = device.createComputePipeline({ label, layout: "auto", compute: { module, entryPoint: "main" } });
    const entries = [{ binding: 0, resource }, { binding: 1, resource: { buffer: result } }];
    return { pipeline, group: device.createBindGroup({ label, layout: pipeline.getBindGroupLayout(0), entries }) };
  });
  // The first pass of each kind also compiles, and its time is left out.
  const order = Array.from({ length: 2 * (passes + 1) }, (_, i) => i % 2);
  const bytes = order.length * 2 * 8;
  const querySet = device.createQuerySet({ label, type: "timestamp", count: order.length * 2 });
  const times = buffer(bytes, QUERY_RESOLVE | COPY_SRC), staging = buffer(bytes, MAP_READ | COPY_DST);
  const encoder = device.createCommandEncoder({ label });
  for (const [i, kind] of order.entries()) {
    const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
    const pass = encoder.beginComputePass({ label, timestampWrites });
    pass.setPipeline(kinds[kind]!.pipeline);
    pass.setBindGroup(0, kinds[kind]!.group);
    for (let j = 0; j < dispatches; j++) pass.dispatchWorkgroups(invocations / 64);
    pass.end();
  }
  encoder.resolveQuerySet(querySet, 0, order.length * 2, times, 0);
  encoder.copyBufferToBuffer(times, 0, staging, 0, bytes);
  device.queue.submit([encoder.finish()]);
  try {
    await staging.mapAsync(GPUMapMode.READ);
    const stamps = new BigUint64Array(staging.getMappedRange());
    const spans = order.map((_, i) => Number(stamps[2 * i + 1]! - stamps[2 * i]!) / 1e6);
    const shortest = (kind: number) => Math.min(...spans.filter((_, i) => i > 1 && order[i] === kind));
    return { buffer: shortest(0), texture: shortest(1) };
  } finally {
    for (const one of [source, result, times, staging, texture, querySet]) one.destroy();
  }
}

function shader(declaration: string, read: string): string {
  return `
@group(0) @binding(0) ${declaration};
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var sum = vec4f();
  for (var i = 0u; i < ${readsOfEach}u; i++) {
    let at = (i * 64u + id.x) % ${side * side}u;
    sum += ${read};
  }
  sums[id.x] = (sum.x + sum.y) + (sum.z + sum.w);
}
`;
}
