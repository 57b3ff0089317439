import React, { useEffect, useReducer } from 'react';
import { clock, Sandbox, secondsLeft, urgency } from '../state/sandboxes';
import { useGaia } from './context';

/** Seconds that run out; read aloud only when a warning is due. */
export function Countdown({ sandbox }: { sandbox: Sandbox }): JSX.Element {
  const { words } = useGaia();
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(draw, 1000);
    return () => clearInterval(timer);
  }, []);
  const now = Date.now();
  const near = urgency(sandbox, now);
  return (
    <span className={near ? `gaia-countdown gaia-countdown-${near}` : 'gaia-countdown'} title={words.t('until it ends')}>
      {clock(secondsLeft(sandbox, now))}
    </span>
  );
}
