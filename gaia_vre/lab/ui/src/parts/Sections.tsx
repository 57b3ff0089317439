import React, { useState } from 'react';
import { Gaia, GaiaContext, useChanges, useGaia } from './context';
import { Patterns } from './Meter';
import { Notice } from './Notice';
import type { Section } from './section';

const FOLDED = 'gaia-vre:folded';

function readFolded(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(FOLDED) ?? '[]');
    return Array.isArray(found) ? found.map(String) : [];
  } catch {
    return [];
  }
}

function keepFolded(id: string, open: boolean): void {
  const folded = readFolded().filter(one => one !== id);
  localStorage.setItem(FOLDED, JSON.stringify(open ? folded : [...folded, id]));
}

function SectionOf({ section }: { section: Section }): JSX.Element | null {
  const gaia = useGaia();
  useChanges(section.watches?.(gaia) ?? gaia.search);
  return section.absent?.(gaia) ? null : <Fold section={section} />;
}

function Fold({ section }: { section: Section }): JSX.Element {
  const gaia = useGaia();
  // The browser alone opens and folds it: a later drawing that said so too would undo what was pressed meanwhile.
  const [initially] = useState(() => !readFolded().includes(section.id));
  const [open, setOpen] = useState(initially);
  const toggled = (event: React.SyntheticEvent<HTMLDetailsElement>) => {
    setOpen(event.currentTarget.open);
    keepFolded(section.id, event.currentTarget.open);
  };
  return (
    <details open={initially} onToggle={toggled} data-gaia-section={section.id}>
      <summary>
        <h2>{section.title(gaia)}</h2>
        <span className="gaia-summary">
          <section.Summary />
        </span>
      </summary>
      <div className="gaia-pad">{open && <section.Body />}</div>
    </details>
  );
}

/** One section that breaks leaves the others. */
class Guard extends React.Component<{ children: React.ReactNode; said: string }, { broken: boolean }> {
  state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  render(): React.ReactNode {
    return this.state.broken ? <p className="gaia-warning gaia-pad">{this.props.said}</p> : this.props.children;
  }
}

/** All sections whose part of the service is there. */
export function Sections({ gaia, sections }: { gaia: Gaia; sections: readonly Section[] }): JSX.Element {
  return (
    <GaiaContext.Provider value={gaia}>
      <Patterns />
      <h1>GAIA</h1>
      <Notice />
      {sections.map(one => (
        <Guard key={one.id} said={gaia.words.t('This part of the panel does not work: %1.', one.title(gaia))}>
          <SectionOf section={one} />
        </Guard>
      ))}
    </GaiaContext.Provider>
  );
}
