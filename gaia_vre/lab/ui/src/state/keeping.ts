import type { Project } from './projects';
import { amount, fields, list, text } from './reading';

/** What was kept of a sandbox, and where. */
export interface Receipt {
  /** `home`, or `project:` and the name of a project. */
  place: string;
  folder: string;
  files: number;
  /** What was not copied. */
  leftOut: string[];
}

/** Where the work of a sandbox can go. */
export interface Place {
  key: string;
  /** Null for the home. */
  project: Project | null;
}

/** As long as the service may take to have files copied. */
export const KEEPING_MS = 130_000;

const WRITE = ['owner', 'manager', 'editor'];
const LIVES = ['active', 'ending'];

/** Return where I may write: my home, and projects in which I am an editor or more. */
export function placesOf(projects: readonly Project[]): Place[] {
  const mine = projects.filter(one => WRITE.includes(one.role) && LIVES.includes(one.state));
  return [{ key: 'home', project: null }, ...mine.map(project => ({ key: `project:${project.slug}`, project }))];
}

export function readReceipt(answer: unknown): Receipt {
  const one = fields(answer, 'receipt');
  return {
    place: text(one.place, 'place'),
    folder: text(one.folder, 'folder'),
    files: amount(one.files, 'files'),
    leftOut: list(one.left_out, 'left_out', value => text(value, 'left_out'))
  };
}
