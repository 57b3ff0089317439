import { Signal } from '@lumino/signaling';

/** What the service has to say, as it says it; the kind decides what else stands in it. */
export interface GaiaEvent {
  kind: string;
  [name: string]: unknown;
}

export type OpenStream = (url: string) => EventSource;

/**
 * The stream of live messages of this browser.
 *
 * It goes through the lab's server. The browser itself connects again when it breaks, and says
 * which message it had last. Where the lab has no such address the stream ends, and everything
 * is found by asking now and then.
 */
export class Events {
  readonly told = new Signal<this, GaiaEvent>(this);
  private _stream: EventSource | undefined;

  constructor(
    private readonly _url: string,
    private readonly _open: OpenStream = url => new EventSource(url)
  ) {}

  start(): void {
    this._stream ??= this._open(this._url);
    this._stream.onmessage = message => this._take(message.data);
  }

  stop(): void {
    this._stream?.close();
    this._stream = undefined;
  }

  private _take(data: unknown): void {
    let event: unknown;
    try {
      event = JSON.parse(String(data));
    } catch {
      return;
    }
    if (typeof event === 'object' && event !== null && typeof (event as GaiaEvent).kind === 'string') {
      this.told.emit(event as GaiaEvent);
    }
  }
}
