import { describeValue } from "../../engine/files/describe_value.ts";
import { MetrogradError } from "../../kernels/errors.ts";
import type { PartConfig } from "./normalizers.ts";

/** Numbers of the tokens that stand before and behind each text's own. */
export interface SpecialTokens {
  readonly before: readonly number[];
  readonly behind: readonly number[];
}

/**
 * The tokens that a post-processor puts around a text.
 *
 * @throws MetrogradError naming an unknown kind
 */
export function specialTokens(config: PartConfig | null | undefined): SpecialTokens {
  switch (config?.type) {
    case undefined:
    case "ByteLevel":
      return { before: [], behind: [] };
    case "BertProcessing":
    case "RobertaProcessing": {
      const { cls, sep } = config as unknown as Record<"cls" | "sep", readonly [string, number]>;
      return { before: [cls[1]], behind: [sep[1]] };
    }
    case "TemplateProcessing":
      return ofTemplate(config);
    case "Sequence":
      return (config.processors as PartConfig[]).map(specialTokens).reduce((inner, outer) => ({
        before: [...outer.before, ...inner.before],
        behind: [...inner.behind, ...outer.behind],
      }), { before: [], behind: [] });
    default:
      throw new MetrogradError(`the post-processor ${describeValue(config!.type)} is not known`);
  }
}

function ofTemplate({ single, special_tokens }: PartConfig): SpecialTokens {
  const items = single as { readonly SpecialToken?: { readonly id: string } }[];
  const tokens = new Map(Object.entries(special_tokens as Record<string, { readonly ids: readonly number[] }>));
  const text = items.findIndex((item) => item.SpecialToken === undefined);
  const idsOf = (some: typeof items) =>
    some.flatMap(({ SpecialToken: token }) => tokens.get(token?.id ?? "")?.ids ?? []);
  return { before: idsOf(items.slice(0, text)), behind: idsOf(items.slice(text + 1)) };
}
