// @vitest-environment jsdom
import React from 'react';
import { act } from 'react';
import { createRoot, Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Events } from '../src/events';
import { Sections } from '../src/parts/Sections';
import type { Gaia } from '../src/parts/context';
import type { Section } from '../src/parts/section';
import { SECTIONS } from '../src/sections';
import { Problem, Question } from '../src/state/asking';
import { readClusters } from '../src/state/clusters';
import { readProjects } from '../src/state/projects';
import { Resource } from '../src/state/resource';
import { readSandboxes } from '../src/state/sandboxes';
import { Search } from '../src/state/search';
import { readLab, readUsage } from '../src/state/usage';
import type { Turns } from '../src/turns';
import { Words } from '../src/words';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

const EVIL = '<img src=x onerror="window.stolen=1"><script>window.stolen=1</script>\u202e' + 'x'.repeat(10_000);

type Answer = object | Error;

const ALONE: Turns = { wait: hold => hold(), tell: () => undefined, heard: () => undefined };

const USAGE = {
  username: 'ada',
  holds: [{ id: 's-1', kind: 'server', thing: EVIL, account: 'a', cores: 2, memory_gib: 4, workers: 0, credits_per_hour: 4 }],
  accounts: [
    { name: 'a', title: EVIL, limits: { credits: 600 }, left: { credits: 132 }, used: { credits: 432 }, reserved: { credits: 36 } }
  ]
};
const CARD = { id: EVIL, title: EVIL, pole: EVIL, pole_name: EVIL, size: EVIL, site: EVIL, licence: EVIL, access: EVIL };
const ANSWERS: Record<string, Answer> = {
  'service/api/catalog/search': {
    matched: 1, also: [], next: null,
    facets: [{ name: 'pole', title: EVIL, choices: [{ value: EVIL, title: EVIL, count: 1 }] }],
    datasets: [{ ...CARD, picture: null, opens: true, large: true, far: true }]
  },
  'service/api/quotas/usage': USAGE,
  clusters: { clusters: [{ name: EVIL, status: EVIL, workers: 2, worker_cores: 1, worker_memory_gib: 2, dashboard: 'javascript:alert(1)' }] },
  'service/api/sandboxes': [
    { id: 'abcd', title: EVIL, state: 'running', seconds_left: 5892, extensions_left: 2, extension_minutes: 60, url: 'javascript:alert(1)' }
  ],
  'service/api/projects': [{ slug: 'heat', title: EVIL, account: 'a', role: EVIL, state: 'active', ends: '2027-01-01T00:00:00Z' }],
  'service/api/projects/heat/members': [{ username: EVIL, role: 'owner' }],
  lab: { name: EVIL, lease: 's-1', memory_bytes: 2 ** 30, memory_limit_bytes: 2 ** 32 }
};

let root: Root;
let place: HTMLElement;
let inserted: string[];
let copied: string[];
let folders: string[];
let stopped: string[];
let stream: EventSource;

beforeEach(() => {
  localStorage.clear();
  document.body.innerHTML = '<main></main>';
  place = document.querySelector('main')!;
  root = createRoot(place);
  inserted = [];
  copied = [];
  folders = [];
  stopped = [];
  stream = { close: () => undefined } as EventSource;
});
afterEach(() => act(() => root.unmount()));

async function shown(answers: Record<string, Answer> = {}, sections: readonly Section[] = SECTIONS): Promise<Gaia> {
  const ask = async (path: string, question?: Question) => {
    if (question?.method === 'DELETE') {
      return void stopped.push(path);
    }
    const answer = { ...ANSWERS, ...answers }[path];
    if (!answer || answer instanceof Error) {
      throw answer ?? new Problem(404);
    }
    return answer;
  };
  const gaia: Gaia = {
    ask,
    words: new Words('en'),
    bench: {
      insert: code => inserted.push(code) > 0,
      open: async () => undefined,
      folder: async path => folders.push(path) > 0 && path !== 'projects/gone',
      copy: async text => void copied.push(text)
    },
    search: new Search(ask),
    events: new Events('/events', async () => [], ALONE, () => stream),
    usage: new Resource(() => ask('service/api/quotas/usage'), readUsage),
    clusters: new Resource(() => ask('clusters'), readClusters),
    lab: new Resource(() => ask('lab'), readLab),
    sandboxes: new Resource(() => ask('service/api/sandboxes'), answer => readSandboxes(answer, Date.now())),
    sandbox: null,
    projects: new Resource(() => ask('service/api/projects'), readProjects),
    settle: async () => undefined,
    page: name => `/services/gaia/${name}`,
    picture: path => `/gaia/service/${path}`
  };
  await act(async () => {
    root.render(<Sections gaia={gaia} sections={sections} />);
    const read = [gaia.usage, gaia.clusters, gaia.lab, gaia.projects, gaia.sandboxes];
    await Promise.all(read.map(one => one.refresh()));
  });
  return gaia;
}

const headings = () => [...place.querySelectorAll('h2')].map(one => one.textContent);
const press = (label: string | RegExp) =>
  act(async () => {
    const found = [...place.querySelectorAll('button')].find(one => (one.getAttribute('aria-label') ?? one.textContent)!.match(label));
    found!.click();
  });

test('hostile names and titles are shown as they are written and do nothing', async () => {
  await shown();
  await press(/^1 filter/);
  expect(place.textContent).toContain('<script>window.stolen=1</script>');
  expect(place.querySelector('script, img, [onerror]')).toBeNull();
  expect((window as { stolen?: number }).stolen).toBeUndefined();
  expect([...place.querySelectorAll('a')].every(one => one.getAttribute('href')!.startsWith('/'))).toBe(true);
});

