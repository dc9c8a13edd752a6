import type { DeviceOptions, OpenDevice } from "./device/open.ts";
import type { Profile } from "./profile/profile.ts";

/** How an engine is opened. */
export interface EngineOptions extends DeviceOptions {
  /**
   * Device to compute on, opened as `openDevice` was told; it stays open when the engine is closed. Engines on one device
   * share what is compiled, but no memory. By default the engine opens a device of its own.
   */
  readonly device?: OpenDevice | undefined;
  /** Told the label of each kernel before it is compiled for the first time on the device. */
  readonly onCompile?: (label: string) => void;
  /**
   * Uses what `bench --tune` has measured on this adapter, where it has. Products then round otherwise than without;
   * false by default.
   */
  readonly tuned?: boolean;
  /** Notes what the engine does and how long it takes, at some cost; complete once the engine is closed. */
  readonly profile?: Profile | undefined;
}
