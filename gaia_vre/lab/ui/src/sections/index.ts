import type { Section } from '../parts/section';
import { catalog } from './catalog';
import { dask } from './dask';
import { sandboxes } from './sandboxes';
import { usage } from './usage';

/** The sections of the panel, in their order; each new one is a file here and a line below. */
export const SECTIONS: readonly Section[] = [catalog, usage, dask, sandboxes];
