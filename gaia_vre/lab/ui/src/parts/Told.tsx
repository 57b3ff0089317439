import React from 'react';
import { Problem } from '../state/asking';
import type { HalfAnswer } from '../state/reading';
import type { Words } from '../words';
import { useGaia } from './context';

interface Answered {
  problem: Problem | HalfAnswer | undefined;
  late: boolean;
}

/** Return what went wrong, in a sentence that says what one still sees. */
export function spoken(words: Words, problem: Problem | HalfAnswer, seen: boolean): string {
  const shown = seen ? ` ${words.t('What you see is older.')}` : '';
  if (!(problem instanceof Problem)) {
    return words.t('GAIA gave half an answer.') + shown;
  }
  if (problem.status === 0) {
    return words.t('GAIA does not answer.') + shown;
  }
  return (problem.message || words.t('GAIA answered %1.', String(problem.status))) + shown;
}

/** Say that an answer is late, failed or half, and offer to ask again. */
export function Told({ of, seen, again }: { of: Answered; seen: boolean; again: () => void }): JSX.Element | null {
  const { words } = useGaia();
  if (of.late) {
    return (
      <p className="gaia-facts" role="status">
        {words.t('GAIA takes long to answer; JupyterLab works as before.')}
      </p>
    );
  }
  return of.problem ? (
    <div className="gaia-told" role="status">
      <p>{spoken(words, of.problem, seen)}</p>
      <button className="gaia-link" onClick={again}>
        {words.t('Ask again')}
      </button>
    </div>
  ) : null;
}
