import type { FileTensor } from "../../engine/files/safetensors_reader.ts";

/** Names of document 004's code, and ours. */
const renamed = [["fc_layers.", "lin."], ["layer_norms.", "norm."], ["output.", "head."]] as const;

/**
 * Weights of a network of document 004's code under our names; others stay as they are. Its two heads for mean and
 * log-variance are the rows of ours.
 *
 * @see document 004, section 4
 */
export function fromDocument(tensors: ReadonlyMap<string, FileTensor>): Map<string, FileTensor> {
  const named = new Map<string, FileTensor>();
  for (const [name, tensor] of tensors) {
    const [from, to] = renamed.find(([from]) => name.startsWith(from)) ?? ["", ""];
    if (!/^(mean|logvar)_head\./.test(name)) named.set(to + name.slice(from.length), tensor);
  }
  for (const part of ["weight", "bias"]) {
    const mean = tensors.get(`mean_head.${part}`), logVariance = tensors.get(`logvar_head.${part}`);
    if (mean && logVariance) named.set(`head.${part}`, stacked(mean, logVariance));
  }
  return named;
}

/** Rows of two tensors, one after the other. */
function stacked(first: FileTensor, second: FileTensor): FileTensor {
  const size = ({ shape }: FileTensor) => shape.reduce((product, one) => product * one, 1);
  const [rows, ...others] = first.shape, [more] = second.shape;
  return {
    dtype: first.dtype,
    shape: [rows! + more!, ...others],
    async read(from, count) {
      const all = new Float32Array(size(first) + size(second));
      all.set(await first.read(0, size(first)));
      all.set(await second.read(0, size(second)), size(first));
      return all.slice(from, from + count);
    },
  };
}
