import { isOwnPath } from './clusters';
import { amount, fields, text } from './reading';

/** A sandbox of mine that is there. */
export interface Sandbox {
  id: string;
  title: string;
  state: string;
  /** When it ends, or when the files of one that has ended go: in milliseconds of this computer's own clock. */
  ends: number;
  extensionsLeft: number;
  extensionMinutes: number;
  /** Path of its lab, for its owner alone. */
  url: string | null;
  /** It is that of a visitor without an account: nothing of it is kept. */
  visitor: boolean;
}

/** How near its end a sandbox is. */
export type Urgency = '' | 'soon' | 'last';

/** Minutes before the end at which a person is warned. */
export const WARNINGS = [30, 10];

/** Take apart one sandbox or a list of them; only what is left counts, as clocks differ. */
export function readSandboxes(answer: unknown, now: number): Sandbox[] {
  return (Array.isArray(answer) ? answer : [answer]).map(value => {
    const one = fields(value, 'sandbox');
    const url = text(one.url, 'url');
    return {
      id: text(one.id, 'id'),
      title: text(one.title, 'title'),
      state: text(one.state, 'state'),
      ends: now + amount(one.seconds_left, 'seconds_left') * 1000,
      extensionsLeft: amount(one.extensions_left, 'extensions_left'),
      extensionMinutes: amount(one.extension_minutes, 'extension_minutes'),
      url: isOwnPath(url) ? url : null,
      visitor: one.visitor === true
    };
  });
}

/** Return the sandbox that this lab is, by its address; null for any other lab. */
export function ownSandbox(baseUrl: string): string | null {
  return /\/sandbox-([a-z0-9]{4,16})\/?$/.exec(baseUrl)?.[1] ?? null;
}

export function secondsLeft(sandbox: Sandbox, now: number): number {
  return Math.max(0, Math.floor((sandbox.ends - now) / 1000));
}

export function urgency(sandbox: Sandbox, now: number): Urgency {
  const minutes = secondsLeft(sandbox, now) / 60;
  return sandbox.state === 'frozen' || minutes > WARNINGS[0] ? '' : minutes > WARNINGS[1] ? 'soon' : 'last';
}

/** Return the warning that is passed between two looks, in minutes; null when none is. */
export function warningPassed(before: number, now: number): number | null {
  const passed = WARNINGS.filter(minutes => before > minutes * 60 && now <= minutes * 60);
  return passed.length ? Math.min(...passed) : null;
}

/** Write seconds as a clock: 1:38:12, or 8:05. */
export function clock(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
