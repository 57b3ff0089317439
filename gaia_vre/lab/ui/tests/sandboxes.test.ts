import { expect, test } from 'vitest';
import { HalfAnswer } from '../src/state/reading';
import { clock, ownSandbox, readSandboxes, secondsLeft, urgency, warningPassed } from '../src/state/sandboxes';

const TOLD = { id: 'abcd', title: 'OSTIA', state: 'running', seconds_left: 5892, extensions_left: 2, extension_minutes: 60, url: '/user/ada/sandbox-abcd/lab' };

test('what is left counts from when it was told, whatever the clocks say', () => {
  const [one] = readSandboxes([TOLD], 1_000_000);
  expect(secondsLeft(one, 1_000_000 + 60_000)).toBe(5832);
  expect(secondsLeft(one, 1e12)).toBe(0);
});

test('a sandbox alone is read as a list of one', () => {
  expect(readSandboxes(TOLD, 0).map(one => one.id)).toEqual(['abcd']);
});

test('half a sandbox is named, and an address of another host is left out', () => {
  expect(() => readSandboxes([{ id: 'abcd' }], 0)).toThrow(HalfAnswer);
  expect(readSandboxes({ ...TOLD, url: '//evil.example/lab' }, 0)[0].url).toBeNull();
});

test('a lab knows by its address whether it is a sandbox', () => {
  expect(ownSandbox('http://host/user/ada/sandbox-0f1e2d3c/')).toBe('0f1e2d3c');
  expect(ownSandbox('/user/ada/')).toBeNull();
  expect(ownSandbox('/user/sandbox-abcd/lab/')).toBeNull();
});

test('its end comes nearer in three steps, and what is frozen is calm', () => {
  const at = (seconds: number, state = 'running') => urgency(readSandboxes({ ...TOLD, state, seconds_left: seconds }, 0)[0], 0);
  expect([at(1801), at(1800), at(601), at(600), at(60, 'frozen')]).toEqual(['', 'soon', 'soon', 'last', '']);
});

test('a warning is given once, when its minute is passed', () => {
  expect([warningPassed(1801, 1800), warningPassed(1800, 1799), warningPassed(1900, 500), warningPassed(601, 600)]).toEqual([30, null, 10, 10]);
});

test('seconds are written as a clock', () => {
  expect([clock(5892), clock(485), clock(0)]).toEqual(['1:38:12', '8:05', '0:00']);
});
