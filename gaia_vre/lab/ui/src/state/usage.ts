import { amount, Fields, fields, list, perhaps, text } from './reading';

/** Something that holds cores and memory of mine. */
export interface Hold {
  id: string;
  kind: string;
  name: string;
  account: string;
  cores: number;
  memoryGib: number;
  workers: number;
  creditsPerHour: number;
}

/** What is left of what, in the one dimension that counts most. */
export interface Budget {
  dimension: Dimension;
  used: number;
  reserved: number;
  limit: number;
  left: number;
}

export interface Account {
  name: string;
  title: string;
  budget: Budget | null;
}

export interface Usage {
  username: string;
  holds: Hold[];
  accounts: Account[];
}

const DIMENSIONS = ['credits', 'core_hours', 'gib_hours', 'gpu_hours'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export function readUsage(answer: unknown): Usage {
  const told = fields(answer, 'usage');
  return {
    username: text(told.username, 'username'),
    holds: list(told.holds, 'holds', readHold),
    accounts: list(told.accounts, 'accounts', readAccount)
  };
}

function readHold(value: unknown): Hold {
  const one = fields(value, 'hold');
  return {
    id: text(one.id, 'id'),
    kind: text(one.kind, 'kind'),
    name: text(one.thing, 'thing'),
    account: text(one.account, 'account'),
    cores: amount(one.cores, 'cores'),
    memoryGib: amount(one.memory_gib, 'memory_gib'),
    workers: amount(one.workers, 'workers'),
    creditsPerHour: amount(one.credits_per_hour, 'credits_per_hour')
  };
}

function readAccount(value: unknown): Account {
  const one = fields(value, 'account');
  const name = text(one.name, 'name');
  return { name, title: text(one.title, 'title') || name, budget: readBudget(one) };
}

function readBudget(one: Fields): Budget | null {
  const limits = fields(one.limits, 'limits');
  const left = fields(one.left, 'left');
  const used = fields(one.used, 'used');
  const reserved = fields(one.reserved, 'reserved');
  for (const dimension of DIMENSIONS) {
    const limit = perhaps(limits[dimension], dimension, amount);
    if (limit !== null) {
      return {
        dimension,
        limit,
        used: amount(used[dimension], dimension),
        reserved: amount(reserved[dimension], dimension),
        left: perhaps(left[dimension], dimension, amount) ?? limit
      };
    }
  }
  return null;
}

/** Return the account that pays for this server, else one's own. */
export function payingAccount(usage: Usage, lease: string | null): Account | undefined {
  const paying = usage.holds.find(one => one.id === lease)?.account;
  return usage.accounts.find(one => one.name === paying) ?? usage.accounts[0];
}

/** Credits an hour, all together or of one account. */
export function burn(usage: Usage, account?: string): number {
  return usage.holds
    .filter(one => account === undefined || one.account === account)
    .reduce((sum, one) => sum + one.creditsPerHour, 0);
}

/** When an account's credits end at the present rate; null where they do not within two months. */
export function lastsUntil(usage: Usage, account: Account, now: Date): Date | null {
  const rate = burn(usage, account.name);
  if (!account.budget || account.budget.dimension !== 'credits' || rate <= 0) {
    return null;
  }
  const hours = account.budget.left / rate;
  return hours < 24 * 60 ? new Date(now.getTime() + hours * 3600e3) : null;
}

/** This server: its name and what it takes. */
export interface LabFacts {
  name: string;
  lease: string | null;
  memoryBytes: number;
  memoryLimitBytes: number | null;
}

export function readLab(answer: unknown): LabFacts {
  const told = fields(answer, 'lab');
  return {
    name: text(told.name, 'name'),
    lease: perhaps(told.lease, 'lease', text),
    memoryBytes: amount(told.memory_bytes, 'memory_bytes'),
    memoryLimitBytes: perhaps(told.memory_limit_bytes, 'memory_limit_bytes', amount)
  };
}
