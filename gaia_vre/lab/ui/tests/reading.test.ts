import { expect, test } from 'vitest';
import { isOwnPath, readClusters } from '../src/state/clusters';
import { burn, lastsUntil, payingAccount, readLab, readUsage } from '../src/state/usage';

const hold = (id: string, account: string, price: number) => ({
  id, kind: 'server', thing: '', account, cores: 2, memory_gib: 4, workers: 0, credits_per_hour: price
});
const account = (name: string, left: number | null) => ({
  name, title: '', left: { credits: left }, limits: left === null ? {} : { credits: 100 }, used: { credits: 60 }, reserved: { credits: 8 }
});
const usage = readUsage({
  username: 'ada',
  holds: [hold('s-1', 'project:heat', 4), hold('c-1', 'project:heat', 4), hold('s-2', 'person:ada', 1)],
  accounts: [account('person:ada', null), account('project:heat', 32)]
});

test('the account that pays for this server is the one shown first', () => {
  expect(payingAccount(usage, 's-1')!.name).toBe('project:heat');
  expect(payingAccount(usage, null)!.name).toBe('person:ada');
});

test('what is left lasts as long as what runs lets it', () => {
  expect(burn(usage)).toBe(9);
  const now = new Date('2026-12-01T00:00:00Z');
  expect(lastsUntil(usage, payingAccount(usage, 's-1')!, now)).toEqual(new Date('2026-12-01T04:00:00Z'));
  expect(lastsUntil(usage, usage.accounts[0], now)).toBeNull();
});

test('no limit is no budget', () => {
  expect(usage.accounts[0].budget).toBeNull();
});

test.each([
  ['nothing', null],
  ['a list', []],
  ['no holds', { username: 'ada', accounts: [] }],
  ['text for a number', { username: 'ada', accounts: [], holds: [{ ...hold('s', 'a', 1), cores: '2' }] }],
  ['no number', { username: 'ada', accounts: [], holds: [{ ...hold('s', 'a', 1), cores: NaN }] }]
])('%s is half an answer', (_, answer) => {
  expect(() => readUsage(answer)).toThrow();
});

test('a server without a limit says so', () => {
  expect(readLab({ name: '', memory_bytes: 5 }).memoryLimitBytes).toBeNull();
});

test('a cluster whose scheduler is silent is shown without its data', () => {
  const cluster = { name: 'a1', status: 'running', workers: 2, worker_cores: 2, worker_memory_gib: 4 };
  expect(readClusters({ clusters: [cluster] })[0]).toMatchObject({ cores: 4, memoryBytes: 8 * 2 ** 30, dataBytes: null });
});

test.each(['javascript:alert(1)', '//evil.example', 'https://evil.example/', '/\\evil.example', '/a b'])(
  'a dashboard at %s gets no link',
  path => expect(isOwnPath(path)).toBe(false)
);

test('a dashboard of this host gets its link', () => {
  expect(isOwnPath('/user/ada/proxy/8787/clusters/a1/secret/status')).toBe(true);
});
