/** Root of every error that metrograd raises on purpose. Its message is one sentence fit to show to a user. */
export class MetrogradError extends Error {
  /** What the error calls itself. */
  override name = "MetrogradError";
}

/** Tensors or files whose sizes do not fit together. */
export class ShapeError extends MetrogradError {
  /** What the error calls itself. */
  override name = "ShapeError";
}

/** Input from outside (a file, a record, an embedding) that is not what it has to be. */
export class DataError extends MetrogradError {
  /** What the error calls itself. */
  override name = "DataError";
}

/** A call that cannot be carried out as it was written: an unknown option, recipe or value. */
export class UsageError extends MetrogradError {
  /** What the error calls itself. */
  override name = "UsageError";
}

/** Something the GPU, its driver or its adapter refused. */
export class DeviceError extends MetrogradError {
  /** What the error calls itself. */
  override name = "DeviceError";
}

/** The GPU is gone, with all that was in its memory; what was lost can be done again on a device that is opened anew. */
export class DeviceLostError extends DeviceError {
  /** What the error calls itself. */
  override name = "DeviceLostError";
}
