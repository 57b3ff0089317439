/**
 * Whose turn it is, among the pages and labs of a browser, to hold the stream of messages.
 *
 * One holds a lock and tells the others that something came. They ask for it themselves: what a page
 * says to another is never taken for what the service says.
 */
export interface Turns {
  /** Wait for the turn; it lasts until the promise that `hold` returns is settled. */
  wait(hold: () => Promise<void>): Promise<void>;
  /** Tell the others that a message came. */
  tell(id: number): void;
  /** Be told so. */
  heard(then: () => void): void;
}

/** Return the turns of a name; where the browser has no locks every page has its own turn. */
export function turnsOf(name: string): Turns {
  const others = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name);
  const locks = typeof navigator === 'undefined' ? undefined : (navigator.locks as LockManager | undefined);
  return {
    wait: async hold => void (await (locks ? locks.request(name, hold) : hold())),
    tell: id => others?.postMessage(id),
    heard: then => {
      if (others) {
        others.onmessage = () => then();
      }
    }
  };
}
