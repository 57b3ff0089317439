import { createContext, useContext, useEffect, useReducer } from 'react';
import { ISignal } from '@lumino/signaling';
import type { Events } from '../events';
import type { Ask } from '../state/asking';
import type { Cluster } from '../state/clusters';
import type { Project } from '../state/projects';
import type { Resource } from '../state/resource';
import type { Sandbox } from '../state/sandboxes';
import type { Search } from '../state/search';
import type { LabFacts, Usage } from '../state/usage';
import type { Words } from '../words';

/** What one does in JupyterLab. */
export interface Bench {
  /** Put code into a cell at the cursor; false when no notebook is open. */
  insert(code: string): boolean;
  open(path: string): Promise<void>;
  /** Show a folder among the files; false when it is not there. */
  folder(path: string): Promise<boolean>;
  copy(text: string): Promise<void>;
}

/** What every section gets. */
export interface Gaia {
  ask: Ask;
  words: Words;
  bench: Bench;
  search: Search;
  events: Events;
  usage: Resource<Usage>;
  clusters: Resource<Cluster[]>;
  lab: Resource<LabFacts>;
  sandboxes: Resource<Sandbox[]>;
  /** The sandbox that this lab is; null for any other lab. */
  sandbox: string | null;
  projects: Resource<Project[]>;
  /** Ask what runs, now and once what was just stopped has given back what it held. */
  settle(): Promise<void>;
  /** Return the address of a page of the service. */
  page(name: string): string;
  /** Address at which a visitor's sandbox gives all its files. */
  work: string;
  /** Return the address of a picture that the service has. */
  picture(path: string): string;
}

export const GaiaContext = createContext<Gaia | null>(null);

export function useGaia(): Gaia {
  const gaia = useContext(GaiaContext);
  if (!gaia) {
    throw new Error('A part of the panel stands outside of it');
  }
  return gaia;
}

/** Draw anew whenever something has changed. */
export function useChanges(thing: { changed: ISignal<unknown, void> }): void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    thing.changed.connect(draw);
    return () => void thing.changed.disconnect(draw);
  }, [thing]);
}
