import React, { useState } from 'react';
import { Problem } from '../state/asking';
import { useGaia } from './context';
import { spoken } from './Told';

interface Props {
  /** What the button says, with its object. */
  label: string;
  /** What it says before it asks once more; default: Stop. */
  word?: string;
  /** What ends and what is safe. */
  consequence: string;
  act: () => Promise<unknown>;
}

/** Stop something: asked once more in its row, never in a dialog. */
export function Stop({ label, word, consequence, act }: Props): JSX.Element {
  const { words } = useGaia();
  const [state, setState] = useState<'idle' | 'asked' | 'going' | Problem>('idle');
  if (state === 'idle') {
    return (
      <button className="gaia-button" aria-label={label} onClick={() => setState('asked')}>
        {word ?? words.t('Stop')}
      </button>
    );
  }
  if (state === 'going') {
    return <span className="gaia-facts">{words.t('Stopping …')}</span>;
  }
  const go = () => {
    setState('going');
    act().catch((error: unknown) => setState(error instanceof Problem ? error : new Problem(0)));
  };
  return (
    <div className="gaia-asked" role="group" aria-label={label}>
      <p>{state instanceof Problem ? spoken(words, state, false) : consequence}</p>
      <button className="gaia-button gaia-danger" autoFocus onClick={go}>
        {label}
      </button>
      <button className="gaia-link" onClick={() => setState('idle')}>
        {words.t('Leave it')}
      </button>
    </div>
  );
}
