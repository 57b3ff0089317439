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
  for (const data of ['{"kind": "run-ended", "run": 7}', 'no JSON', '[]', 'null', '{"run": 7}']) {
    stream.onmessage!({ data } as MessageEvent);
  }
  expect(told).toEqual([{ kind: 'run-ended', run: 7 }]);
  events.stop();
  expect([stream.url, stream.closed]).toEqual(['/user/ada/gaia/events', true]);
});
