/** Questions to the lab's server, which asks the service: the browser holds no token. */

export class Problem extends Error {
  /** The status is 0 where there was no answer. */
  constructor(
    readonly status: number,
    message = ''
  ) {
    super(message);
  }

  /** This part of the service is not here. */
  get absent(): boolean {
    return this.status === 404;
  }
}

export interface Question {
  method?: 'GET' | 'POST' | 'DELETE';
  query?: URLSearchParams;
  body?: object;
  signal?: AbortSignal;
  /** How long is waited, for what takes longer than others. */
  patienceMs?: number;
}

export type Ask = (path: string, question?: Question) => Promise<unknown>;

export type Send = (url: string, init: RequestInit) => Promise<Response>;

const PATIENCE_MS = 15000;

/** Return what asks below an address; an answer that does not come within 15 s, or what the question says, is given up. */
export function asker(base: string, language: string, send: Send, patienceMs = PATIENCE_MS): Ask {
  return async (path, question = {}) => {
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), question.patienceMs ?? patienceMs);
    const giveUp = () => waiting.abort();
    question.signal?.addEventListener('abort', giveUp);
    try {
      const query = question.query?.size ? `?${question.query}` : '';
      const headers: Record<string, string> = { 'Accept-Language': language };
      const init: RequestInit = { method: question.method ?? 'GET', headers, signal: waiting.signal };
      if (question.body) {
        init.body = JSON.stringify(question.body);
        headers['Content-Type'] = 'application/json';
      }
      return await answered(await send(`${base}${path}${query}`, init));
    } catch (error) {
      throw error instanceof Problem ? error : new Problem(0);
    } finally {
      clearTimeout(timer);
      question.signal?.removeEventListener('abort', giveUp);
    }
  };
}

async function answered(response: Response): Promise<unknown> {
  const written = await response.text();
  let found: unknown = null;
  try {
    found = written ? JSON.parse(written) : null;
  } catch {
    throw new Problem(response.ok ? 0 : response.status);
  }
  if (!response.ok) {
    const detail = (found as { detail?: unknown } | null)?.detail;
    throw new Problem(response.status, typeof detail === 'string' ? detail.slice(0, 500) : '');
  }
  return found;
}
