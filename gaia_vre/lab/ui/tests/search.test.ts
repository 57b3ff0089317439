import { expect, test } from 'vitest';
import { Problem, Question } from '../src/state/asking';
import { HalfAnswer } from '../src/state/reading';
import { Search } from '../src/state/search';

const card = (id: string) => ({ id, title: id, size: '', site: '', licence: '', access: '', opens: true });
const found = (...ids: string[]) => ({ matched: ids.length, also: [], next: null, facets: [], datasets: ids.map(card) });

function queries(answers: unknown[]): [Search, URLSearchParams[]] {
  const asked: URLSearchParams[] = [];
  const search = new Search(async (_path: string, question?: Question) => {
    asked.push(question!.query!);
    const answer = answers.shift();
    if (answer instanceof Error) {
      throw answer;
    }
    return answer;
  }, 0);
  return [search, asked];
}

const settled = (search: Search) =>
  new Promise<void>(done => search.changed.connect(() => (search.found || search.problem) && done()));

test('typing asks once, for the last words', async () => {
  const [search, asked] = queries([found('sst')]);
  const done = settled(search);
  'mer'.split('').forEach((_, index, all) => search.type(all.slice(0, index + 1).join('')));
  await done;
  expect(asked.map(one => one.get('q'))).toEqual(['mer']);
  expect(search.found!.cards[0].id).toBe('sst');
});

test('an old answer that comes late does not replace a newer one', async () => {
  const waiting: ((value: unknown) => void)[] = [];
  const search = new Search(() => new Promise(done => waiting.push(done)));
  const [first, second] = [search.run(), search.run()];
  waiting[1](found('new'));
  await second;
  waiting[0](found('old'));
  await first;
  expect(search.found!.cards[0].id).toBe('new');
});

test('a facet narrows and can be let go', async () => {
  const [search, asked] = queries([found(), found()]);
  await search.choose('pole', 'odatis', true);
  await search.choose('pole', 'odatis', false);
  expect(asked.map(one => one.getAll('pole'))).toEqual([['odatis'], []]);
  expect(asked[0].get('access')).toBe('here');
});

test('the next page is added to the one before', async () => {
  const [search, asked] = queries([{ ...found('a'), next: 't' }, found('b')]);
  await search.run();
  await search.more();
  expect(search.found!.cards.map(one => one.id)).toEqual(['a', 'b']);
  expect(asked[1].get('token')).toBe('t');
});

test.each([
  ['a service that fails', new Problem(500)],
  ['half an answer', { matched: 3 }],
  ['an answer of another kind', []],
  ['a card without a title', { ...found(), datasets: [{ id: 'x' }] }]
])('%s leaves what was found before', async (_, answer) => {
  const [search] = queries([found('before'), answer]);
  await search.run();
  await search.run();
  expect(search.found!.cards[0].id).toBe('before');
  expect(search.problem).toSatisfy(one => one instanceof Problem || one instanceof HalfAnswer);
  expect(search.late).toBe(false);
});
