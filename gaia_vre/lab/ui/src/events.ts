import { Signal } from '@lumino/signaling';
import { amount, fields, list, text } from './state/reading';
import type { Turns } from './turns';

/** Something that the service tells, in the words of the language asked for. */
export interface GaiaEvent {
  id: number;
  kind: string;
  severity: string;
  title: string;
  text: string;
}

export type OpenStream = (url: string) => EventSource;

const CLOSED = 2;
const REFUSED_MS = 60_000;

/**
 * The live messages of this browser.
 *
 * One page or lab of a browser holds the stream; the others are told that something came and ask for it.
 * The stream goes through the lab's server. The browser itself connects again when it breaks, and says
 * which message it had last. Where it is refused, the turn goes to another, and everything is found by
 * asking now and then.
 */
export class Events {
  readonly told = new Signal<this, GaiaEvent>(this);
  readonly changed = new Signal<this, void>(this);
  /** The newest, until it is put away. */
  latest: GaiaEvent | undefined;
  private _stream: EventSource | undefined;
  private _letGo: (() => void) | undefined;
  private _stopped = false;
  /** The newest message when this page began; null where that is not known. */
  private _floor: number | null = null;
  private readonly _seen = new Set<number>();
  private _asking = Promise.resolve();

  constructor(
    private readonly _url: string,
    private readonly _list: () => Promise<unknown>,
    private readonly _turns: Turns,
    private readonly _open: OpenStream = url => new EventSource(url)
  ) {}

  async start(): Promise<void> {
    this._turns.heard(() => this.catchUp());
    try {
      this._floor = Math.max(0, ...list(await this._list(), 'messages', idOf));
    } catch {
      this._floor = null; // the stream begins with what comes now
    }
    while (!this._stopped) {
      await this._turns.wait(() => this._hold());
      if (!this._stopped) {
        await new Promise(done => setTimeout(done, REFUSED_MS));
      }
    }
  }

  /** Show the newest no more. */
  putAway(): void {
    this.latest = undefined;
    this.changed.emit();
  }

  stop(): void {
    this._stopped = true;
    this._stream?.close();
    this._stream = undefined;
    this._letGo?.();
  }

  /** Ask for what another page was told; returns when it is shown. */
  catchUp(): Promise<void> {
    this._asking = this._asking.then(() => this._catchUp());
    return this._asking;
  }

  private async _catchUp(): Promise<void> {
    if (this._stream || this._stopped) {
      return;
    }
    try {
      const floor = this._floor ?? -1;
      const fresh = list(await this._list(), 'messages', value => [idOf(value), value] as const);
      const unseen = fresh.filter(([id]) => id > floor && !this._seen.has(id)).sort(([one], [other]) => one - other);
      // Where it is not known what there was before, the newest alone is new.
      (this._floor === null ? unseen.slice(-1) : unseen).forEach(([, value]) => this._take(value));
    } catch {
      return; // it stands on the home page
    }
  }

  /** Hold the stream until it is refused or stopped. */
  private _hold(): Promise<void> {
    if (this._stopped) {
      return Promise.resolve();
    }
    const last = Math.max(this._floor ?? 0, ...this._seen);
    const stream = (this._stream = this._open(last ? `${this._url}&last=${last}` : this._url));
    stream.onmessage = message => this._heard(message.data);
    return new Promise(done => {
      this._letGo = done;
      stream.onerror = () => {
        if (stream.readyState === CLOSED) {
          this._stream = undefined;
          done();
        }
      };
    });
  }

  private _heard(data: unknown): void {
    try {
      const id = this._take(JSON.parse(String(data)));
      this._turns.tell(id);
    } catch {
      return; // half a message: it stands on the home page
    }
  }

  private _take(value: unknown): number {
    const event = readEvent(value);
    if (!this._seen.has(event.id)) {
      this._seen.add(event.id);
      if ((value as { read?: unknown }).read !== true) {
        this._tell(event);
      }
    }
    return event.id;
  }

  private _tell(event: GaiaEvent): void {
    this.latest = event;
    this.told.emit(event);
    this.changed.emit();
  }
}

function idOf(value: unknown): number {
  return amount(fields(value, 'event').id, 'id');
}

function readEvent(value: unknown): GaiaEvent {
  const one = fields(value, 'event');
  return {
    id: amount(one.id, 'id'),
    kind: text(one.kind, 'kind'),
    severity: text(one.severity, 'severity'),
    title: text(one.title, 'title'),
    text: text(one.text, 'text')
  };
}
