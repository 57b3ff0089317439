import { expect, test } from 'vitest';
import { Problem } from '../src/state/asking';
import { HalfAnswer, text } from '../src/state/reading';
import { Resource } from '../src/state/resource';

test('what was told stays when a later answer fails, and the failure is known', async () => {
  const answers: (() => Promise<unknown>)[] = [async () => 'first', () => Promise.reject(new Problem(500))];
  const resource = new Resource(() => answers.shift()!(), value => text(value, 'it'));
  await resource.refresh();
  await resource.refresh();
  expect(resource.value).toBe('first');
  expect(resource.problem).toBeInstanceOf(Problem);
  expect(resource.absent).toBe(false);
});

test('half an answer is named as such', async () => {
  const resource = new Resource(async () => ({}), value => text(value, 'it'));
  await resource.refresh();
  expect(resource.problem).toBeInstanceOf(HalfAnswer);
  expect(resource.value).toBeUndefined();
});

test('an error in reading is no end of the panel', async () => {
  const resource = new Resource(async () => null, value => (value as string).length);
  await resource.refresh();
  expect(resource.problem).toBeInstanceOf(HalfAnswer);
});

test('a part that is not here is absent, and here again when it answers', async () => {
  const answers: (() => Promise<unknown>)[] = [() => Promise.reject(new Problem(404)), async () => 'here'];
  const resource = new Resource(() => answers.shift()!(), value => text(value, 'it'));
  await resource.refresh();
  expect(resource.absent).toBe(true);
  await resource.refresh();
  expect(resource.absent).toBe(false);
});

test('whoever asks while an answer is under way waits for the same', async () => {
  let asked = 0;
  const resource = new Resource(async () => ++asked, value => value);
  await Promise.all([resource.refresh(), resource.refresh()]);
  expect(asked).toBe(1);
});

test('an answer that takes long is said to be late until it comes', async () => {
  let give: (value: unknown) => void = () => undefined;
  const resource = new Resource(() => new Promise(done => (give = done)), value => value, 0);
  const late = new Promise<void>(done => resource.changed.connect(() => done()));
  const under = resource.refresh();
  await late;
  expect(resource.late).toBe(true);
  give('at last');
  await under;
  expect([resource.late, resource.value]).toEqual([false, 'at last']);
});
