/** Compares ids with those that `python_ids.py` wrote into a folder: `compare.ts FOLDER`. */
import { join } from "node:path";
import { TextTokenizer } from "../../../encoders/tokenizer/text_tokenizer.ts";

const [folder] = Deno.args, most = 1 << 20;
const strings: string[] = JSON.parse(await Deno.readTextFile(join(folder!, "strings.json")));
let different = 0;
for await (const { name, isDirectory } of Deno.readDir(folder!)) {
  if (!isDirectory) continue;
  const expected: number[][] = JSON.parse(await Deno.readTextFile(join(folder!, name, "ids.json")));
  const tokenizer = await TextTokenizer.open(join(folder!, name), { vocabulary: most });
  const wrong = strings.filter((text, i) => String(tokenizer.encode(text, most)) !== String(expected[i]));
  console.log(`${name}: ${strings.length - wrong.length} of ${strings.length} strings have Python's ids`);
  for (const text of wrong.slice(0, 3)) {
    const found = tokenizer.encode(text, most);
    console.log(`  ${JSON.stringify(text)}: ${found}, in Python ${expected[strings.indexOf(text)]}`);
  }
  different += wrong.length;
}
Deno.exit(different > 0 ? 1 : 0);
