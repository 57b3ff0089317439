import type { ComponentType } from 'react';
import type { Gaia } from './context';

/** One part of the panel: a file in `sections`, and a line in its index. */
export interface Section {
  id: string;
  title(gaia: Gaia): string;
  /** A few words beside the title, to be read while it is folded. */
  Summary: ComponentType;
  Body: ComponentType;
  /** The part of the service is not here: nothing is shown. */
  absent?(gaia: Gaia): boolean;
  /** What changes whether it is absent. */
  watches?(gaia: Gaia): Gaia['usage' | 'clusters' | 'sandboxes'];
}
