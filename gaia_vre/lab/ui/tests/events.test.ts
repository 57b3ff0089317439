import { expect, test } from 'vitest';
import { Events, GaiaEvent } from '../src/events';

class Stream {
  onmessage: ((message: MessageEvent) => void) | null = null;
  closed = false;
  constructor(readonly url: string) {}
  close(): void {
    this.closed = true;
  }
}

test('what is told is passed on, and what is no event is not', () => {
  let stream!: Stream;
  const events = new Events('/user/ada/gaia/events', url => (stream = new Stream(url)) as unknown as EventSource);
  const told: GaiaEvent[] = [];
  events.told.connect((_, event) => void told.push(event));
  events.start();
  const event = { id: 7, kind: 'budget', severity: 'warn', title: 'ocean-heat', text: '80 % used' };
  for (const data of [JSON.stringify(event), 'no JSON', '[]', 'null', '{"id": 8}']) {
    stream.onmessage!({ data } as MessageEvent);
  }
  expect(told).toEqual([event]);
  expect(events.latest).toEqual(event);
  events.putAway();
  expect(events.latest).toBeUndefined();
  events.stop();
  expect([stream.url, stream.closed]).toEqual(['/user/ada/gaia/events', true]);
});
