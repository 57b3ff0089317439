// @vitest-environment jsdom
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import french from '../locale/fr.json';
import { chooseLanguage, Words } from '../src/words';

const SOURCE = join(__dirname, '..', 'src');

function asked(): Set<string> {
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter(name => /\.tsx?$/.test(name));
  const source = files.map(name => readFileSync(join(SOURCE, name), 'utf8')).join('\n');
  return new Set([...source.matchAll(/\bwords\.[tn]\(\s*'((?:[^'\\]|\\.)+)'/g)].map(found => found[1]));
}

const translated = Object.fromEntries(Object.entries(french).filter(([english]) => english)) as Record<string, string[]>;

test('every text is translated, and no translation is left over', () => {
  expect(new Set(Object.keys(translated))).toEqual(asked());
});

test.each(Object.entries(translated))('%s keeps its gaps and its no-break spaces in French', (english, texts) => {
  for (const text of texts) {
    expect(text).not.toBe('');
    expect(text.match(/%\d/g)?.sort()).toEqual(english.match(/%\d/g)?.sort());
    expect(text).not.toMatch(/(?<!\u00a0)[;:!?]/);
  }
});

test('texts are filled in the language', () => {
  expect(new Words('fr').t('Cite %1', 'OSTIA')).toBe('Citer OSTIA');
  expect(new Words('en').t('Cite %1', 'OSTIA')).toBe('Cite OSTIA');
});

test('French counts zero as one, English does not', () => {
  expect(new Words('fr').n('%1 worker', '%1 workers', 0)).toBe('0 worker');
  expect(new Words('en').n('%1 worker', '%1 workers', 0)).toBe('0 workers');
  expect(new Words('fr').n('%1 core', '%1 cores', 2.5)).toBe('2,5 cœurs');
});

test('times are written as the language writes them', () => {
  const time = new Date(2026, 11, 4, 16, 5);
  expect(new Words('en').when(time)).toBe('Friday 4 December, 16:05');
  expect(new Words('fr').when(time)).toBe('vendredi 4 décembre, 16\u00a0h\u00a005');
});

test.each([
  ['JupyterLab in French', 'fr-FR', true, ['en'], 'fr'],
  ['JupyterLab in English by choice', 'en', true, ['fr'], 'en'],
  ['nobody chose, a French browser', 'en', false, ['fr-CA', 'en'], 'fr'],
  ['nobody chose, a browser whose language we lack', 'en', false, ['de', 'fr'], 'fr'],
  ['JupyterLab in a language we lack', 'de-DE', true, ['fr'], 'en'],
  ['an odd language', 'toString', true, [], 'en']
])('%s', (_, jupyterlab, chosen, browser, language) => {
  expect(chooseLanguage(jupyterlab, chosen, browser)).toBe(language);
});
