/**
 * Tables of settings, which check what users give, type what code reads and are printed in the docs.
 *
 * @module
 */
export {
  anyText,
  choice,
  Field,
  type FieldKind,
  flag,
  number,
  type NumberRange,
  numbers,
  optionalNumber,
  optionalText,
  text,
} from "./field.ts";
export { type GivenSettings, recipeTable, type Settings, type SharedSettings, sharedTable } from "./shared.ts";
export { type Given, resolve, type Table, type Values, withDefaults } from "./table.ts";
