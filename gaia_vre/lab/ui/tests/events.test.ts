import { beforeEach, expect, test } from 'vitest';
import { Events, GaiaEvent } from '../src/events';
import type { Turns } from '../src/turns';

class Stream {
  onmessage: ((message: MessageEvent) => void) | null = null;
  onerror: (() => void) | null = null;
  readyState = 1;
  constructor(readonly url: string) {
    streams.push(this);
  }
  say(data: unknown): void {
    this.onmessage!({ data: typeof data === 'string' ? data : JSON.stringify(data) } as MessageEvent);
  }
  close(): void {
    this.readyState = 2;
  }
}

/** The locks and the channel of one browser. */
class Browser {
  private _queue: (() => Promise<void>)[] = [];
  private _listeners: [Turns, () => void][] = [];

  turns(): Turns {
    const mine: Turns = {
      wait: hold => new Promise(done => void this._enter(() => hold().then(done))),
      tell: () => this._listeners.filter(([one]) => one !== mine).forEach(([, then]) => then()),
      heard: then => void this._listeners.push([mine, then])
    };
    return mine;
  }

  private async _enter(hold: () => Promise<void>): Promise<void> {
    if (this._queue.push(hold) === 1) {
      while (this._queue.length) {
        await this._queue[0]();
        this._queue.shift();
      }
    }
  }
}

const message = (id: number, more: object = {}) => ({ id, kind: 'budget', severity: 'warn', title: `number ${id}`, text: '', ...more });
const settled = () => new Promise(done => setTimeout(done));

let streams: Stream[];
let service: object[];
let browser: Browser;
beforeEach(() => {
  [streams, service, browser] = [[], [message(6)], new Browser()];
});

async function page(): Promise<[Events, number[]]> {
  const told: number[] = [];
  const events = new Events('/gaia/events?language=en', async () => service, browser.turns(), url => new Stream(url) as unknown as EventSource);
  events.told.connect((_, { id }: GaiaEvent) => void told.push(id));
  void events.start();
  await settled();
  return [events, told];
}

test('what is told is passed on, and what is no event is not', async () => {
  const [events, told] = await page();
  for (const data of [message(7), 'no JSON', '[]', 'null', '{"id": 8}']) {
    streams[0].say(data);
  }
  expect(told).toEqual([7]);
  expect(events.latest).toEqual(message(7));
  events.putAway();
  expect(events.latest).toBeUndefined();
  events.stop();
  expect([streams[0].url, streams[0].readyState]).toEqual(['/gaia/events?language=en&last=6', 2]);
});

test('one page of a browser holds the stream, and all of them are told once', async () => {
  const pages = [await page(), await page(), await page()];
  expect(streams.length).toBe(1);
  service.unshift(message(7));
  streams[0].say(message(7));
  streams[0].say(message(7));
  await settled();
  expect(pages.map(([, told]) => told)).toEqual([[7], [7], [7]]);
});

test('when the page with the stream goes, the next goes on from what it had, without loss or double', async () => {
  const [[first], [, told]] = [await page(), await page()];
  service.unshift(message(7));
  streams[0].say(message(7));
  await settled();
  first.stop();
  await settled();
  expect(streams.map(one => one.url)).toEqual(['/gaia/events?language=en&last=6', '/gaia/events?language=en&last=7']);
  streams[1].say(message(8));
  expect(told).toEqual([7, 8]);
});

test('a stream that is refused gives its turn to another page', async () => {
  await page();
  await page();
  streams[0].readyState = 2;
  streams[0].onerror!();
  await settled();
  expect(streams.length).toBe(2);
});

test('what another page claims is asked of the service', async () => {
  await page();
  const [, told] = await page();
  browser.turns().tell(99);
  await settled();
  expect(told).toEqual([]);
});

test('what was put away elsewhere is not told again', async () => {
  await page();
  const [, told] = await page();
  service.unshift(message(7, { read: true }), message(8));
  streams[0].say(message(8));
  await settled();
  expect(told).toEqual([8]);
});
