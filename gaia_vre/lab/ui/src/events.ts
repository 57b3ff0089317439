import { Signal } from '@lumino/signaling';
import { amount, fields, text } from './state/reading';

/** Something that the service tells, in the words of the language asked for. */
export interface GaiaEvent {
  id: number;
  kind: string;
  severity: string;
  title: string;
  text: string;
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
  readonly changed = new Signal<this, void>(this);
  /** The newest, until it is put away. */
  latest: GaiaEvent | undefined;
  private _stream: EventSource | undefined;

  constructor(
    private readonly _url: string,
    private readonly _open: OpenStream = url => new EventSource(url)
  ) {}

  start(): void {
    this._stream ??= this._open(this._url);
    this._stream.onmessage = message => this._take(message.data);
  }

  /** Show the newest no more. */
  putAway(): void {
    this.latest = undefined;
    this.changed.emit();
  }

  stop(): void {
    this._stream?.close();
    this._stream = undefined;
  }

  private _take(data: unknown): void {
    try {
      this._tell(readEvent(JSON.parse(String(data))));
    } catch {
      return; // half a message: it stands on the home page
    }
  }

  private _tell(event: GaiaEvent): void {
    this.latest = event;
    this.told.emit(event);
    this.changed.emit();
  }
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
