import React, { useEffect, useRef, useState } from 'react';
import { Told, spoken } from '../parts/Told';
import { Gaia, useChanges, useGaia } from '../parts/context';
import type { Section } from '../parts/section';
import { Problem } from '../state/asking';
import { fields, HalfAnswer, text } from '../state/reading';
import type { Card, Facet } from '../state/search';

const POLES = ['odatis', 'theia', 'dinamis', 'climeri', 'aeris', 'formaterre', 'pndb'];

function Summary(): JSX.Element {
  const { search, words } = useGaia();
  useChanges(search);
  return <>{search.found ? words.n('%1 found', '%1 found', search.found.matched) : ''}</>;
}

/** Ask for the lines that open a dataset and its citation. */
async function useOf({ ask }: Gaia, id: string): Promise<{ code: string; citation: string; bibtex: string }> {
  const told = fields(await ask(`service/api/catalog/datasets/${encodeURIComponent(id)}/use`), 'use');
  return { code: text(told.code, 'code'), citation: text(told.citation, 'citation'), bibtex: text(told.bibtex, 'bibtex') };
}

async function openNotebook({ ask, bench }: Gaia, id: string): Promise<void> {
  const told = fields(await ask('notebook', { method: 'POST', body: { dataset: id } }), 'notebook');
  await bench.open(text(told.path, 'path'));
}

/** What an act has come to, under its buttons. */
interface Said {
  text: string;
  bibtex?: string;
}

const NOTHING: Said = { text: '' };

async function insertCell(gaia: Gaia, id: string): Promise<Said> {
  const { code } = await useOf(gaia, id);
  if (gaia.bench.insert(code)) {
    return { text: gaia.words.t('Cell inserted.') };
  }
  await openNotebook(gaia, id);
  return { text: gaia.words.t('No notebook was open: this one has the cell.') };
}

async function cite(gaia: Gaia, id: string): Promise<Said> {
  const { citation, bibtex } = await useOf(gaia, id);
  await gaia.bench.copy(citation);
  return { text: gaia.words.t('Citation copied.'), bibtex };
}

async function copyBibtex(gaia: Gaia, bibtex: string): Promise<Said> {
  await gaia.bench.copy(bibtex);
  return { text: gaia.words.t('BibTeX copied.') };
}

function Dataset({ card }: { card: Card }): JSX.Element {
  const gaia = useGaia();
  const { words } = gaia;
  const [said, setSaid] = useState<Said>(NOTHING);
  const does = (act: () => Promise<Said | void>) => () => {
    setSaid(NOTHING);
    act().then(
      done => setSaid(done ?? NOTHING),
      (error: unknown) => setSaid({ text: spoken(words, error instanceof Problem ? error : new HalfAnswer(), false) })
    );
  };
  return (
    <li>
      <Look card={card} />
      <div>
        <a
          className="gaia-title"
          dir="auto"
          href={gaia.page(`catalog/${encodeURIComponent(card.id)}`)}
          target="_blank"
          rel="noopener"
          title={words.t('More about %1', card.title)}
        >
          {card.title}
        </a>
        <div className="gaia-facts" dir="auto">
          <Facts card={card} />
        </div>
        {card.opens && card.large && <p className="gaia-warning">{words.t('Large: all of it is %1. Select a part.', card.size)}</p>}
        {card.opens && card.far && <p className="gaia-warning">{words.t('Far: it is read from %1.', card.site)}</p>}
        <div className="gaia-actions">
          {card.opens && (
            <>
              <button className="gaia-button" aria-label={words.t('Insert cell: %1', card.title)} onClick={does(() => insertCell(gaia, card.id))}>
                {words.t('Insert cell')}
              </button>
              <button
                className="gaia-link"
                aria-label={words.t('Open %1 in a notebook', card.title)}
                onClick={does(() => openNotebook(gaia, card.id))}
              >
                {words.t('Open')}
              </button>
            </>
          )}
          <button className="gaia-link" aria-label={words.t('Cite %1', card.title)} onClick={does(() => cite(gaia, card.id))}>
            {words.t('Cite')}
          </button>
        </div>
        <p className="gaia-facts gaia-said" role="status">
          {said.text}{' '}
          {said.bibtex && (
            <button className="gaia-link" onClick={does(() => copyBibtex(gaia, said.bibtex ?? ''))}>
              {words.t('Copy BibTeX')}
            </button>
          )}
        </p>
      </div>
    </li>
  );
}

