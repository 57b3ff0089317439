import { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import { ServerConnection } from '@jupyterlab/services';
import { Poll } from '@lumino/polling';
import type { Widget } from '@lumino/widgets';
import { Events } from './events';
import { turnsOf } from './turns';
import type { Bench, Gaia } from './parts/context';
import { Ask, asker, Problem } from './state/asking';
import { readClusters } from './state/clusters';
import { readProjects } from './state/projects';
import { Resource } from './state/resource';
import { ownSandbox, readSandboxes, secondsLeft, warningPassed } from './state/sandboxes';
import { Search } from './state/search';
import { readLab, readUsage } from './state/usage';
import type { Words } from './words';

const OFTEN_MS = 10_000;
const SELDOM_MS = 30_000;
const SLOWEST_MS = 120_000;
const SETTLING_MS = [2000, 6000, 15_000];

/** Put together what the sections get. */
export function makeGaia(app: JupyterFrontEnd, notebooks: INotebookTracker | null, words: Words): Gaia {
  const settings = app.serviceManager.serverSettings;
  const base = URLExt.join(settings.baseUrl, 'gaia/');
  const send = (url: string, init: RequestInit) => ServerConnection.makeRequest(url, init, settings);
  const ask = asker(base, words.language, send);
  const hub = PageConfig.getOption('hubPrefix') || '/hub/';
  const service = `${PageConfig.getOption('hubHost')}${URLExt.join(hub, '..', 'services/gaia/')}`;
  const sandbox = ownSandbox(settings.baseUrl.replace(/[?#].*$/, ''));
  // A sandbox may ask for its own countdown and the catalog; what it may not ask for is not there.
  const outside = (path: string) => () => (sandbox === null ? ask(path) : Promise.reject(new Problem(404)));
  const usage = new Resource(outside('service/api/quotas/usage'), readUsage);
  const clusters = new Resource(outside('clusters'), readClusters);
  const mine = sandbox === null ? 'service/api/sandboxes' : `service/api/sandboxes/${sandbox}`;
  const sandboxes = new Resource(() => ask(mine), answer => readSandboxes(answer, Date.now()));
  const refresh = async () => void (await Promise.all([usage.refresh(), clusters.refresh(), sandboxes.refresh()]));
  return {
    ask,
    words,
    bench: makeBench(app, notebooks),
    search: new Search(ask),
    events: new Events(
      streamUrl(base, words.language),
      () => ask('service/api/messages', { query: new URLSearchParams({ language: words.language }) }),
      turnsOf(`gaia-messages:${PageConfig.getOption('hubUser')}`)
    ),
    usage,
    clusters,
    settle: () => {
      SETTLING_MS.forEach(wait => setTimeout(() => void refresh(), wait));
      return refresh();
    },
    lab: new Resource(() => ask('lab'), readLab),
    sandboxes,
    sandbox,
    projects: new Resource(() => projectsOf(ask), readProjects),
    page: name => `${service}${name}`,
    work: `${base}work.zip`,
    picture: path => `${base}service/${path}`
  };
}

/** Ask for my projects: a server that is no person's, of a project or a sandbox, may not ask and has none. */
async function projectsOf(ask: Ask): Promise<unknown> {
  try {
    return await ask('service/api/projects');
  } catch (error) {
    throw error instanceof Problem && error.status === 403 ? new Problem(404) : error;
  }
}

/** Return the address of the live messages; a stream cannot send the header that proves it is ours. */
function streamUrl(base: string, language: string): string {
  const proof = /(?:^|;\s*)_xsrf=([^;]*)/.exec(document.cookie)?.[1] ?? '';
  return `${base}events?${new URLSearchParams({ language, _xsrf: decodeURIComponent(proof) })}`;
}

function makeBench(app: JupyterFrontEnd, notebooks: INotebookTracker | null): Bench {
  return {
    insert: code => {
      const open = notebooks?.currentWidget;
      const notebook = open?.content;
      if (!open || !notebook?.model) {
        return false;
      }
      const empty = notebook.activeCell?.model.type === 'code' && !notebook.activeCell.model.sharedModel.getSource();
      if (!empty) {
        NotebookActions.insertBelow(notebook);
      }
      notebook.activeCell?.model.sharedModel.setSource(code);
      app.shell.activateById(open.id);
      notebook.mode = 'edit';
      return true;
    },
    open: async path => {
      await app.commands.execute('docmanager:open', { path });
    },
    folder: async path => {
      const { contents } = app.serviceManager;
      try {
        await contents.get(path, { content: false, type: 'directory' });
      } catch {
        return false;
      }
      await app.commands.execute('filebrowser:activate');
      await app.commands.execute('filebrowser:go-to-path', { path });
      return true;
    },
    copy: text => navigator.clipboard.writeText(text)
  };
}

/** Keep what is shown fresh: now and then while it can be seen, and at once when something is told. */
export function watch(gaia: Gaia, panel: Widget): void {
  const often = (name: string, interval: number, seen: () => boolean, resource: { refresh(): Promise<void>; problem?: unknown }) =>
    new Poll({
      name: `gaia-vre:${name}`,
      standby: () => (document.hidden || !seen() ? 'when-hidden' : 'never'),
      frequency: { interval, max: SLOWEST_MS, backoff: true },
      factory: async () => {
        if (!seen()) {
          return;
        }
        await resource.refresh();
        if (resource.problem) {
          throw resource.problem;
        }
      }
    });
  const always = () => !document.hidden;
  const shown = () => !document.hidden && panel.isVisible;
  often('usage', SELDOM_MS, always, gaia.usage);
  often('lab', OFTEN_MS, always, gaia.lab);
  often('clusters', OFTEN_MS, shown, gaia.clusters);
  often('sandboxes', SELDOM_MS, gaia.sandbox === null ? shown : always, gaia.sandboxes);
  often('projects', SLOWEST_MS, shown, gaia.projects);
  followClusters(gaia);
  warnOfEnd(gaia);
  gaia.events.told.connect((_, { severity, title, text }) => {
    void gaia.settle();
    void gaia.projects.refresh();
    if (severity !== 'info' && !panel.isVisible) {
      Notification.emit(text ? `${title}: ${text}` : title, severity === 'bad' ? 'error' : 'warning', { autoClose: false });
    }
  });
  void gaia.events.start();
}

/** Ask for the use anew when a cluster has come or gone. */
function followClusters(gaia: Gaia): void {
  const names = () => gaia.clusters.value?.map(one => `${one.name} ${one.workers}`).join();
  let before = names();
  gaia.clusters.changed.connect(() => {
    if (names() !== before) {
      before = names();
      void gaia.usage.refresh();
    }
  });
}

/** In a sandbox, say in time that it ends. */
function warnOfEnd(gaia: Gaia): void {
  let before = Infinity;
  if (gaia.sandbox === null) {
    return;
  }
  const { words } = gaia;
  setInterval(() => {
    const own = gaia.sandboxes.value?.[0];
    if (own?.state !== 'running') {
      return;
    }
    const left = secondsLeft(own, Date.now());
    const minutes = before === Infinity ? null : warningPassed(before, left);
    before = left;
    if (minutes !== null) {
      const keep = { label: words.t('Keep'), callback: () => void window.open(gaia.page(`sandboxes#s-${own.id}`), '_blank', 'noopener') };
      Notification.emit(words.t('This sandbox ends in %1 min.', words.number(minutes)), 'warning', { autoClose: false, actions: [keep] });
    }
  }, 1000);
}
