import { describe, expect, test } from 'vitest';
import { asker, Problem } from '../src/state/asking';

const answer = (body: string, status = 200) => async () => new Response(body, { status });

async function problemOf(asked: Promise<unknown>): Promise<Problem> {
  return asked.then(
    () => expect.fail('no problem'),
    (error: unknown) => error as Problem
  );
}

describe('a question to the lab', () => {
  test('carries its words and its language', async () => {
    const seen: [string, RequestInit][] = [];
    const ask = asker('/user/ada/gaia/', 'fr', async (url, init) => {
      seen.push([url, init]);
      return new Response('{"matched": 1}');
    });
    expect(await ask('service/x', { query: new URLSearchParams({ q: 'mer & île' }) })).toEqual({ matched: 1 });
    expect(seen[0][0]).toBe('/user/ada/gaia/service/x?q=mer+%26+%C3%AEle');
    expect(seen[0][1].headers).toMatchObject({ 'Accept-Language': 'fr' });
  });

  test('that is refused is told with the reason', async () => {
    const problem = await problemOf(asker('/', 'en', answer('{"detail": "40 of 40 cores are held"}', 409))('x'));
    expect([problem.status, problem.message]).toEqual([409, '40 of 40 cores are held']);
  });

  test('to a part that is not here is known as such', async () => {
    expect((await problemOf(asker('/', 'en', answer('{"detail": "no"}', 404))('x'))).absent).toBe(true);
  });

  test.each([
    ['a page of an error', '<html>502 Bad Gateway</html>', 502],
    ['no JSON at all', '{"matched": 1, "facets"', 0]
  ])('that is answered by %s is a problem and no crash', async (_, body, status) => {
    expect((await problemOf(asker('/', 'en', answer(body, status || 200))('x'))).status).toBe(status);
  });

  test('that nobody answers is given up', async () => {
    const never = (_: string, init: RequestInit) =>
      new Promise<Response>((_, refuse) => init.signal!.addEventListener('abort', () => refuse(new Error('aborted'))));
    expect((await problemOf(asker('/', 'en', never, 5)('x'))).status).toBe(0);
  });
});
