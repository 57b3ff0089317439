/** Take apart what a service answered: half an answer is named, never half shown. */

export class HalfAnswer extends Error {}

export type Fields = Record<string, unknown>;

export function fields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HalfAnswer(what);
  }
  return value as Fields;
}

export function list<T>(value: unknown, what: string, read: (one: unknown) => T): T[] {
  if (!Array.isArray(value)) {
    throw new HalfAnswer(what);
  }
  return value.map(read);
}

export function text(value: unknown, what: string): string {
  if (typeof value !== 'string') {
    throw new HalfAnswer(what);
  }
  return value;
}

export function amount(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new HalfAnswer(what);
  }
  return value;
}

/** Null and absent are unknown; anything else must be what it should be. */
export function perhaps<T>(value: unknown, what: string, read: (value: unknown, what: string) => T): T | null {
  return value === null || value === undefined ? null : read(value, what);
}
