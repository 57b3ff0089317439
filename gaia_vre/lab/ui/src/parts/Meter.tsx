import React from 'react';

const NOTICE = 0.8;

interface Props {
  label: string;
  /** A sentence for those who do not see it. */
  said: string;
  used: number;
  held?: number;
  limit: number;
}

/** A graduated bar: used, held for what runs, the notice mark, the limit mark. */
export function Meter({ label, said, used, held = 0, limit }: Props): JSX.Element {
  const share = (value: number) => Math.min(100, Math.max(0, limit > 0 ? (100 * value) / limit : 100));
  const [first, all] = [share(used), share(used + held)];
  const state = all >= 100 ? ' gaia-full' : all >= 100 * NOTICE ? ' gaia-soft' : '';
  return (
    <div
      className={`gaia-meter${state}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(all)}
      aria-valuetext={said}
    >
      <svg aria-hidden="true" focusable="false">
        <rect className="gaia-track" x="0" y="2" width="100%" height="10" />
        <rect className="gaia-used" x="0" y="2" width={`${first}%`} height="10" />
        {all > first && <rect className="gaia-held" x={`${first}%`} y="2" width={`${all - first}%`} height="10" />}
        <line className="gaia-notice-mark" x1="80%" x2="80%" y1="0" y2="14" />
        <line className="gaia-limit-mark" x1="100%" x2="100%" y1="0" y2="14" />
      </svg>
    </div>
  );
}

/** The pattern of what is held, once for the whole page. */
export function Patterns(): JSX.Element {
  return (
    <svg className="gaia-patterns" width="0" height="0" aria-hidden="true" focusable="false">
      <defs>
        <pattern id="gaia-panel-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="6" height="6" fill="var(--gaia-held)" />
          <path d="M0 0V6" stroke="var(--gaia-used)" strokeWidth="3" />
        </pattern>
      </defs>
    </svg>
  );
}