function Look({ card }: { card: Card }): JSX.Element {
  const { picture, words } = useGaia();
  const [broken, setBroken] = useState(false);
  if (!card.picture || broken) {
    return <span className="gaia-look">{words.t('no picture')}</span>;
  }
  return <img src={picture(card.picture)} alt="" width="72" height="48" loading="lazy" onError={() => setBroken(true)} />;
}

function Facts({ card }: { card: Card }): JSX.Element {
  const brief = card.licence.replace(/\s*\(.*$/, '');
  const licence = brief.length > 32 ? `${brief.slice(0, 30)}…` : brief;
  const known = [card.size || card.access, card.size && card.site, licence].filter(Boolean);
  return (
    <>
      {card.poleName && (
        <span className={`gaia-pole ${POLES.includes(card.pole ?? '') ? `gaia-${card.pole}` : ''}`}>{card.poleName}</span>
      )}
      {card.poleName && known.length > 0 && ' · '}
      <span title={card.licence}>{known.join(' · ')}</span>
    </>
  );
}

function Filters({ facet }: { facet: Facet }): JSX.Element {
  const { search, words } = useGaia();
  return (
    <fieldset className="gaia-facet">
      <legend>{facet.title}</legend>
      {facet.choices.slice(0, 12).map(one => (
        <label key={one.value}>
          <input
            type="checkbox"
            checked={search.isChosen(facet.name, one.value)}
            onChange={event => void search.choose(facet.name, one.value, event.target.checked)}
          />
          <span>{one.title}</span>
          <span className="gaia-count">{words.number(one.count, 0)}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Body(): JSX.Element {
  const gaia = useGaia();
  const { search, words } = gaia;
  useChanges(search);
  const [narrowing, setNarrowing] = useState(false);
  const asked = useRef(false);
  useEffect(() => {
    if (!asked.current) {
      asked.current = true;
      void search.run();
    }
  }, [search]);
  const found = search.found;
  return (
    <>
      <input
        className="gaia-field"
        type="search"
        maxLength={400}
        aria-label={words.t('Search the catalog')}
        placeholder={words.t('sea surface temperature')}
        value={search.typed}
        onChange={event => search.type(event.target.value)}
        onKeyDown={event => event.key === 'Enter' && void search.run()}
      />
      <div className="gaia-actions">
        <label>
          <input
            type="checkbox"
            checked={search.isChosen('access', 'here')}
            onChange={event => void search.choose('access', 'here', event.target.checked)}
          />{' '}
          {words.t('opens here')}
        </label>
        <button className="gaia-link gaia-end" aria-expanded={narrowing} onClick={() => setNarrowing(!narrowing)}>
          {search.filters ? words.n('%1 filter', '%1 filters', search.filters) : words.t('Filters')}
        </button>
      </div>
      {narrowing && found?.facets.filter(one => one.name !== 'access').map(one => <Filters key={one.name} facet={one} />)}
      <Told of={search} seen={!!found} again={() => void search.run()} />
      {found && !found.complete && found.matched > 0 && (
        <p className="gaia-facts">{words.t('No dataset has all the words; these have most of them.')}</p>
      )}
      {found?.matched === 0 && <p className="gaia-facts">{words.t('No dataset. Try fewer words or filters.')}</p>}
      {found && (
        <ul className="gaia-list">
          {found.cards.map(one => (
            <Dataset key={one.id} card={one} />
          ))}
        </ul>
      )}
      {found?.next && (
        <button className="gaia-link" onClick={() => void search.more()}>
          {words.t('More datasets')}
        </button>
      )}
    </>
  );
}

export const catalog: Section = {
  id: 'catalog',
  title: ({ words }) => words.t('Catalog'),
  Summary,
  Body
};
