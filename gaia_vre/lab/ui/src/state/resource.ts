import { Signal } from '@lumino/signaling';
import { Problem } from './asking';
import { HalfAnswer } from './reading';

const LATE_MS = 1500;

/** Something that the service tells, with how well it told it last. */
export class Resource<T> {
  /** The last whole answer; it stays when a later one fails. */
  value: T | undefined;
  problem: Problem | HalfAnswer | undefined;
  /** The answer is under way for long. */
  late = false;
  /** Its part of the service is not here. */
  absent = false;
  readonly changed = new Signal<this, void>(this);
  private _underWay: Promise<void> | undefined;

  constructor(
    private readonly _load: () => Promise<unknown>,
    private readonly _read: (answer: unknown) => T,
    private readonly _lateMs = LATE_MS
  ) {}

  /** Ask anew; whoever asks meanwhile waits for the same answer. */
  refresh(): Promise<void> {
    this._underWay ??= this._refresh().finally(() => (this._underWay = undefined));
    return this._underWay;
  }

  private async _refresh(): Promise<void> {
    const timer = setTimeout(() => {
      this.late = true;
      this.changed.emit();
    }, this._lateMs);
    try {
      this.value = this._read(await this._load());
      this.problem = undefined;
      this.absent = false;
    } catch (error) {
      this.problem = error instanceof Problem || error instanceof HalfAnswer ? error : new HalfAnswer();
      this.absent = error instanceof Problem && error.absent;
    } finally {
      clearTimeout(timer);
      this.late = false;
      this.changed.emit();
    }
  }
}