test('what is large or far says so', async () => {
  await shown();
  expect([...place.querySelectorAll('.gaia-warning')].map(one => one.textContent!.slice(0, 5))).toEqual(['Large', 'Far: ']);
});

test('a section whose part of the service is missing is absent', async () => {
  await shown({ clusters: new Problem(404) });
  expect(headings()).toEqual(['Catalog', 'Projects', 'Usage', 'Sandboxes']);
});

test('a service that fails is named in its section and leaves the others', async () => {
  await shown({ 'service/api/quotas/usage': new Problem(500) });
  expect(headings()).toEqual(['Catalog', 'Projects', 'Usage', 'Dask', 'Sandboxes']);
  expect(place.textContent).toContain('GAIA answered 500.');
  expect(place.textContent).toContain('2 workers');
});

test('half an answer is named, and asking again mends it', async () => {
  const answers: Record<string, Answer> = { clusters: { clusters: [{ name: 'a' }] } };
  await shown(answers);
  expect(place.textContent).toContain('GAIA gave half an answer.');
  answers.clusters = { clusters: [] };
  await press('Ask again');
  expect(place.textContent).not.toContain('GAIA gave half an answer.');
});

test('a section that breaks is named and leaves the others', async () => {
  const broken: Section = {
    id: 'broken',
    title: () => 'Runs',
    Summary: () => <></>,
    Body: () => {
      throw new Error('broken');
    }
  };
  await shown({}, [broken, ...SECTIONS]);
  expect(place.textContent).toContain('This part of the panel does not work: Runs.');
  expect(headings()).toEqual(['Catalog', 'Projects', 'Usage', 'Dask', 'Sandboxes']);
});

test('a cell is inserted, and a citation copied', async () => {
  const use = { code: 'gaia.open("sst")', citation: 'Ada, SST.', bibtex: '@misc{sst}' };
  await shown({ [`service/api/catalog/datasets/${encodeURIComponent(EVIL)}/use`]: use });
  await press(/^Insert cell: /);
  await press(/^Cite /);
  await press('Copy BibTeX');
  expect(inserted).toEqual([use.code]);
  expect(copied).toEqual([use.citation, use.bibtex]);
});

test('stopping asks once more in its row', async () => {
  await shown();
  await press('Stop my server');
  await press('Leave it');
  expect(place.querySelector('.gaia-asked')).toBeNull();
  await press('Stop my server');
  expect(stopped).toEqual([]);
  await press('Stop my server');
  expect(stopped.map(path => path.slice(0, 35))).toEqual(['service/api/servers/%3Cimg%20src%3D']);
});

test('what is left stands with its bar, in words for those who do not see it', async () => {
  await shown();
  expect(place.textContent).toContain('132 of 600 credits left');
  expect(place.querySelector('[role=meter]')!.getAttribute('aria-valuetext')).toBe('432 used, 36 held, of 600');
});

test('a message is shown inert until it is put away', async () => {
  const gaia = await shown();
  void gaia.events.start();
  await act(async () => undefined);
  const message = { id: 1, kind: 'broadcast', severity: 'bad', title: EVIL, text: EVIL };
  await act(async () => stream.onmessage!({ data: JSON.stringify(message) } as MessageEvent));
  expect(place.querySelector('.gaia-bad')!.textContent).toContain('<script>');
  expect(place.querySelector('script, img')).toBeNull();
  await press('Put away');
  expect(place.querySelector('.gaia-bad')).toBeNull();
});

test('a sandbox is made longer and destroyed from its row, once asked', async () => {
  await shown();
  expect(place.textContent).toContain('1:38:1');
  expect([...place.querySelectorAll('a')].some(one => one.getAttribute('href') === '/services/gaia/sandboxes#s-abcd')).toBe(true);
  await press(/^Extend by 60 min \(2 left\)/);
  await press('Destroy this sandbox');
  expect(stopped).toEqual([]);
  await press('Destroy this sandbox');
  expect(stopped).toEqual(['service/api/sandboxes/abcd']);
});

test('a section that is folded and opened again before it is drawn stays open', async () => {
  await shown();
  const section = place.querySelector<HTMLDetailsElement>('[data-gaia-section=projects]')!;
  await act(async () => {
    for (const open of [false, true]) {
      section.open = open;
      section.dispatchEvent(new Event('toggle'));
    }
  });
  expect(section.open).toBe(true);
  expect(section.textContent).toContain('I work asada');
});

test('a project says who pays, opens its folder and tells its members', async () => {
  await shown();
  const section = place.querySelector('[data-gaia-section=projects]')!;
  expect(section.textContent).toContain('I work asada');
  expect(section.querySelector('.gaia-tag')?.textContent).toBe('pays');
  await press(/^Open the folder of/);
  expect(folders).toEqual(['projects/heat']);
  await press(/^Members of/);
  expect(section.querySelector('.gaia-names')?.textContent).toContain('owner');
  expect(document.querySelector('script, main img[onerror]')).toBeNull();
});

test('a folder that this server does not have is said where it was asked for', async () => {
  await shown({ 'service/api/projects': [{ slug: 'gone', title: 'Gone', account: 'b', role: 'viewer', state: 'ending', ends: 'soon' }] });
  await press('Open the folder of Gone');
  expect(place.textContent).toContain('it comes when the server starts anew');
});
