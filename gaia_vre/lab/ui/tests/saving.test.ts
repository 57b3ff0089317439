// @vitest-environment jsdom
import { Notification } from '@jupyterlab/apputils';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { beforeEach, expect, test, vi } from 'vitest';
import { Events } from '../src/events';
import { saveBeforeStop } from '../src/saving';
import type { Turns } from '../src/turns';
import { Words } from '../src/words';

vi.mock('@jupyterlab/apputils', () => ({ Notification: { info: vi.fn(), error: vi.fn() } }));

const ALONE: Turns = { wait: hold => hold(), tell: () => undefined, heard: () => undefined };
const execute = vi.fn(async () => undefined);
const stream = { onmessage: null as ((message: MessageEvent) => void) | null, close: () => undefined };
const tell = (kind: string) =>
  stream.onmessage!({ data: JSON.stringify({ id: 1, kind, severity: 'bad', title: 'It stops', text: '' }) } as MessageEvent);

beforeEach(async () => {
  vi.clearAllMocks();
  const events = new Events('/user/ada/gaia/events', async () => [], ALONE, () => stream as unknown as EventSource);
  saveBeforeStop({ commands: { execute } } as unknown as JupyterFrontEnd, events, new Words('fr'));
  void events.start();
  await new Promise(done => setTimeout(done));
});

test('what is open is saved before the lab is stopped', async () => {
  tell('will-stop');
  expect(execute).toHaveBeenCalledWith('docmanager:save-all');
  await vi.waitFor(() =>
    expect(Notification.info).toHaveBeenCalledWith('Les documents ouverts ont été enregistrés.', { autoClose: false })
  );
});

test('a document that cannot be saved is said', async () => {
  execute.mockRejectedValueOnce(new Error('disk full'));
  tell('will-stop');
  await vi.waitFor(() => expect(Notification.error).toHaveBeenCalledTimes(1));
});

test('other messages save nothing', () => {
  tell('budget-used-up');
  expect(execute).not.toHaveBeenCalled();
});
