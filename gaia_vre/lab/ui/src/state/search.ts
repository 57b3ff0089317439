import { Signal } from '@lumino/signaling';
import { Ask, Problem } from './asking';
import { amount, fields, HalfAnswer, list, perhaps, text } from './reading';

export interface Card {
  id: string;
  title: string;
  pole: string | null;
  poleName: string;
  size: string;
  site: string;
  licence: string;
  access: string;
  picture: string | null;
  opens: boolean;
  large: boolean;
  far: boolean;
}

export interface Choice {
  value: string;
  title: string;
  count: number;
  chosen: boolean;
}

export interface Facet {
  name: string;
  title: string;
  choices: Choice[];
}

export interface Found {
  matched: number;
  complete: boolean;
  also: string[];
  next: string | null;
  facets: Facet[];
  cards: Card[];
}

export function readFound(answer: unknown): Found {
  const told = fields(answer, 'found');
  return {
    matched: amount(told.matched, 'matched'),
    complete: told.complete !== false,
    also: list(told.also, 'also', one => text(one, 'also')),
    next: perhaps(told.next, 'next', text),
    facets: list(told.facets, 'facets', readFacet),
    cards: list(told.datasets, 'datasets', readCard)
  };
}

function readFacet(value: unknown): Facet {
  const one = fields(value, 'facet');
  return { name: text(one.name, 'name'), title: text(one.title, 'title'), choices: list(one.choices, 'choices', readChoice) };
}

function readChoice(value: unknown): Choice {
  const one = fields(value, 'choice');
  return {
    value: text(one.value, 'value'),
    title: text(one.title, 'title'),
    count: amount(one.count, 'count'),
    chosen: one.chosen === true
  };
}

function readCard(value: unknown): Card {
  const one = fields(value, 'dataset');
  return {
    id: text(one.id, 'id'),
    title: text(one.title, 'title'),
    pole: perhaps(one.pole, 'pole', text),
    poleName: perhaps(one.pole_name, 'pole_name', text) ?? '',
    size: text(one.size, 'size'),
    site: text(one.site, 'site'),
    licence: text(one.licence, 'licence'),
    access: text(one.access, 'access'),
    picture: perhaps(one.picture, 'picture', text),
    opens: one.opens === true,
    large: one.large === true,
    far: one.far === true
  };
}

const PAUSE_MS = 90;
const LATE_MS = 1500;

/** A search as one types: one question at a time, and only the newest answer counts. */
export class Search {
  typed = '';
  chosen = new Map<string, Set<string>>([['access', new Set(['here'])]]);
  found: Found | undefined;
  problem: Problem | HalfAnswer | undefined;
  late = false;
  readonly changed = new Signal<this, void>(this);
  private _pause: ReturnType<typeof setTimeout> | undefined;
  private _asking: AbortController | undefined;

  constructor(
    private readonly _ask: Ask,
    private readonly _pauseMs = PAUSE_MS,
    private readonly _lateMs = LATE_MS
  ) {}

  /** Search for this once the person pauses. */
  type(words: string): void {
    this.typed = words;
    this.changed.emit();
    clearTimeout(this._pause);
    this._pause = setTimeout(() => void this.run(), this._pauseMs);
  }

  choose(facet: string, value: string, chosen: boolean): Promise<void> {
    const values = this.chosen.get(facet) ?? new Set();
    chosen ? values.add(value) : values.delete(value);
    this.chosen.set(facet, values);
    return this.run();
  }

  isChosen(facet: string, value: string): boolean {
    return this.chosen.get(facet)?.has(value) ?? false;
  }

  get filters(): number {
    return [...this.chosen.values()].reduce((sum, values) => sum + values.size, 0);
  }

  run(): Promise<void> {
    clearTimeout(this._pause);
    return this._run(null);
  }

  /** Add the next page to what was found. */
  more(): Promise<void> {
    return this.found?.next ? this._run(this.found.next) : Promise.resolve();
  }

  private async _run(token: string | null): Promise<void> {
    this._asking?.abort();
    const asking = (this._asking = new AbortController());
    const timer = setTimeout(() => this._say(asking, () => (this.late = true)), this._lateMs);
    try {
      const found = readFound(await this._ask('service/api/catalog/search', this._question(token, asking.signal)));
      const before = token ? this.found?.cards ?? [] : [];
      this._say(asking, () => {
        this.found = { ...found, cards: [...before, ...found.cards] };
        this.problem = undefined;
      });
    } catch (error) {
      const problem = error instanceof Problem || error instanceof HalfAnswer ? error : new HalfAnswer();
      this._say(asking, () => (this.problem = problem));
    } finally {
      clearTimeout(timer);
      this._say(asking, () => (this.late = false));
    }
  }

  private _question(token: string | null, signal: AbortSignal) {
    const query = new URLSearchParams();
    if (this.typed.trim()) {
      query.set('q', this.typed.trim().slice(0, 400));
    }
    for (const [facet, values] of this.chosen) {
      values.forEach(value => query.append(facet, value));
    }
    if (token) {
      query.set('token', token);
    }
    return { query, signal };
  }

  /** Change something in the name of a question that is still the newest. */
  private _say(asking: AbortController, change: () => void): void {
    if (this._asking === asking) {
      change();
      this.changed.emit();
    }
  }
}
